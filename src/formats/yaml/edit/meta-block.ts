import { type Edit, type Span } from "../../../core/text.ts"
import { columnInLine, lineStart, nextLine, skipBlanks } from "../carry/measure.ts"
import { type MapNode, type YamlDocument, type YamlNode, type YamlPair } from "../scan/node.ts"
import { isBreak } from "../scan/chars.ts"

/** The metadata block as it was in one document: enough to put the same bytes there again. */
export interface YamlMetaPlace {
  /** Number of root entries before it. */
  readonly position: number
  /** It was the last entry. */
  readonly isLast: boolean
  /** Lines between the entry before it (or the start of the document) and the block. */
  readonly linesBefore: number
  /** Lines of the document after the block. */
  readonly linesAfter: number
  /** Root mapping in flow style. */
  readonly flow: boolean
  /** Spaces per level inside the block. */
  readonly indent: number
  /** The line of the key, as written, without its indentation; `null` for a block that is not a plain block mapping. */
  readonly head: string | null
  /** Lines of each entry, as written, without the last line end; with the comments above the next. */
  readonly chunks: ReadonlyMap<string, string>
  /** Column of the root's keys. */
  readonly column: number
}

export interface MetaBlock {
  readonly place: YamlMetaPlace
  /** Takes the block out again: exactly what `attach` puts in, and no more. */
  readonly detach: Edit
  /** Upstream seals an empty document as an empty mapping: what it leaves there with the block. */
  readonly emptied?: Edit
}

const DEFAULT_INDENT = 4

/**
 * Where one of a document's root entries is, as a metadata block.
 *
 * @param root - the mapping that holds the entry at `position`
 */
export function metaBlock(source: string, document: YamlDocument, root: MapNode, position: number): MetaBlock {
  const pair = root.pairs[position]!
  if (root.flow) return { place: flowPlace(root, position), detach: { ...flowSpan(source, root, position), text: "" } }
  const before = root.pairs[position - 1]
  const endBefore = before === undefined ? 0 : pairEnd(before)
  return blockMetadata(source, document, { pair, endBefore, position, count: root.pairs.length })
}

/** An entry of a root mapping in block style. */
interface RootEntry {
  readonly pair: YamlPair
  /** Where the entry before it ends; 0 for none. */
  readonly endBefore: number
  readonly position: number
  /** Entries of the root. */
  readonly count: number
}

/** As `metaBlock`, in a root mapping in block style. */
export function blockMetadata(
  source: string,
  document: YamlDocument,
  { pair, endBefore, position, count }: RootEntry,
): MetaBlock {
  const start = lineStart(source, pairStart(pair))
  const end = nextLine(source, pairEnd(pair))
  const afterBefore = endBefore === 0 ? 0 : nextLine(source, endBefore)
  const from = Math.max(contentStart(source, document), afterBefore)
  const until = documentEnd(source, document)
  const place: YamlMetaPlace = {
    position,
    isLast: position === count - 1,
    linesBefore: countLines(source, from, start),
    linesAfter: countLines(source, end, until),
    flow: false,
    column: columnInLine(source, pairStart(pair)),
    ...chunked(source, pair, end),
  }
  if (count === 1 && document.start === null) return { place, detach: emptyRoot(source, start, end) }
  const detach = { ...wholeLines(source, start, end), text: "" }
  return count === 1 ? { place, detach, emptied: emptyRoot(source, start, end) } : { place, detach }
}

export function pairStart({ question, key }: YamlPair): number {
  return question === -1 ? key.properties.start : question
}

/** Where the text of an entry ends, on its last line with content. */
export function pairEnd({ key, colon, value }: YamlPair): number {
  const { properties, span } = value
  const written = [properties, span].filter(({ start, end }) => end > start)
  // A missing value ends where the next entry begins.
  return Math.max(key.span.end, colon + 1, ...written.map(({ end }) => end))
}

