import { nested } from "../../../core/build-tree.ts"
import { type Scalar } from "../../../core/scalar.ts"
import { type Edit, decodeText } from "../../../core/text.ts"
import { type Tree } from "../../../core/tree.ts"
import { AppError } from "../../../errors/app-error.ts"
import { openBlock } from "../carry/carry-block.ts"
import {
  childIndent,
  columnInLine,
  eolOf,
  lineStart,
  nextLine,
  carrierFor,
  skipBlanks,
  startColumn,
} from "../carry/measure.ts"
import { doubleQuoted, fitsOneLine, singleQuoted } from "../carry/quote.ts"
import { isBreak } from "../scan/chars.ts"
import { flowPlace, spellScalar, spellText } from "../carry/spell.ts"
import { type BlockStyle, blockLines, entryLines, itemLines, spellKey, blockStyleOf } from "./block-tree.ts"
import { type Path, type Slot, follow } from "./edit-path.ts"
import { contentStart, documentEnd, lastNode, pairEnd, pairStart } from "./meta-block.ts"
import { type YamlScan } from "../resolve/model.ts"
import { type ListNode, type MapNode, type ScalarNode, type YamlNode } from "../scan/node.ts"

/**
 * Sets the value at a path of the first document, as upstream's `set`: a missing key or element is added after the
 * last one with all that is missing below it, and a scalar that is in the way is replaced.
 *
 * A value that was there keeps its quotes, block and anchor if they can hold the new one; a new entry is written as
 * its neighbours are. Comments and blank lines stay where they are.
 *
 * @see sops v3.13.2 sops.go, set
 */
export function set(scan: YamlScan, path: Path, value: Tree): Edit[] {
  const { slots, rest } = follow(scan, path)
  const slot = slots.at(-1)
  const [part, ...below] = rest
  if (part === undefined) {
    if (slot === undefined) throw new AppError("KEY_NOT_FOUND", { path })
    return replace(scan, slot, value)
  }
  const holder = slot === undefined ? (scan.docs[0]?.root ?? null) : slot.value
  if ((holder?.type === "map" && holder.pairs.length > 0) || (holder?.type === "list" && holder.items.length > 0))
    return insert(scan, holder, part, nested(below, value))
  const whole = nested(rest, value)
  return slot === undefined ? fillRoot(scan, holder, whole) : replace(scan, slot, whole)
}

function isCollection(tree: Tree): boolean {
  return (tree.type === "map" && tree.entries.length > 0) || (tree.type === "list" && tree.items.length > 0)
}

function fillRoot(scan: YamlScan, root: YamlNode | null, value: Tree): Edit[] {
  const { source, docs } = scan
  const document = docs[0]!
  const eol = eolOf(source)
  const lines = blockLines(value, 0, blockStyleOf(scan, null, root?.span.end ?? documentEnd(source, document)))
  if (root !== null && root.span.end > root.span.start)
    return [{ start: root.span.start, end: root.span.end, text: lines.join(eol) }]
  const end = documentEnd(source, document)
  return [newLines(source, Math.max(end, contentStart(source, document)), lines)]
}

/** Inserts whole lines at an offset that is the start of a line, or the end of the text. */
function newLines(source: string, at: number, lines: readonly string[]): Edit {
  const eol = eolOf(source)
  const text = lines.join(eol)
  const endsOpen = at === source.length && at > 0 && !isBreak(source.charCodeAt(at - 1))
  return { start: at, end: at, text: endsOpen ? eol + text : text + eol }
}

function replace(scan: YamlScan, slot: Slot, value: Tree): Edit[] {
  const { value: old, parent } = slot
  if (old.type === "scalar" && old.span.end > old.span.start && !isCollection(value))
    return [replaceScalar(scan, slot, old, value)]
  const start = valueStart(scan.source, slot)
  const end = Math.max(start, old.properties.end, old.span.end)
  const anchor = old.anchor === null || old.type === "alias" ? "" : ` &${old.anchor}`
  if (parent.flow) return [{ start, end, text: `${anchor} ${flowTree(value)}` }]
  return replaceBlock(scan, slot, { start, end, anchor }, value)
}

/** Right after the sign that the value belongs to. In a flow collection a value can do without. */
function valueStart(source: string, { pair, parent, index, value }: Slot): number {
  if (pair !== null) return pair.colon === -1 ? pair.key.span.end : pair.colon + 1
  if (parent.type === "list" && !parent.flow) return parent.dashes[index]! + 1
  let at = value.properties.start
  while (at > 0 && (source[at - 1] === " " || source[at - 1] === "\t")) at--
  return at
}

interface Region {
  readonly start: number
  readonly end: number
  readonly anchor: string
}

