import { type Format, type MetadataBlock, type Scan } from "../format.ts"
import { type EditPlan, planEdits, type Unset } from "./by-edits.ts"
import { type Decide, type KeyConflict, type MergeSide, type Merged, mergeByKey } from "./by-key.ts"
import { mergeLines } from "./by-text.ts"
import { Names, type MergeEntry, type MergeVersion, comparedComment, linesNumber, versionOf } from "./tree.ts"
import { placeholder } from "../seal.ts"
import { rootItemOf } from "../site.ts"
import { splice } from "../splice.ts"
import { type Edit, replaced, type Span } from "../text.ts"
import { AppError } from "../../errors/app-error.ts"

export interface PlainTexts {
  /** `null`: both sides added the file. */
  readonly base: string | null
  readonly ours: string
  readonly theirs: string
}

export interface MergeOptions {
  readonly format: Format
  /** The metadata block of ours, whose place decides what comments belong to. */
  readonly like: MetadataBlock | null
  readonly decide?: Decide | undefined
  /** Makes a text even if conflicts stay open; there it holds what `KeyMerge.conflicts` says. */
  readonly isDraft?: boolean
}

/** The result of a merge of plain texts. */
export interface PlainMerge {
  /** `null` when there are conflicts. */
  readonly text: string | null
  readonly conflicts: readonly KeyConflict[]
  readonly documents: readonly Merged[]
  readonly versions: Readonly<Record<"base" | MergeSide, MergeVersion>>
  readonly judge: Judge
  /** The text where one side wins all that is open; `null` where none says that. */
  taking(side: MergeSide): string | null
  /** A text without BOM and CR, as the texts of a draft are looked at, with those of the result. */
  finished(text: string): string
}

/** Looks at other texts as the merge did. */
interface Judge {
  readonly format: Format
  readonly names: Names
  /** @throws {AppError} what the format's scan throws */
  version(text: string): MergeVersion
}

/**
 * Merges three plain texts. A merge by key finds the content of the result; its text comes from a merge by line, as
 * in git, wherever that is right, and else from edits of one side's text. A result that does not say exactly what
 * was found is a conflict, never a guess.
 *
 * @throws {AppError} what a format's scan throws
 */
export function mergePlain(texts: PlainTexts, options: MergeOptions): PlainMerge {
  return new PlainMerger(texts, options).merge()
}

class PlainMerger {
  readonly #options: MergeOptions
  readonly #names = new Names()
  readonly #keepsEnd: boolean
  readonly #texts: Readonly<Record<"base" | MergeSide, string>>
  readonly #properties: Properties
  readonly #judge: Judge

