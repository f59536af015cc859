import { agree } from "../agree.ts"
import { eachFile } from "../each-file.ts"
import { fileLimits } from "../machine.ts"
import { type OpenedFile, openLoaded } from "../open/open-file.ts"
import { type Candidate, findSealed, loadCandidate } from "../open/sealed-files.ts"
import { type ClearOptions, type CommonOptions, type OrderOptions } from "../options.ts"
import { type ValueEdits, changeFile, toldValues } from "../seal/change-file.ts"
import { type Outcome, type Session } from "../session.ts"
import { type Leaf } from "../../core/document.ts"
import { type FormatName } from "../../core/format.ts"
import { parseInt64 } from "../../core/gonumber.ts"
import { type Scalar, exactText, sameBytes, textScalar } from "../../core/scalar.ts"
import { countedSites, documentOf, fullPath, shownPath } from "../../core/site.ts"
import { splice } from "../../core/splice.ts"
import { decodeText, utf8 } from "../../core/text.ts"
import { type Told, toldKey } from "../../core/told.ts"
import { AppError } from "../../errors/app-error.ts"
import { shown, shownKeyPath } from "../../errors/display.ts"
import { readFile } from "../../host/files.ts"

interface ReplaceOptions extends CommonOptions, OrderOptions, ClearOptions {
  /** Files, and folders with all sealed files in them. */
  readonly paths: readonly string[]
  readonly inputType: FormatName | undefined
  /** The old value is on standard input; with `newStdin` too it is the first line, and the new one the second. */
  readonly oldStdin: boolean
  readonly newStdin: boolean
  /** Replace copies within longer values too. */
  readonly inside: boolean
  readonly yes: boolean
  readonly dryRun: boolean
  readonly json: boolean
  readonly followLinks: boolean
}

interface Place {
  readonly path: readonly (string | number)[]
  readonly document: number
  readonly line: number
  readonly hit: Hit
}

interface Found {
  readonly file: string
  readonly isNamed: boolean
  readonly places: readonly Place[]
  readonly error?: AppError
}

interface Words {
  readonly before: string
  readonly after: string
}

/**
 * `replace`: changes a leaked value wherever it is. The tokens of all other values stay as they are. Neither
 * value is ever an argument or part of what is printed.
 *
 * @throws {AppError} `NOTHING_TO_REPLACE` when the old value is nowhere, or only where `--inside` is needed
 */
export async function replaceValue(session: Session, options: ReplaceOptions): Promise<Outcome> {
  const candidates = await findSealed(session, options.paths)
  const words = await readWords(session, options)
  const found = await eachFile<Candidate, Found>(session, {
    what: "reading",
    items: candidates,
    work: (candidate, inner) => placesIn(inner, candidate, words.before, options),
    failed: (candidate, error) => ({ ...candidate, places: [], error }),
  })
  const changing = found.filter(({ places }) => places.some((place) => isReplaced(place, options)))
  if (changing.length === 0) {
    const errors = found.flatMap(({ error }) => error ?? [])
    if (errors.length > 0) return { errors }
    throw nothingFound(found)
  }
  if (!options.dryRun && !options.yes) await confirm(session, changing, options)
  const done = options.dryRun ? found : await apply(session, found, words, options)
  const output = options.json ? json(done, options) : report(done, options)
  return { output, isReport: !options.json && !options.dryRun, errors: done.flatMap(({ error }) => error ?? []) }
}

async function readWords(session: Session, { oldStdin, newStdin }: ReplaceOptions): Promise<Words> {
  const ask = async (question: string): Promise<string> => {
    const answer = await session.io.terminal.ask(question, { hidden: true })
    if (answer === null) {
      throw new AppError(
        "VALUE_MISSING",
        {},
        { hint: "give the two values with --old-stdin and --new-stdin, a line each" },
      )
    }
    return answer
  }
  const piped = oldStdin || newStdin ? await readStdin(session) : ""
  const [first = "", second = ""] = oldStdin && newStdin ? piped.split(/\r?\n/) : [piped, piped]
  const before = oldStdin ? first : await ask("Old value: ")
  const after = newStdin ? (oldStdin ? second : first) : await ask("New value: ")
  if (before === "") throw new AppError("OPTION_VALUE", {}, { subject: "the old value is empty" })
  if (after === "") throw new AppError("OPTION_VALUE", {}, { subject: "the new value is empty" })
  if (before === after) throw new AppError("OPTION_VALUE", {}, { subject: "the new value is the old one" })
  return { before, after }
}

