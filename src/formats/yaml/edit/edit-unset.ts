import { type Edit } from "../../../core/text.ts"
import { AppError } from "../../../errors/app-error.ts"
import { type Path, type Slot, follow } from "./edit-path.ts"
import { columnInLine, lineStart, nextLine, skipBlanks } from "../carry/measure.ts"
import { lastNode, pairEnd, pairStart } from "./meta-block.ts"
import { type YamlScan } from "../resolve/model.ts"
import { type BlockLayout, type ListNode, type MapNode } from "../scan/node.ts"
import { isBreak } from "../scan/chars.ts"

/**
 * Removes an entry with the comments directly above it and after it. The last one leaves `{}` or `[]`, so
 * that the parent keeps its kind.
 *
 * @throws {AppError} `KEY_NOT_FOUND`
 */
export function unset(scan: YamlScan, path: Path): Edit[] {
  const { slots, rest } = follow(scan, path)
  const slot = slots.at(-1)
  if (rest.length > 0 || slot === undefined) throw new AppError("KEY_NOT_FOUND", { path })
  if (slot.parent.flow) return unsetFlow(scan.source, slot)
  if (count(slot.parent) === 1) return leaveEmpty(scan, slot, slots.at(-2))
  return [removeLines(scan.source, slot), ...commentsBelow(scan.source, slot)]
}

function count(parent: MapNode | ListNode): number {
  return parent.type === "map" ? parent.pairs.length : parent.items.length
}

function slotStart({ pair, parent, index, value }: Slot): number {
  if (pair !== null) return pairStart(pair)
  return parent.type === "list" && !parent.flow ? parent.dashes[index]! : value.properties.start
}

function slotEnd(slot: Slot): number {
  const { pair, value } = slot
  if (pair !== null) return pairEnd(pair)
  const sign = slot.parent.flow ? 0 : slotStart(slot) + 1
  return Math.max(sign, value.properties.end, value.span.end)
}

/** Removes the lines of a block entry. If a dash comes before it on its line, that line stays for its successor. */
function removeLines(source: string, slot: Slot): Edit {
  const start = slotStart(slot)
  const line = lineStart(source, start)
  const end = nextLine(source, slotEnd(slot))
  if (skipBlanks(source, line) === start) {
    const first = commentsAbove(source, line, start)
    // A block above needs its line end.
    return { ...(blockBefore(slot) === null ? withoutOpenEnd(source, first, end) : { start: first, end }), text: "" }
  }
  let next = end
  while (next < source.length && (isBreak(source.charCodeAt(next)) || source[next] === " ")) next++
  return { start, end: next, text: "" }
}

/**
 * Comments below the removed lines that are indented as deep as a block above them would become its text: they move to
 * the column of what was removed. Empty lines that the block would gain, since it has `+` or they hold more spaces than
 * its indentation, go with them.
 */
function commentsBelow(source: string, slot: Slot): Edit[] {
  const block = blockBefore(slot)
  if (block === null) return []
  const edits: Edit[] = []
  const column = columnInLine(source, slotStart(slot))
  for (let at = nextLine(source, slotEnd(slot)); at < source.length; at = nextLine(source, at)) {
    const first = skipBlanks(source, at)
    if (first === source.length || isBreak(source.charCodeAt(first))) {
      const isText = block.chomp === "keep" || first - at > block.indent
      if (isText) edits.push({ start: at, end: nextLine(source, at), text: "" })
      continue
    }
    if (source[first] !== "#") break
    if (first - at >= block.indent) edits.push({ start: at, end: first, text: " ".repeat(column) })
  }
  return edits
}

/** The block scalar that ends right above an entry. */
function blockBefore({ parent, index }: Slot): BlockLayout | null {
  const before = parent.type === "map" ? parent.pairs[index - 1]?.value : parent.items[index - 1]
  const last = before === undefined ? null : lastNode(before)
  return last?.type === "scalar" ? last.block : null
}

/** The last lines of a text without final line end include the line end before them. */
function withoutOpenEnd(source: string, start: number, end: number): { start: number; end: number } {
  if (end < source.length || isBreak(source.charCodeAt(end - 1)) || start === 0) return { start, end }
  return { start: source.startsWith("\r\n", start - 2) ? start - 2 : start - 1, end }
}

