import { type Edit } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { type Path, type Slot, follow } from "./edit-path.ts"
import { columnAt, lineStart, nextLine, skipBlanks } from "./measure.ts"
import { pairEnd, pairStart } from "./meta-block.ts"
import { type YamlScan } from "./model.ts"
import { type ListNode, type MapNode } from "./node.ts"
import { isBreak } from "./quote.ts"

/**
 * Removes an entry with the comments that stand directly above it and behind it. The last one leaves `{}` or `[]`, so
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
  return [removeLines(scan.source, slot)]
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

/** The lines of a block entry. One that shares its line with a dash before it leaves that line to its successor. */
function removeLines(source: string, slot: Slot): Edit {
  const start = slotStart(slot)
  const line = lineStart(source, start)
  const end = nextLine(source, slotEnd(slot))
  if (skipBlanks(source, line) === start)
    return { ...withoutOpenEnd(source, commentsAbove(source, line, start), end), text: "" }
  let next = end
  while (next < source.length && (isBreak(source.charCodeAt(next)) || source[next] === " ")) next++
  return { start, end: next, text: "" }
}

/** The last lines of a text without final line end take the line end before them along. */
function withoutOpenEnd(source: string, start: number, end: number): { start: number; end: number } {
  if (end < source.length || isBreak(source.charCodeAt(end - 1)) || start === 0) return { start, end }
  return { start: source.startsWith("\r\n", start - 2) ? start - 2 : start - 1, end }
}

/** The start of the first comment line that stands directly above an entry, in its column. */
function commentsAbove(source: string, line: number, start: number): number {
  const column = columnAt(source, start)
  let first = line
  while (first > 0) {
    const above = lineStart(source, first - (source.startsWith("\r\n", first - 2) ? 2 : 1))
    const at = skipBlanks(source, above)
    if (source[at] !== "#" || at - above !== column || above === first) return first
    first = above
  }
  return first
}

/** The last entry of a block: its lines go, and an empty collection stands behind the parent's key or dash. */
function leaveEmpty(scan: YamlScan, slot: Slot, outer: Slot | undefined): Edit[] {
  const { source } = scan
  const empty = slot.parent.type === "map" ? "{}" : "[]"
  const start = slotStart(slot)
  const end = slotEnd(slot)
  const line = lineStart(source, start)
  const isAlone = skipBlanks(source, line) === start
  if (outer === undefined || !isAlone) return [{ start, end, text: empty }]
  const sign =
    outer.pair === null
      ? slotStart(outer) + 1
      : outer.pair.colon === -1
        ? outer.pair.key.span.end
        : outer.pair.colon + 1
  const at = Math.max(
    sign,
    slot.parent.properties.end > slot.parent.properties.start ? propertiesEnd(source, slot.parent) : sign,
  )
  if (lineStart(source, line - 1) > at) return [{ start, end, text: empty }]
  return [
    { start: at, end: at, text: ` ${empty}` },
    {
      ...withoutOpenEnd(
        source,
        commentsAbove(source, line, start),
        end === source.length ? end : nextLine(source, end),
      ),
      text: "",
    },
  ]
}

/** Behind the tag and the anchor, without the blanks and line ends that follow them. */
function propertiesEnd(source: string, { properties }: MapNode | ListNode): number {
  let end = properties.end
  while (end > properties.start && (source[end - 1] === " " || isBreak(source.charCodeAt(end - 1)))) end--
  return end
}

/** A flow entry with one comma; one on lines of its own with these lines. */
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
    (next === undefined ? lineEnd <= parent.span.end : lineStart(source, next) >= lineEnd)
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

/** The only entry takes a comma behind it along; a bare pair in a list leaves its braces. */
function onlyFlow(source: string, { parent }: Slot, start: number, end: number): Edit[] {
  if (parent.type === "map" && parent.bare) return [{ start, end, text: "{}" }]
  const comma = skipBlanks(source, end)
  return [{ start, end: source[comma] === "," ? comma + 1 : end, text: "" }]
}