async function readStdin(session: Session): Promise<string> {
  const { bytes } = await readFile(session.io, "/dev/stdin", fileLimits)
  const text = decodeText(bytes)
  if (text === null) throw new AppError("NOT_UTF8", { file: "standard input" }, { hint: "values are UTF-8 text" })
  return text.replace(/\r?\n$/, "")
}

async function placesIn(
  session: Session,
  candidate: Candidate,
  before: string,
  options: ReplaceOptions,
): Promise<Found> {
  const loaded = await loadCandidate(session, candidate, options)
  if (loaded === null) return { ...candidate, places: [] }
  const file = await openLoaded(session, loaded, { ...options, valuesOnly: true })
  try {
    return { ...candidate, places: file.opened.leaves.flatMap((leaf) => placeOf(leaf, before) ?? []) }
  } finally {
    file.dataKey.wipe()
  }
}

function placeOf(leaf: Leaf, before: string): Place | null {
  const hit = hitOf(leaf, before)
  if (hit === null) return null
  const { item, line } = leaf.site
  return { path: shownPath(item), document: documentOf(item), line, hit }
}

function isReplaced({ hit }: Place, { inside }: Pick<ReplaceOptions, "inside">): boolean {
  return hit === "whole" || (hit === "inside" && inside)
}

function nothingFound(found: readonly Found[]): AppError {
  const notes = found.flatMap((each) => each.places.map((place) => line(each.file, place)))
  const hint = notes.length === 0 ? undefined : "to replace copies within longer values, pass --inside"
  return new AppError("NOTHING_TO_REPLACE", {}, { notes, hint })
}

async function confirm(session: Session, changing: readonly Found[], options: ReplaceOptions): Promise<void> {
  const places = changing.flatMap((each) => each.places.map((place) => ({ file: each.file, place })))
  for (const { file, place } of places) session.notice(line(file, place))
  const count = places.filter(({ place }) => isReplaced(place, options)).length
  const what = `${count === 1 ? "this value" : `${count} values`} in ${changing.length === 1 ? "this file" : `${changing.length} files`}`
  await agree(session, `Replace ${what}?`)
}

function apply(session: Session, found: readonly Found[], words: Words, options: ReplaceOptions): Promise<Found[]> {
  return eachFile<Found, Found>(session, {
    what: "sealing",
    items: found,
    work: async (each, inner) => {
      if (!each.places.some((place) => isReplaced(place, options))) return each
      const request = { ...options, file: each.file, filenameOverride: undefined }
      // The report at the end says so.
      await changeFile({ ...inner, close: undefined }, request, async (_, file) => changeOf(file, words, options))
      return each
    },
    failed: (each, error) => ({ ...each, places: [], error }),
    atOnce: 4,
  })
}

/** One value after the other, since an edit moves what follows it. */
function changeOf({ document, opened }: OpenedFile, { before, after }: Words, options: ReplaceOptions): ValueEdits {
  const { format } = document
  const plain = Buffer.from(opened.bytes).toString("utf8")
  const told = new Map<string, Told>()
  let text = plain
  const wanted: (Scalar | null)[] = opened.leaves.map(({ scalar }) => scalar)
  for (const [index, leaf] of opened.leaves.entries()) {
    const place = placeOf(leaf, before)
    if (place === null || !isReplaced(place, options)) continue
    const scalar = replacedIn(leaf.scalar!, before, after)
    const scan = format.scan(text)
    const path = fullPath(leaf.site.item)
    const value = { type: "scalar", scalar } as const
    const site = scan.sites.find(
      ({ item, alias }) =>
        alias === undefined && documentOf(item) === place.document && toldKey(fullPath(item)) === toldKey(path),
    )
    // `set` knows the first document; in another one, the value is spelled where the old one was.
    const edits =
      place.document === 0 || site === undefined ? format.set(scan, path, value) : [format.open(scan, site, scalar)]
    text = splice(text, edits)
    wanted[index] = scalar
    if (place.document === 0) for (const [key, each] of toldValues(format, path, value)) told.set(key, each)
  }
  checkResult(countedSites(format.scan(text)), opened.leaves, wanted, told)
  return { edits: [{ start: 0, end: plain.length, text }], told }
}