/** After the line of `---`, where there is one, or a BOM. */
export function contentStart(source: string, { start, span }: YamlDocument): number {
  if (start !== null) return nextLine(source, start.end)
  return source.charCodeAt(span.start) === 0xfeff ? span.start + 1 : span.start
}

/** The line of `...` or of the next document, or the end of the text. */
export function documentEnd(source: string, { end, span }: YamlDocument): number {
  return end === null ? span.end : lineStart(source, end.start)
}

function countLines(source: string, from: number, until: number): number {
  let lines = 0
  for (let at = from; at < until; at = nextLine(source, at)) lines++
  return lines
}

/** Without other entries, writes an empty mapping, as upstream prints it: nothing else would show that there is one. */
function emptyRoot(source: string, start: number, end: number): Edit {
  const block = source.slice(start, end)
  return { start, end, text: `{}${block.slice(withoutLastBreak(block).length)}` }
}

/** A block at the end of a text without final line end includes the line end before it. */
function wholeLines(source: string, start: number, end: number): Span {
  if (end < source.length || isBreak(source.charCodeAt(end - 1))) return { start, end }
  const before = source.startsWith("\r\n", start - 2) ? 2 : 1
  return { start: Math.max(start - before, 0), end }
}

/** Cuts the lines of a block mapping at its keys. */
function chunked(source: string, pair: YamlPair, end: number): Pick<YamlMetaPlace, "head" | "chunks" | "indent"> {
  const { value } = pair
  const none = { head: null, chunks: new Map<string, string>(), indent: DEFAULT_INDENT }
  if (value.type !== "map" || value.flow || value.pairs.length === 0) return none
  const starts = value.pairs.map((inner) => lineStart(source, pairStart(inner)))
  const headEnd = starts[0]!
  const indent = columnInLine(source, pairStart(value.pairs[0]!)) - columnInLine(source, pairStart(pair))
  const chunks = new Map<string, string>()
  for (const [index, { key }] of value.pairs.entries()) {
    if (key.type !== "scalar") return none
    const chunk = source.slice(starts[index], starts[index + 1] ?? end)
    chunks.set(key.value, withoutLastBreak(chunk))
  }
  if (headEnd <= pair.key.span.start) return none
  return { head: withoutLastBreak(source.slice(pairStart(pair), headEnd)), chunks, indent }
}

function withoutLastBreak(text: string): string {
  if (text.endsWith("\r\n")) return text.slice(0, -2)
  return isBreak(text.charCodeAt(text.length - 1)) ? text.slice(0, -1) : text
}

function flowPlace(root: MapNode, position: number): YamlMetaPlace {
  return {
    position,
    isLast: position === root.pairs.length - 1,
    linesBefore: 0,
    linesAfter: 0,
    flow: true,
    indent: DEFAULT_INDENT,
    head: null,
    chunks: new Map(),
    column: 0,
  }
}

/** From the comma before the entry to its end; a first entry goes up to the next one. */
function flowSpan(source: string, root: MapNode, position: number): Span {
  const pair = root.pairs[position]!
  const end = pairEnd(pair)
  if (position > 0) return { start: commaBefore(source, root.pairs[position - 1]!, pairStart(pair)), end }
  const next = root.pairs[1]
  if (next === undefined) return { start: pairStart(pair), end }
  const comma = commaBefore(source, pair, pairStart(next))
  return { start: pairStart(pair), end: Math.min(skipBlanks(source, comma + 1), pairStart(next)) }
}

/** The comma that ends an entry; comments may be between it and the next one. */
function commaBefore(source: string, pair: YamlPair, next: number): number {
  let at = pairEnd(pair)
  while (at < next && source[at] !== ",") at = source[at] === "#" ? nextLine(source, at) : at + 1
  return at
}

/** The node whose text ends last inside of another. */
export function lastNode(node: YamlNode): YamlNode {
  let at = node
  for (;;) {
    const last = at.type === "map" ? at.pairs.at(-1)?.value : at.type === "list" ? at.items.at(-1) : undefined
    if (last === undefined || (at.type !== "map" && at.type !== "list") || at.flow) return at
    at = last
  }
}