/** Replaces everything after a colon or dash. What else is on that line, a comment, stays there. */
function replaceBlock(scan: YamlScan, slot: Slot, { start, end, anchor }: Region, value: Tree): Edit[] {
  const { source } = scan
  const eol = eolOf(source)
  const base = startColumn(source, slot.parent)
  const isList = slot.parent.type === "list"
  const afterKey = nextLine(source, start)
  // The old value has lines of its own: they go, and what follows the key stays.
  const below: Edit[] =
    end > afterKey && skipsToComment(source, start) ? [{ start: afterKey, end: nextLine(source, end), text: "" }] : []
  const after = below.length === 0 ? end : start
  const rest = skipBlanks(source, after)
  const endsLine = rest === source.length || isBreak(source.charCodeAt(rest))
  // Spaces at the end of the line would become text of a block.
  const first = { start, end: endsLine ? rest : after }
  const style = blockStyleOf(scan, slot.parent, end, !endsLine)
  if (!isCollection(value)) {
    const lines = isList ? itemLines(value, base, style) : entryLines("", value, base, style)
    return [{ ...first, text: anchor + afterSign(lines, isList).join(eol) }, ...below]
  }
  if (isList && (below.length > 0 || !endsLine || anchor !== ""))
    return [{ ...first, text: `${anchor} ${flowTree(value)}` }, ...below]
  if (isList) return [{ ...first, text: afterSign(itemLines(value, base, style), true).join(eol) }]
  const inner = value.type === "list" ? base + style.dashes : childIndent(base, "map", style.step)
  const lines = blockLines(value, inner, style)
  const text = [" ".repeat(inner) + lines[0]!, ...lines.slice(1)]
  if (endsLine) return [{ ...first, text: anchor + eol + text.join(eol) }, ...below]
  const at = below.length === 0 ? nextLine(source, end) : afterKey
  return [{ ...first, text: anchor }, newLines(source, at, text), ...below]
}

/** `key:` and then nothing, or a comment, up to the end of the line. */
function skipsToComment(source: string, start: number): boolean {
  const at = skipBlanks(source, start)
  return source[at] === "#" || isBreak(source.charCodeAt(at))
}

/** Lines of an entry without its key or dash, so that they fit after the one that is there. */
function afterSign(lines: readonly string[], isList: boolean): string[] {
  const [first = "", ...rest] = lines
  return [first.slice(isList ? 1 : first.indexOf(":") + 1), ...rest]
}

const scalarKinds: ReadonlySet<string> = new Set([
  "!!int",
  "!!float",
  "!!bool",
  "!!null",
  "!!timestamp",
  "!!binary",
  "!!str",
])

/** Replaces a scalar by another: in its quotes or its block, if they can hold it. A core tag goes. */
function replaceScalar(scan: YamlScan, slot: Slot, old: ScalarNode, value: Tree): Edit {
  const { source } = scan
  const entry = { value: old, pair: slot.pair, parent: slot.parent }
  // A custom tag makes a string of everything.
  const isString = value.type === "scalar" && value.scalar.kind === "str"
  const dropsTag = old.tagSpan !== null && (scalarKinds.has(old.shortTag) || !isString)
  const start = dropsTag ? old.properties.start : old.span.start
  const anchor = dropsTag && old.anchor !== null ? `&${old.anchor} ` : ""
  const span = { start, end: old.span.end }
  if (value.type !== "scalar")
    return { ...span, text: anchor + (value.type === "null" ? "null" : value.type === "map" ? "{}" : "[]") }
  const kept = keepCarrier(scan, old, entry, value.scalar)
  if (kept !== null) return { ...span, text: anchor + kept }
  const text = value.scalar.kind === "str" ? (decodeText(value.scalar.bytes) ?? "\n") : "\n"
  const place = carrierFor(scan, entry, old.span.end, text)
  const comment = hasText(old) ? headerComment(source, old) : ""
  return { ...span, text: anchor + spellScalar(value.scalar, place) + comment }
}

/** The new text in the old one's quotes or block; `null` if they cannot hold it, or there are none. */
function keepCarrier(
  scan: YamlScan,
  old: ScalarNode,
  entry: Parameters<typeof openBlock>[2],
  scalar: Scalar,
): string | null {
  const text = scalar.kind === "str" ? decodeText(scalar.bytes) : null
  if (text === null || old.style === "plain") return null
  if (old.style === "double") return doubleQuoted(text, { keepsReadable: true })
  if (old.style === "single") return fitsOneLine(text) ? singleQuoted(text) : null
  if (!text.includes("\n") || !hasText(old)) return null
  return withHeaderComment(openBlock(scan, old, entry, old.span, text), headerComment(scan.source, old))
}

