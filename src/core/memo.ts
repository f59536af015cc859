import { createHash } from "node:crypto"
import { type Leaf, type Opened, type SealedDocument } from "./document.ts"
import { type Format } from "./format.ts"
import { type Cipher } from "./gcm.ts"
import { limits } from "./limits.ts"
import { type Scalar, scalarText } from "./scalar.ts"
import { sameSites } from "./same-sites.ts"
import { countedSites, documentOf, fullPath, type Item, type Site } from "./site.ts"
import { splice } from "./splice.ts"
import { type Edit, type Span, utf8 } from "./text.ts"
import { parseToken } from "./token.ts"

/**
 * What no token can carry: spellings such as `0x1F`, folded text, an alias that was written out, a BOM. It is sealed
 * with the data key and is in the metadata, where upstream ignores it (docs/design/layout.md section 2).
 */
export interface Memo {
  /** Spelling of a sealed site, by its number among all tokens; `check` ties it to the site's path. */
  readonly sites: ReadonlyMap<number, SpelledSite>
  /** Runs of tokens that were one alias: the value `depth` entries above the first token. */
  readonly aliases: readonly AliasRun[]
  readonly hasBom: boolean
  /** 0-based numbers of lines that held a lone CR. */
  readonly blankCrLines: readonly number[]
  /** Tokens whose value `run` passes to a child as it is, each with the check of its path. */
  readonly verbatim: ReadonlyMap<number, string>
  /** Nulls that were a whole YAML document: where in the plain text, in UTF-16 units, and how they were written. */
  readonly nullRoots: readonly (readonly [at: number, text: string])[]
}

export interface SpelledSite {
  readonly check: string
  readonly spelling: string
  /** It comes right after its anchor, where a token needs a space. */
  readonly isGlued: boolean
}

export interface AliasRun {
  readonly first: number
  readonly count: number
  readonly depth: number
  readonly text: string
}

export const layoutAad = "sotto_layout"
const paddingBytes = 256
const byteOrderMark = "\uFEFF"

/** @returns the memo's plaintext, `""` when there is none or it does not open: layout is never worth an error */
export function openMemo(token: string, cipher: Cipher): string {
  if (token === "") return ""
  const parsed = parseToken(token, limits.nonce_bytes_max)
  if (typeof parsed === "string") return ""
  const plain = cipher.open(parsed, layoutAad)
  return plain === null || plain.length > limits.memo_bytes_max * 2 ? "" : utf8.decode(plain)
}

export function pathCheck(item: Item): string {
  return createHash("sha256")
    .update(JSON.stringify(fullPath(item)))
    .digest("hex")
    .slice(0, 8)
}

/** Compact JSON, padded so that its length says little about what is in it. */
export function formatMemo(memo: Memo): string {
  const doc = {
    ...(memo.hasBom ? { bom: 1 } : {}),
    ...(memo.blankCrLines.length > 0 ? { blankCR: memo.blankCrLines } : {}),
    ...(memo.nullRoots.length > 0 ? { nulls: memo.nullRoots } : {}),
  }
  const text = JSON.stringify({
    v: 1,
    doc,
    sites: [...memo.sites].map(([ordinal, { check, spelling, isGlued }]) => [
      ordinal,
      check,
      spelling,
      ...(isGlued ? [1] : []),
    ]),
    spans: memo.aliases.map(({ first, count, depth, text }) => [first, count, text, depth]),
    ...(memo.verbatim.size > 0 ? { verbatim: [...memo.verbatim] } : {}),
  })
  const bytes = Buffer.byteLength(text)
  return text + " ".repeat(Math.ceil(bytes / paddingBytes) * paddingBytes - bytes)
}