/** Only the values that were meant have changed. @throws {AppError} `NOT_PRINTABLE` */
function checkResult(
  sites: readonly { readonly scalar: Scalar | null }[],
  leaves: readonly Leaf[],
  wanted: readonly (Scalar | null)[],
  told: ReadonlyMap<string, Told>,
): void {
  const isWhole =
    sites.length === leaves.length &&
    sites.every(({ scalar }, index) => {
      const expected = wanted[index]!
      if (scalar === null || expected === null) return scalar === expected
      return sameBytes(scalar, expected) || told.has(toldKey(fullPath(leaves[index]!.site.item)))
    })
  if (isWhole) return
  throw new AppError(
    "NOT_PRINTABLE",
    {},
    { subject: "the new value changes the text around it", hint: "change it with `sotto edit`" },
  )
}

const hitWords = {
  whole: "",
  inside: " (within a longer value)",
  comment: " (in a comment: change it with `sotto edit`)",
} as const

function line(file: string, { path, document, hit, line: at }: Place): string {
  const name = path.length === 0 ? `line ${at}` : shownKeyPath(path)
  return `${shown(file)}: ${document > 0 ? `document ${document + 1}: ` : ""}${name}${hitWords[hit]}`
}

function report(found: readonly Found[], options: ReplaceOptions): string {
  const lines: string[] = []
  let [values, files] = [0, 0]
  for (const each of found) {
    const replaced = each.places.filter((place) => isReplaced(place, options))
    for (const place of each.places) {
      lines.push(
        `${isReplaced(place, options) ? (options.dryRun ? "would replace" : "replaced") : "left"}  ${line(each.file, place)}`,
      )
    }
    values += replaced.length
    if (replaced.length > 0) files++
  }
  const left = found.some(({ places }) => places.some(({ hit }) => hit === "inside")) && !options.inside
  const sum = `${values} ${values === 1 ? "value" : "values"} in ${files} ${files === 1 ? "file" : "files"}`
  lines.push(left ? `${sum}; --inside replaces copies within longer values too` : sum)
  return `${lines.join("\n")}\n`
}

function json(found: readonly Found[], options: ReplaceOptions): string {
  const files = found.map(({ file, places, error }) => ({
    file,
    code: error?.code,
    places: places.map((place) => ({
      path: place.path,
      ...(place.document > 0 ? { document: place.document } : {}),
      line: place.line,
      where: place.hit,
      replaced: isReplaced(place, options) && !options.dryRun,
    })),
  }))
  return `${JSON.stringify({ schema: 1, files })}\n`
}

/** How a leaf holds a text that the user looks for. */
type Hit = "whole" | "inside" | "comment"

/** @returns `null` where the text is not, and for what is only reached through an alias */
function hitOf({ site, scalar }: Leaf, wanted: string): Hit | null {
  if (scalar === null || site.span === null) return null
  const text = exactText(scalar)
  if (text === null || !text.includes(wanted)) return null
  if (scalar.kind === "comment") return "comment"
  return text === wanted ? "whole" : "inside"
}

/** The scalar with the new text instead of the old one. An integer stays an integer if it can; else it becomes text. */
function replacedIn(scalar: Scalar, before: string, after: string): Scalar {
  const text = exactText(scalar)!.replaceAll(before, () => after)
  const int = scalar.kind === "int" ? parseInt64(text) : null
  return int === null ? textScalar(text) : { kind: "int", bytes: utf8.encode(int.toString()) }
}
