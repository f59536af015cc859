import { type MetaMap, type MetaValue } from "../../../core/format.ts"
import { type Edit, utf8 } from "../../../core/text.ts"
import { type Tree } from "../../../core/tree.ts"
import { DEFAULT_INDENT, emitYaml } from "../emit/emit.ts"
import { indentStep } from "../emit/emit-writer.ts"
import { eolOf, nextLine, skipBlanks, startColumn } from "../carry/measure.ts"
import { type YamlMetaPlace, contentStart, documentEnd, lastNode, pairEnd, pairStart } from "./meta-block.ts"
import { metadataLines } from "./print-metadata.ts"
import { type YamlMetadata, type YamlScan } from "../resolve/model.ts"
import { type MapNode, type YamlDocument } from "../scan/node.ts"
import { isBreak } from "../scan/chars.ts"

const KEY = "sops"

/**
 * Puts a metadata block into every document of a text that has none. Nothing else changes: taking the blocks out
 * gives the text back, final line end or not.
 *
 * A block of the previous file (`like`) comes back where it was and as it was written; only entries that
 * changed are printed again. A text without a final line end stays without.
 */
export function attach(scan: YamlScan, tree: MetaMap, like: YamlMetadata | null, indent?: number): Edit[] {
  const wanted = indent ?? DEFAULT_INDENT
  const last = lastEdit(scan, tree, like, wanted)
  if (last !== null) return [last]
  const printed = new Map<string, string[]>()
  return scan.docs.map((document, index) => {
    const place = like?.layout[Math.min(index, like.layout.length - 1)] ?? null
    const { root } = document
    const isEmptied =
      root?.type === "map" && root.pairs.length === 0 && place !== null && !place.flow && document.start === null
    if (root?.type === "map" && root.flow && !isEmptied) return flowEdit(scan.source, root, tree, place)
    // Nothing else shows that there is a document: the block goes where the null was.
    const isReplaced = root?.type === "scalar" && document.start === null && root.inline.length === 0
    const column = root?.type === "map" ? startColumn(scan.source, root) : 0
    const key = `${place === null ? "-" : index} ${column}`
    const lines = printed.get(key) ?? blockLines(tree, like, place, column, wanted)
    printed.set(key, lines)
    // The block was everything, and detaching it left `{}`.
    if (isEmptied) return { start: root.span.start, end: root.span.end, text: lines.join(eolOf(scan.source)) }
    if (isReplaced) return insertion(root.properties.start, lines.join(eolOf(scan.source)))
    return blockEdit(scan, document, place, lines)
  })
}

/** After plain YAML that ends in a line end: no node is needed to find the place. */
function lastEdit(scan: YamlScan, tree: MetaMap, like: YamlMetadata | null, wanted: number): Edit | null {
  const { source, plainColumn } = scan
  if (plainColumn === undefined || !source.endsWith("\n")) return null
  const place = like?.layout[0] ?? null
  if (place !== null && (!place.isLast || place.linesAfter > 0)) return null
  const lines = blockLines(tree, like, place, plainColumn, wanted)
  return insertion(source.length, lines.map((line) => `${line}\n`).join(""))
}

function blockEdit(
  scan: YamlScan,
  document: YamlDocument,
  place: YamlMetaPlace | null,
  lines: readonly string[],
): Edit {
  const { source } = scan
  const eol = eolOf(source)
  const at = blockOffset(source, document, place)
  const text = lines.join(eol)
  const endsOpen = at === source.length && at > 0 && !isBreak(source.charCodeAt(at - 1)) && !isBom(source, at)
  return { start: at, end: at, text: endsOpen ? eol + text : text + eol }
}

function isBom(source: string, end: number): boolean {
  return end === 1 && source.charCodeAt(0) === 0xfeff
}

function blockOffset(source: string, document: YamlDocument, place: YamlMetaPlace | null): number {
  const first = contentStart(source, document)
  const end = documentEnd(source, document)
  const { root } = document
  if (root?.type !== "map") return end
  if (place === null || place.isLast || place.position >= root.pairs.length) {
    if (endsInsideBlock(source, root, end)) return first
    const from = nextLine(source, pairEnd(root.pairs.at(-1)!))
    return linesBack(source, from, end, place?.linesAfter ?? 0)
  }
  const from = place.position === 0 ? first : nextLine(source, pairEnd(root.pairs[place.position - 1]!))
  return linesOn(source, from, pairStart(root.pairs[place.position]!), place.linesBefore)
}

/** A block scalar that the text ends in, without a line end, would gain one from what follows. */
function endsInsideBlock(source: string, root: MapNode, end: number): boolean {
  const last = lastNode(root)
  if (end < source.length || last.type !== "scalar" || last.block === null) return false
  let at = last.span.end
  while (at < end && (source[at] === " " || isBreak(source.charCodeAt(at)))) at++
  return at === end && !isBreak(source.charCodeAt(end - 1))
}

/** Moves on by at most that many lines without content. */
function linesOn(source: string, from: number, limit: number, lines: number): number {
  let at = from
  for (let i = 0; i < lines; i++) {
    const next = nextLine(source, at)
    if (next > limit || !isFiller(source, at)) return at
    at = next
  }
  return at
}