/** @returns `null` when the text is empty, of an unknown version, or not well-formed: then it is ignored */
export function parseMemo(text: string): Memo | null {
  if (text === "") return null
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch {
    return null
  }
  if (!isRecord(raw) || raw["v"] !== 1) return null
  const doc = isRecord(raw["doc"]) ? raw["doc"] : {}
  const sites = new Map<number, SpelledSite>()
  for (const entry of listOf(raw["sites"])) {
    const [ordinal, check, spelling, glued] = listOf(entry)
    if (!isCount(ordinal) || typeof check !== "string" || typeof spelling !== "string") return null
    sites.set(ordinal, { check, spelling, isGlued: glued === 1 })
  }
  const aliases: AliasRun[] = []
  for (const entry of listOf(raw["spans"])) {
    const [first, count, alias, depth] = listOf(entry)
    if (!isCount(first) || !isCount(count) || !isCount(depth) || typeof alias !== "string") return null
    if (!/^\*[^\s,[\]{}]+$/.test(alias)) return null
    aliases.push({ first, count, depth, text: alias })
  }
  const blankCrLines = listOf(doc["blankCR"])
  if (!blankCrLines.every(isCount)) return null
  const verbatim = new Map<number, string>()
  for (const entry of listOf(raw["verbatim"])) {
    const [ordinal, check] = listOf(entry)
    if (!isCount(ordinal) || typeof check !== "string") return null
    verbatim.set(ordinal, check)
  }
  const nullRoots: (readonly [number, string])[] = []
  for (const entry of listOf(doc["nulls"])) {
    const [at, text] = listOf(entry)
    if (!isCount(at) || typeof text !== "string") return null
    nullRoots.push([at, text])
  }
  return { sites, aliases, hasBom: doc["bom"] === 1, blankCrLines, verbatim, nullRoots }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : []
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** The leaves whose value `run` passes on as stored, by their scalars. */
export function verbatimScalars({ leaves, memoText }: Pick<Opened, "leaves" | "memoText">): ReadonlySet<Scalar> {
  const verbatim = parseMemo(memoText)?.verbatim
  if (verbatim === undefined || verbatim.size === 0) return new Set()
  const tokens = leaves.filter(({ token }) => token !== null)
  const isNamed = ({ site }: Leaf, ordinal: number): boolean =>
    verbatim.has(ordinal) && verbatim.get(ordinal) === pathCheck(site.item)
  return new Set(tokens.filter(isNamed).map(({ scalar }) => scalar!))
}

/**
 * The edits of an opened document with the memo's spellings instead of the canonical ones.
 *
 * All or nothing: the text they give must scan to the leaves, and each spelling must be exactly one site. So a memo
 * can never change a value, whoever wrote it.
 *
 * @param edits - canonical edits, one for each leaf; `null` where there is no token
 * @param areConfirmed - they are known to say the leaves
 * @returns `null` when the memo does not fit
 */
export function applyMemo(
  document: SealedDocument,
  leaves: readonly Leaf[],
  { edits, areConfirmed }: { readonly edits: readonly (Edit | null)[]; readonly areConfirmed: boolean },
  memo: Memo,
): Edit[] | null {
  const { format, scan } = document
  const respelled = memoEdits(document, leaves, edits, memo)
  if (respelled === null) return null
  const { edits: wanted, spelled } = respelled
  const hasAliases = memo.aliases.length > 0
  const isConfirmed = ([index, { start, text }]: readonly [number, Edit]): boolean => {
    const { site, scalar } = leaves[index]!
    return start === edits[index]!.start && format.confirmsEdit!(scan, site, scalar!, text)
  }
  if (areConfirmed && !hasAliases && [...spelled].every(isConfirmed)) return wanted
  const places = placesOf(respelled)
  const text = splice(scan.source, wanted)
  if (!hasAliases && format.confirms?.(text, leaves, places) === true) return wanted
  try {
    const scanned = countedSites(format.scan(text))
    const found = hasAliases ? inOrderOf(leaves, scanned) : scanned
    const isExact = [...places].every(
      ([index, place]) => found[index]?.kind === leaves[index]!.scalar?.kind && isAt(found[index], place),
    )
    return isExact && sameSites(leaves, found, format, { ignoresContainers: hasAliases }) ? wanted : null
  } catch {
    // A memo that does not even scan is dropped like any other that does not fit.
    return null
  }
}

/** The edits of a document, and those of them whose text a memo gives, by the numbers of their leaves. */
interface Respelled {
  readonly edits: Edit[]
  readonly spelled: ReadonlyMap<number, Edit>
}

/**
 * The edits with the memo's spellings, which nobody has looked at yet.
 *
 * @returns `null` when the memo names what is not there
 */
export function memoEdits(
  { format, scan }: SealedDocument,
  leaves: readonly Leaf[],
  edits: readonly (Edit | null)[],
  memo: Memo,
): Respelled | null {
  const tokens = leaves.flatMap(({ token }, index) => (token === null ? [] : [index]))
  const result: (Edit | null)[] = [...edits]
  const spelled = new Map<number, Edit>()
  for (const [ordinal, { check, spelling, isGlued }] of memo.sites) {
    const index = tokens[ordinal]
    const edit = index === undefined ? null : edits[index]!
    if (index === undefined || edit === null || pathCheck(leaves[index]!.site.item) !== check) return null
    const start = edit.start - (isGlued && scan.source.charAt(edit.start - 1) === " " ? 1 : 0)
    const respelled = { start, end: edit.end, text: spelling }
    result[index] = respelled
    spelled.set(index, respelled)
  }
  const runs: Edit[] = []
  for (const { first, count, depth, text } of memo.aliases) {
    const indexes = tokens.slice(first, first + count)
    let item: Item | null = indexes[0] === undefined ? null : leaves[indexes[0]]!.site.item
    for (let up = 0; up < depth && item !== null; up++) item = item.parent
    const span = item === null ? null : format.valueSpan(scan, item)
    if (span === null || indexes.length !== count) return null
    for (const index of indexes) result[index] = null
    runs.push({ ...span, text })
  }
  return { edits: [...result.filter((edit): edit is Edit => edit !== null), ...runs], spelled }
}

/** Where in the text that they give each spelling is, by the numbers of their leaves. */
export function placesOf({ edits, spelled }: Respelled): ReadonlyMap<number, Span> {
  const starts = startsAfter(edits)
  return new Map([...spelled].map(([index, edit]) => [index, placeOf(edit, starts)]))
}

/**
 * Comments belong to other containers where an alias stands for one, and so come elsewhere in the walk. In the text they
 * are in the same order as before.
 */
function inOrderOf(leaves: readonly Leaf[], found: readonly Site[]): Site[] {
  const isComment = ({ kind }: Site): boolean => kind === "comment"
  const byPlace = (a: Site, b: Site): number => a.span!.start - b.span!.start
  const old = leaves.map(({ site }) => site).filter(isComment)
  const ranks = new Map([...old].sort(byPlace).map((site, rank) => [site, rank]))
  const comments = found.filter(isComment).sort(byPlace)
  const values = found.filter((site) => !isComment(site))
  let nth = 0
  const result = leaves.map(({ site }) => (isComment(site) ? comments[ranks.get(site)!] : values[nth++]))
  const isWhole = leaves.length === found.length && result.every((site): site is Site => site !== undefined)
  return isWhole ? result : []
}

/** Where each edit's text begins once all are applied. */
function startsAfter(edits: readonly Edit[]): ReadonlyMap<Edit, number> {
  const starts = new Map<Edit, number>()
  let shift = 0
  for (const edit of [...edits].sort((a, b) => a.start - b.start)) {
    starts.set(edit, edit.start + shift)
    shift += edit.text.length - (edit.end - edit.start)
  }
  return starts
}

/** Where the text of an edit was put. */
function placeOf(edit: Edit, starts: ReadonlyMap<Edit, number>): Span {
  const start = starts.get(edit)!
  return { start, end: start + edit.text.length }
}

function isAt(site: Site | undefined, { start, end }: Span): boolean {
  return site !== undefined && site.span?.start === start && site.span.end === end
}

/**
 * Puts back what must not be in a sealed file: the BOM of a JSON file, the lone CR of empty dotenv lines, the null that
 * was a whole YAML document. Each has to stand where sealing takes it out, and must change no value, whoever wrote the
 * memo; otherwise the text stays as it is.
 */
export function restoreDocument(format: Format, text: string, { hasBom, blankCrLines, nullRoots }: Memo): string {
  if (!hasBom && blankCrLines.length === 0 && nullRoots.length === 0) return text
  const put: Span[] = []
  let result = text
  for (const [at, written] of nullRoots) {
    const isBraces = result.startsWith("{}", at)
    result = result.slice(0, at) + written + result.slice(isBraces ? at + 2 : at)
    put.push({ start: at, end: at + written.length })
  }
  if (blankCrLines.length > 0) result = withReturns(result, new Set(blankCrLines), put)
  if (hasBom) {
    result = byteOrderMark + result
    put.push({ start: 0, end: 1 })
  }
  try {
    const { sites, banned = [] } = format.scan(result)
    const isTakenOut = put.every(({ start, end }) => banned.some((span) => span.start === start && span.end === end))
    if (!isTakenOut) return text
    // A null may change what a comment belongs to, a BOM and a blank line nothing.
    return nullRoots.length === 0 || saidBy(sites) === saidBy(format.scan(text).sites) ? result : text
  } catch {
    return text
  }
}

/** @param put - takes where each CR is */
function withReturns(text: string, blank: ReadonlySet<number>, put: Span[]): string {
  let at = 0
  const lines = text.split("\n").map((line, nth) => {
    const isReturn = line === "" && blank.has(nth)
    if (isReturn) put.push({ start: at, end: at + 1 })
    at += line.length + (isReturn ? 2 : 1)
    return isReturn ? "\r" : line
  })
  return lines.join("\n")
}

/** A comment may belong elsewhere once the null is there again. */
function saidBy(sites: readonly Site[]): string {
  const lines = sites.map(({ item, kind, scalar }) => {
    const place = kind === "comment" ? "" : [documentOf(item), ...fullPath(item)]
    return JSON.stringify([kind, place, scalar && scalarText(scalar)])
  })
  return JSON.stringify(lines.toSorted((a, b) => (a < b ? -1 : 1)))
}