/** A text with another end gets another header; the comment after the old one stays. */
function withHeaderComment(spelled: string, comment: string): string {
  const isBlock = spelled.startsWith("|") || spelled.startsWith(">")
  const end = isBlock ? spelled.search(/\r?\n/) : spelled.length
  const header = spelled.slice(0, end)
  return header.endsWith(comment) ? spelled : header + comment + spelled.slice(end)
}

/** In an empty block only the indicators are part of the value; what follows on their line is not. */
function hasText({ block }: ScalarNode): boolean {
  return block !== null && block.body.end > block.body.start
}

/** A block's header may hold a comment, which stays when the block goes. */
function headerComment(source: string, { block }: ScalarNode): string {
  const from = block!.header.end
  const at = skipBlanks(source, from)
  if (source[at] !== "#") return ""
  let end = at
  while (end < source.length && !isBreak(source.charCodeAt(end))) end++
  return source.slice(from, end)
}

function insert(scan: YamlScan, holder: MapNode | ListNode, part: string | number, value: Tree): Edit[] {
  const { source } = scan
  const style = blockStyleOf(scan, holder, lastEnd(holder))
  if (holder.flow) return insertFlow(scan, holder, part, value, style)
  const column = startColumn(source, holder)
  const lines = typeof part === "string" ? entryLines(part, value, column, style) : itemLines(value, column, style)
  const text = [" ".repeat(column) + lines[0]!, ...lines.slice(1)]
  const last = lastNode(holder)
  const added = newLines(source, nextLine(source, lastEnd(holder)), text)
  if (last.type !== "scalar" || last.block === null || last.span.end < source.length) return [added]
  // A block without a final line end would gain one from a line after it, unless its header prevents that.
  const { start, end } = last.block.header
  return [{ start, end, text: `${source.slice(start, end).replace("+", "").replace("-", "")}-` }, added]
}

function lastEnd(holder: MapNode | ListNode): number {
  if (holder.type === "map") return pairEnd(holder.pairs.at(-1)!)
  const last = holder.items.at(-1)!
  return Math.max((holder.dashes.at(-1) ?? -1) + 1, last.properties.end, last.span.end)
}

/** After the last entry: on a line of its own if that entry has one. */
function insertFlow(
  scan: YamlScan,
  holder: MapNode | ListNode,
  part: string | number,
  value: Tree,
  style: BlockStyle,
): Edit[] {
  const { source } = scan
  const text = (typeof part === "string" ? `${flowKeyOf(part, style)}: ` : "") + flowValue(value, style)
  const end = lastEnd(holder)
  if (holder.type === "map" && holder.bare) {
    return [
      { start: holder.span.start, end: holder.span.start, text: "{" },
      { start: end, end, text: `, ${text}}` },
    ]
  }
  const start = holder.type === "map" ? pairStart(holder.pairs.at(-1)!) : holder.items.at(-1)!.properties.start
  const line = lineStart(source, start)
  const hasOwnLine = skipBlanks(source, line) === start && nextLine(source, end) < holder.span.end
  if (!hasOwnLine) return [{ start: end, end, text: `, ${text}` }]
  const comma = skipBlanks(source, end)
  const hasComma = source[comma] === ","
  const margin = " ".repeat(columnInLine(source, start))
  const added = newLines(source, nextLine(source, end), [margin + text + (hasComma ? "," : "")])
  return hasComma ? [added] : [{ start: end, end, text: "," }, added]
}

function flowKeyOf(key: string, { keys }: BlockStyle): string {
  const plain = spellText(key, { context: "flow", indent: 0, hint: 0, eol: "\n" })
  return keys === "plain" && key !== "<<" ? plain : spellKey(key, keys)
}

function flowValue(value: Tree, { values }: BlockStyle): string {
  const text = value.type === "scalar" && value.scalar.kind === "str" ? decodeText(value.scalar.bytes) : null
  if (text !== null && values === "double") return doubleQuoted(text, { keepsReadable: true })
  if (text !== null && values === "single" && fitsOneLine(text)) return singleQuoted(text)
  return flowTree(value)
}

/** A tree on one line, in flow style. Comments have no place there and are left out. */
function flowTree(tree: Tree): string {
  switch (tree.type) {
    case "null":
      return "null"
    case "scalar":
      return spellScalar(tree.scalar, flowPlace)
    case "map": {
      const entries = tree.entries.filter((entry) => entry.type === "entry")
      return `{${entries.map(({ key, value }) => `${flowKey(key)}: ${flowTree(value)}`).join(", ")}}`
    }
    case "list":
      return `[${tree.items
        .filter((item) => item.type !== "comment")
        .map(flowTree)
        .join(", ")}]`
  }
}

/** In quotes the merge key loses its meaning, as it must. */
function flowKey(key: string): string {
  return key === "<<" ? '"<<"' : spellText(key, flowPlace)
}