  constructor({ base, ours, theirs }: PlainTexts, options: MergeOptions) {
    this.#options = options
    const { format } = options
    this.#keepsEnd = [base ?? "", ours, theirs].some((text) => format.endsInValue?.(text) === true)
    const bare = [base ?? ours, ours, theirs].map((text) => bareOf(text, { keepsEnd: this.#keepsEnd }))
    this.#texts = { base: base === null ? "" : bare[0]!.text, ours: bare[1]!.text, theirs: bare[2]!.text }
    this.#properties = mergeProperties(bare[0]!.properties, bare[1]!.properties, bare[2]!.properties)
    this.#judge = {
      format,
      names: this.#names,
      version: (text) => this.#versionOf(bareOf(text, { keepsEnd: this.#keepsEnd }).text),
    }
  }

  merge(decide: Decide = this.#options.decide ?? ((): null => null)): PlainMerge {
    const { format, isDraft = false } = this.#options
    const { ours, theirs } = this.#texts
    const versions = {
      ours: this.#versionOf(ours),
      theirs: this.#versionOf(theirs),
      base: this.#texts.base === "" ? this.#nothing() : this.#versionOf(this.#texts.base),
    }
    const { documents, conflicts } = mergeByKey(versions, { format, names: this.#names, decide })
    const result = {
      documents,
      versions,
      judge: this.#judge,
      taking: (side: MergeSide) => this.merge((conflict) => decide(conflict) ?? side).text,
      finished: (text: string) => withProperties(text, { ...this.#properties, isClosed: true }),
    }
    if (conflicts.length > 0 && !isDraft) return { ...result, text: null, conflicts }
    const text = this.#byText(documents) ?? this.#byEdits(documents, versions)
    if (text !== null) return { ...result, text: this.#finished(text), conflicts }
    return { ...result, text: null, conflicts: [...conflicts, this.#unsaid(versions)] }
  }

  /** The expected content is known, but no text was found that says it. */
  #unsaid({ ours, theirs, base }: PlainMerge["versions"]): KeyConflict {
    const nowhere = { path: [], document: 0, base: null, ours: null, theirs: null }
    if ([ours, theirs, base].some(({ hasAliases }) => hasAliases)) return { ...nowhere, kind: "anchor" }
    return { ...nowhere, kind: ours.documents.length === theirs.documents.length ? "internal" : "document" }
  }

  #byText(documents: readonly Merged[]): string | null {
    const { base, ours, theirs } = this.#texts
    const merged = base === ours ? theirs : base === theirs ? ours : mergeLines(base, ours, theirs)
    return merged !== null && this.#isRight(merged, documents) ? merged : null
  }

  #byEdits(documents: readonly Merged[], versions: Readonly<Record<"base" | MergeSide, MergeVersion>>): string | null {
    const { base, ours, theirs } = this.#texts
    if ([versions.ours, versions.theirs].some(({ hasAliases }) => hasAliases)) return null
    // If one side reindented the file, everything is put into its text.
    const isIndentedByTheirs = indentOf(base) === indentOf(ours) && indentOf(ours) !== indentOf(theirs)
    const order: MergeSide[] = isIndentedByTheirs ? ["theirs", "ours"] : ["ours", "theirs"]
    for (const primary of order) {
      const text = attempt(() => this.#edited(documents, primary, versions))
      if (text !== null && this.#isRight(text, documents)) return text
    }
    return null
  }

  #edited(
    documents: readonly Merged[],
    primary: MergeSide,
    versions: Readonly<Record<MergeSide, MergeVersion>>,
  ): string | null {
    const { format } = this.#options
    const plan = planEdits(documents, { format, primary, versions })
    if (plan.unsets.length > unsetsMax) return null
    let text = splice(versions[primary].scan.source, plan.edits)
    for (const each of plan.unsets) text = withoutEntry(format, text, each)
    text = splice(text, format.scan(text).metadata?.detach ?? [])
    return plan.documents.length === 0 ? text : splice(text, documentEdits(format, text, plan.documents))
  }

  #isRight(text: string, documents: readonly Merged[]): boolean {
    const version = attempt(() => this.#versionOf(text))
    return version !== null && agrees(version.documents, documents, this.#judge)
  }

  #versionOf(text: string): MergeVersion {
    return versionOf(this.#options.format, this.#framed(text), this.#names)
  }

  /** The scan with a metadata block in the text, where that decides what comments belong to. */
  #framed(text: string): Scan {
    const { format, like } = this.#options
    const scan = format.scan(text)
    if (scan.metadata !== null) throw new AppError("ALREADY_SEALED")
    if (format.movesComments?.(scan) !== true) return scan
    return simplyFramed(format, text) ?? format.scan(splice(text, format.attach(scan, placeholder, like)))
  }

  #nothing(): MergeVersion {
    const { format } = this.#options
    const empty: Scan = { source: "", sites: [], metadata: null, aliases: [], documents: 1 }
    return versionOf({ ...format, places: () => () => null }, empty, this.#names)
  }

  #finished(text: string): string {
    const open = withProperties(text, this.#properties)
    // Without its last line end a text block would have another value.
    const isClosed = this.#keepsEnd || this.#options.format.endsInValue?.(open) === true
    return isClosed ? withProperties(text, { ...this.#properties, isClosed: true }) : open
  }
}

/** The text without an entry of one of its documents: a path says nothing about others than the first. */
function withoutEntry(format: Format, text: string, { document, keys }: Unset): string {
  const scan = format.scan(text)
  if (scan.documents === 1) return splice(text, format.unset(scan, keys))
  const place = documentPlaces(format, scan)(document)
  if (place === null) throw new AppError("KEY_NOT_FOUND")
  const alone = text.slice(place.start, place.end)
  return text.slice(0, place.start) + splice(alone, format.unset(format.scan(alone), keys)) + text.slice(place.end)
}

function documentEdits(format: Format, text: string, changes: EditPlan["documents"]): Edit[] {
  const placeOf = documentPlaces(format, format.scan(text))
  return changes.flatMap(({ number, added }): Edit[] => {
    const place = number === -1 ? { start: 0, end: 0 } : placeOf(number)
    if (place === null) return []
    return [added === null ? replaced(place, "") : { start: place.end, end: place.end, text: added }]
  })
}

/** Where documents are, by their numbers; `null` for one without any entry. */
function documentPlaces(format: Format, scan: Scan): (document: number) => Span | null {
  const roots = new Map(scan.sites.map(({ item }) => rootItemOf(item)).map((root) => [root.index, root]))
  const placeOf = format.places(scan)
  return (document) => {
    const root = roots.get(document)
    return root === undefined ? null : placeOf(root)
  }
}

/**
 * A metadata block at the end, as in most files, needs no look at the nodes of the text.
 *
 * @returns `null` where a block cannot be there
 */
function simplyFramed(format: Format, text: string): Scan | null {
  const framed = format.simplyFramed?.(text) ?? null
  const scan = framed === null ? null : attempt(() => format.scan(framed))
  return scan?.metadata !== undefined && scan.metadata !== null && scan.documents === 1 ? scan : null
}

/** Each of them is another look at the whole text. */
const unsetsMax = 100

/** @returns `null` when the text that was tried is not a text of this format */
function attempt<T>(work: () => T): T | null {
  try {
    return work()
  } catch (error) {
    if (error instanceof AppError || error instanceof RangeError) return null
    throw error
  }
}

/**
 * Whether a text says what a merge expects: the same values and comments at the same paths, mappings in any order, lists
 * in order. Every result has to pass it, so that a merge can never lose, invent or move a value.
 */
function agrees(
  found: readonly MergeEntry[],
  expected: readonly Merged[],
  context: { readonly format: Format; readonly names: Names },
): boolean {
  return found.length === expected.length && expected.every((merged, at) => isSame(found[at]!, merged, context))
}

type Context = Parameters<typeof agrees>[2]

function isSame(entry: MergeEntry, merged: Merged, context: Context): boolean {
  const of = (side: MergeSide): MergeEntry => merged[side]!
  if (entry.aboveNumber !== of(merged.above).aboveNumber || entry.besideNumber !== of(merged.beside).besideNumber)
    return false
  if (merged.value !== "both") return entry.content === of(merged.value).content
  const { kind } = of("ours")
  if (merged.lines !== null) {
    const lines = merged.lines.map(({ site }) => site)
    return linesNumber(entry.lines, context.names) === linesNumber(lines, context.names)
  }
  if (entry.kind !== kind || entry.freeNumber !== freeNumber(merged, context)) return false
  if (kind === "list") return agrees(entry.entries, merged.entries, context)
  if (entry.entries.length !== merged.entries.length) return false
  const byId = new Map(entry.entries.map((each) => [each.id, each]))
  return merged.entries.every((each) => {
    const inside = byId.get((each.ours ?? each.theirs)!.id)
    return inside !== undefined && isSame(inside, each, context)
  })
}

function freeNumber({ free }: Merged, { format, names }: Context): number {
  if (free.length === 0) return names.of("no comment")
  return names.of(free.map((comment) => comparedComment(comment, format)).join("\n"))
}

/** Properties of a text as a whole, each merged as one value: line ends, BOM, final line end. */
interface Properties {
  readonly eol: "\n" | "\r\n"
  readonly hasBom: boolean
  /** `null` for an empty text. */
  readonly isClosed: boolean | null
}

/** A text without what its properties describe. */
interface Bare {
  readonly text: string
  readonly properties: Properties
}

/** @param keepsEnd - a missing final line end is part of a value here, and stays missing */
function bareOf(source: string, { keepsEnd = false } = {}): Bare {
  const hasBom = source.startsWith("\uFEFF")
  const text = hasBom ? source.slice(1) : source
  const eol = hasUniformReturns(text) ? "\r\n" : "\n"
  const plain = eol === "\r\n" ? text.replaceAll("\r\n", "\n") : text
  const isClosed = plain === "" ? null : plain.endsWith("\n")
  return { text: isClosed === false && !keepsEnd ? `${plain}\n` : plain, properties: { eol, hasBom, isClosed } }
}

/** Every line ends in CR LF; the last one may be open. */
function hasUniformReturns(text: string): boolean {
  if (!text.includes("\r\n")) return false
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) if (text[at - 1] !== "\r") return false
  return true
}

/** What one side changed, as that side has it; what both changed, as ours has it. */
function mergeProperties(base: Properties, ours: Properties, theirs: Properties): Properties {
  const pick = <Name extends keyof Properties>(name: Name): Properties[Name] =>
    ours[name] === base[name] ? theirs[name] : ours[name]
  return { eol: pick("eol"), hasBom: pick("hasBom"), isClosed: pick("isClosed") }
}

function withProperties(text: string, { eol, hasBom, isClosed }: Properties): string {
  const ended = isClosed === false && text.endsWith("\n") ? text.slice(0, -1) : text
  return (hasBom ? "\uFEFF" : "") + (eol === "\r\n" ? ended.replaceAll("\n", "\r\n") : ended)
}

/** The spaces at the start of the first indented line, to recognize a text whose indentation changed. */
function indentOf(text: string): string {
  return /^([ \t]+)[^ \t\r\n#]/m.exec(text)?.[1] ?? ""
}