/** The start of the first comment line directly above an entry, in its column. */
function commentsAbove(source: string, line: number, start: number): number {
  const column = columnInLine(source, start)
  let first = line
  while (first > 0) {
    const above = lineStart(source, first - (source.startsWith("\r\n", first - 2) ? 2 : 1))
    const at = skipBlanks(source, above)
    if (source[at] !== "#" || at - above !== column || above === first) return first
    first = above
  }
  return first
}

/** The last entry of a block: its lines go, and an empty collection follows the parent's key or dash. */
function leaveEmpty({ source }: YamlScan, slot: Slot, outer: Slot | undefined): Edit[] {
  const empty = slot.parent.type === "map" ? "{}" : "[]"
  const start = slotStart(slot)
  const end = slotEnd(slot)
  const line = lineStart(source, start)
  if (outer === undefined || skipBlanks(source, line) !== start) return [{ start, end, text: empty }]
  const at = Math.max(signEnd(outer), propertiesEnd(source, slot.parent))
  const lines = withoutOpenEnd(source, commentsAbove(source, line, start), nextLine(source, end))
  return [
    { start: at, end: at, text: ` ${empty}` },
    { ...lines, text: "" },
  ]
}

/** After the colon of an entry, or the dash of an element. */
function signEnd(slot: Slot): number {
  const { pair } = slot
  if (pair === null) return slotStart(slot) + 1
  return pair.colon === -1 ? pair.key.span.end : pair.colon + 1
}

/** The end of tag and anchor, without the spaces, line ends and comments that follow them; 0 without either. */
function propertiesEnd(source: string, { properties }: MapNode | ListNode): number {
  let end = 0
  for (let at = properties.start; at < properties.end;) {
    const isSpace = source[at] === " " || source[at] === "\t" || isBreak(source.charCodeAt(at))
    if (source[at] === "#") at = nextLine(source, at)
    else if (isSpace) at++
    else end = at = wordEnd(source, at)
  }
  return end
}

function wordEnd(source: string, start: number): number {
  let at = start
  while (at < source.length && source[at] !== " " && source[at] !== "\t" && !isBreak(source.charCodeAt(at))) at++
  return at
}

/** Removes a flow entry with one comma; an entry on lines of its own with those lines. */
function unsetFlow(source: string, slot: Slot): Edit[] {
  const { parent } = slot
  const start = slotStart(slot)
  const end = slotEnd(slot)
  const starts =
    parent.type === "map" ? parent.pairs.map(pairStart) : parent.items.map(({ properties }) => properties.start)
  const next = starts[slot.index + 1]
  if (starts.length === 1) return onlyFlow(source, slot, start, end)
  const line = lineStart(source, start)
  const comma = skipBlanks(source, end)
  const lineEnd = nextLine(source, source[comma] === "," ? comma : end)
  const hasOwnLines =
    skipBlanks(source, line) === start &&
    (next === undefined ? lineEnd < parent.span.end : lineStart(source, next) >= lineEnd)
  const removed = hasOwnLines
    ? { start: commentsAbove(source, line, start), end: lineEnd, text: "" }
    : next !== undefined
      ? { start, end: next, text: "" }
      : null
  if (next !== undefined && removed !== null) return [removed]
  const before = previousEnd(slot)
  if (removed === null) return [{ start: before, end, text: "" }]
  const isTrailing = source[comma] === ","
  const oldComma = source.indexOf(",", before)
  return isTrailing || oldComma >= removed.start
    ? [removed]
    : [{ start: oldComma, end: oldComma + 1, text: "" }, removed]
}

function previousEnd({ parent, index }: Slot): number {
  if (parent.type === "map") return pairEnd(parent.pairs[index - 1]!)
  const { properties, span } = parent.items[index - 1]!
  return Math.max(properties.end, span.end)
}

/** The only entry goes with the comma after it; a bare pair in a list leaves its braces. */
function onlyFlow(source: string, { parent }: Slot, start: number, end: number): Edit[] {
  if (parent.type === "map" && parent.bare) return [{ start, end, text: "{}" }]
  const comma = skipBlanks(source, end)
  return [{ start, end: source[comma] === "," ? comma + 1 : end, text: "" }]
}
