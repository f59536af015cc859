import { type YamlEntry, type YamlScan } from "../resolve/model.ts"
import { type YamlNode, type YamlPair } from "../scan/node.ts"
import { isBreak } from "../scan/chars.ts"
import { type Carrier } from "./spell.ts"

const DEFAULT_STEP = 4

/** 0-based column of an offset, in UTF-16 units. */
export function columnInLine(source: string, offset: number): number {
  return offset - lineStart(source, offset)
}

/** A BOM is not part of the first line. */
export function lineStart(source: string, offset: number): number {
  let at = offset
  while (at > 0 && !isBreak(source.charCodeAt(at - 1))) at--
  return at === 0 && offset > 0 && source.charCodeAt(0) === 0xfeff ? 1 : at
}

/** Offset after the line end of the line that `offset` is in; the length of the text when there is none. */
export function nextLine(source: string, offset: number): number {
  let at = offset
  while (at < source.length && !isBreak(source.charCodeAt(at))) at++
  if (at === source.length) return at
  return source.startsWith("\r\n", at) ? at + 2 : at + 1
}

export function skipBlanks(source: string, offset: number): number {
  let at = offset
  while (source[at] === " " || source[at] === "\t") at++
  return at
}

/** What ends the first line; LF if there is only one line. */
export function eolOf(source: string): "\n" | "\r\n" {
  const at = source.indexOf("\n")
  return at > 0 && source[at - 1] === "\r" ? "\r\n" : "\n"
}

const steps = new WeakMap<YamlScan, number>()

/** Spaces per level, by the first nested collection; upstream's default where nothing is nested. */
export function stepOf(scan: YamlScan): number {
  const known = steps.get(scan)
  if (known !== undefined) return known
  let step: number | null = null
  for (const { root } of scan.docs) if (root !== null) step ??= nestedStep(scan.source, root)
  steps.set(scan, step ?? DEFAULT_STEP)
  return step ?? DEFAULT_STEP
}

const flat = new WeakMap<YamlScan, boolean>()

/** Whether a file holds names and values and nothing else, its metadata apart. */
export function isFlat(scan: YamlScan): boolean {
  const known = flat.get(scan)
  if (known !== undefined) return known
  const isSingle = ({ key, value }: YamlPair): boolean =>
    value.type === "scalar" || (key.type === "scalar" && key.value === "sops")
  const roots = scan.docs.map(({ root }) => root)
  const found = roots.length === 1 && roots[0]?.type === "map" && roots[0].pairs.every(isSingle)
  flat.set(scan, found)
  return found
}

function nestedStep(source: string, node: YamlNode): number | null {
  if (node.type === "list" && !node.flow) return firstOf(node.items, (item) => nestedStep(source, item))
  if (node.type !== "map" || node.flow) return null
  return firstOf(node.pairs, ({ key, value }) => {
    if ((value.type === "map" || value.type === "list") && !value.flow) {
      const step = startColumn(source, value) - columnInLine(source, key.properties.start)
      if (step > 0) return step
    }
    return nestedStep(source, value)
  })
}

/** The first answer of `find` that is not `null`. */
function firstOf<T>(items: readonly T[], find: (item: T) => number | null): number | null {
  for (const item of items) {
    const found = find(item)
    if (found !== null) return found
  }
  return null
}

/** Column of the keys of a block mapping, or of the dashes of a block list. */
export function startColumn(source: string, node: YamlNode): number {
  if (node.type === "list" && node.dashes.length > 0) return columnInLine(source, node.dashes[0]!)
  const first = node.type === "map" ? node.pairs[0] : undefined
  if (first === undefined) return columnInLine(source, node.span.start)
  return columnInLine(source, first.question === -1 ? first.key.properties.start : first.question)
}

/** The value of an entry in block style, for a text of one line. */
export const linePlace: Carrier = { context: "block", indent: 0, hint: 0, eol: "\n" }

/** Whether a text has line breaks that a place must be able to hold. */
export function hasLines(text: string): boolean {
  return text.includes("\n") || text.includes("\u2028") || text.includes("\u2029")
}

/**
 * Where a scalar of this entry is and how upstream would indent it; `end` is where its text ends now.
 * A block is possible only if nothing after it could be taken for a part of it.
 */
export function carrierFor(scan: YamlScan, entry: YamlEntry, end: number, text: string): Carrier {
  const { source } = scan
  const { parent } = entry
  const eol = eolOf(source)
  if (parent?.type !== "list" && parent?.type !== "map")
    return { context: "block", indent: 0, hint: 0, eol, oneLine: true }
  if (parent.flow) return { context: "flow", indent: 0, hint: 0, eol }
  if (!hasLines(text)) return { ...linePlace, eol }
  const base = startColumn(source, parent)
  const indent = childIndent(base, parent.type, stepOf(scan))
  return { context: "block", indent, hint: indent - base, eol, oneLine: !blockMayEndAt(source, end, indent, text) }
}

/** Content below a dash is indented by two, all else to the next multiple of the step, as go-yaml does. */
export function childIndent(base: number, parent: "map" | "list", step: number): number {
  return parent === "list" ? base + 2 : step * Math.floor((base + step) / step)
}

/** Whether a block with this text can end at an offset: a line end comes next, then a line that is not indented as deep. */
export function blockMayEndAt(source: string, end: number, indent: number, text: string): boolean {
  if (end === source.length) return !text.endsWith("\n")
  if (source[end] !== "\n" && !source.startsWith("\r\n", end)) return false
  let at = nextLine(source, end)
  while (at < source.length) {
    const first = skipBlanks(source, at)
    const isBlankLine = first === source.length || isBreak(source.charCodeAt(first))
    if (!isBlankLine) return first - at < indent
    // Blank lines would count as text where all line ends at the end are kept.
    if (first - at > indent || text.endsWith("\n\n") || text === "\n") return false
    at = nextLine(source, first)
  }
  return true
}