/** The start of that many lines before `end`, or of as many as there are. */
function linesBack(source: string, from: number, end: number, lines: number): number {
  if (lines === 0) return end
  const starts: number[] = []
  for (let at = from; at < end; at = nextLine(source, at)) starts.push(at)
  return starts[Math.max(starts.length - lines, 0)] ?? end
}

function isFiller(source: string, start: number): boolean {
  const at = skipBlanks(source, start)
  return at === source.length || source[at] === "#" || isBreak(source.charCodeAt(at))
}

/** The lines of the block: entries that did not change as they were written, the others as upstream prints them. */
function blockLines(
  tree: MetaMap,
  like: YamlMetadata | null,
  place: YamlMetaPlace | null,
  column: number,
  wanted: number,
): string[] {
  const margin = " ".repeat(column)
  const indent = place === null || place.flow ? wanted : place.indent
  const known = place !== null && place.head !== null && place.column === column ? place : null
  const lines = linesOf(margin + (known?.head ?? `${KEY}:`))
  const step = indentStep(indent)
  // Beside entries that are kept, others begin in the same column, also in one that upstream's printer does not know.
  const toColumn = known === null || step === indent ? margin : margin + " ".repeat(indent)
  const printedFrom = toColumn === margin ? 0 : step
  const push = (line: string): void => void lines.push(line === "" ? "" : toColumn + line.slice(printedFrom))
  if (known === null) {
    printEntries(tree, indent).forEach(push)
    return lines
  }
  for (const [key, value] of tree) {
    const chunk = known.chunks.get(key)
    // The tree is that of the first document; differences of other documents do not count.
    const isCurrent = chunk !== undefined && chunk === like!.layout[0]?.chunks.get(key)
    const isKept = isCurrent && sameValue(like!.tree.get(key), value)
    if (isKept) lines.push(...linesOf(chunk))
    else printEntries(new Map([[key, value]]), indent).forEach(push)
  }
  return lines
}

function linesOf(text: string): string[] {
  // An expression takes many times as long to split by as a letter.
  return text.includes("\r") ? text.split(/\r?\n/) : text.split("\n")
}

function printEntries(entries: MetaMap, indent: number): string[] {
  const lines = metadataLines(entries, 0, indent)
  if (lines !== null) return lines
  const text = emitYaml([{ type: "map", entries: [{ type: "entry", key: KEY, value: treeOf(entries) }] }], { indent })
  return text.split("\n").slice(1, -1)
}

function sameValue(a: MetaValue | undefined, b: MetaValue): boolean {
  if (a === b) return true
  if (a === undefined || a === null || b === null || typeof a !== "object" || typeof b !== "object") return false
  if (a instanceof Map || b instanceof Map) {
    if (!(a instanceof Map && b instanceof Map) || a.size !== b.size) return false
    const left = [...(a as MetaMap)]
    const right = [...(b as MetaMap)]
    return left.every(([key, value], index) => right[index]![0] === key && sameValue(value, right[index]![1]))
  }
  const left = a as readonly MetaValue[]
  const right = b as readonly MetaValue[]
  return left.length === right.length && left.every((value, index) => sameValue(value, right[index]!))
}

/** Metadata as data. Numbers are whole in practice; any other is printed as a float. */
function treeOf(value: MetaValue): Tree {
  if (value === null) return { type: "null" }
  switch (typeof value) {
    case "string":
      return { type: "scalar", scalar: { kind: "str", bytes: utf8.encode(value) } }
    case "number":
      return {
        type: "scalar",
        scalar: { kind: Number.isInteger(value) ? "int" : "float", bytes: utf8.encode(String(value)) },
      }
    case "boolean":
      return { type: "scalar", scalar: { kind: "bool", bytes: utf8.encode(value ? "True" : "False") } }
    default:
      return value instanceof Map
        ? {
            type: "map",
            entries: [...(value as MetaMap)].map(([key, inner]) => ({ type: "entry", key, value: treeOf(inner) })),
          }
        : { type: "list", items: (value as readonly MetaValue[]).map(treeOf) }
  }
}

/**
 * In a flow root the block is among the other entries: last, or first where comments follow. It is spelled as JSON, so
 * that JSON stays JSON. In any other text `sops:` has a line of its own, by which scripts recognize sealed YAML.
 */
function flowEdit(source: string, root: MapNode, tree: MetaMap, place: YamlMetaPlace | null): Edit {
  const { pairs, span } = root
  const text = source.slice(span.start, span.end)
  const inline = `"${KEY}": ${jsonOf(tree)}`
  if (pairs.length === 0) return insertion(span.start + 1, inline)
  const isFirst = place !== null ? place.position === 0 && !place.isLast : text.includes("#")
  if (isFirst) return insertion(pairStart(pairs[0]!), `${inline}, `)
  const eol = eolOf(source)
  const lines = isJsonText(text) ? ` ${inline}` : `${eol}${KEY}:${eol}  ${jsonOf(tree)}`
  return insertion(pairEnd(pairs.at(-1)!), `,${lines}`)
}

function isJsonText(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function jsonOf(value: MetaValue): string {
  if (value instanceof Map) {
    return `{${[...(value as MetaMap)].map(([key, inner]) => `${JSON.stringify(key)}: ${jsonOf(inner)}`).join(", ")}}`
  }
  return Array.isArray(value) ? `[${(value as readonly MetaValue[]).map(jsonOf).join(", ")}]` : JSON.stringify(value)
}

function insertion(at: number, text: string): Edit {
  return { start: at, end: at, text }
}
