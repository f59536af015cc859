import { type MetaMap, type MetaValue } from "../../../core/format.ts"
import { type Carrier, keyPlace, spellText } from "../carry/spell.ts"
import { indentStep } from "../emit/emit-writer.ts"

/** What holds other signs, or more of them, the printer knows how to write. */
const usualKey = /^[A-Za-z_][\w-]{0,99}$/
const usualText = /^[\n -~]*$/

/**
 * The lines of a mapping in block style, as `emitYaml` prints them, without the tree and the printer's state that
 * comments need.
 *
 * @param outer - column of the key that the mapping belongs to
 * @returns `null` for what metadata hardly ever holds: empty collections, lists in lists, fractions, other letters
 */
export function metadataLines(entries: MetaMap, outer: number, indent: number): string[] | null {
  const lines: string[] = []
  return addMap(lines, entries, nextColumn(outer, indentStep(indent)), indentStep(indent)) ? lines : null
}

/** The next multiple of the step, as in the printer. */
function nextColumn(column: number, step: number): number {
  return step * Math.floor((column + step) / step)
}

function addMap(lines: string[], map: MetaMap, column: number, step: number): boolean {
  const margin = " ".repeat(column)
  for (const [key, value] of map) {
    if (!usualKey.test(key)) return false
    if (!addEntry(lines, `${margin}${spellText(key, keyPlace)}:`, value, column, step)) return false
  }
  return map.size > 0
}

function addEntry(lines: string[], head: string, value: MetaValue, column: number, step: number): boolean {
  if (typeof value === "string") {
    if (!usualText.test(value)) return false
    lines.push(...`${head} ${spellText(value, placeOf(value, column, step))}`.split("\n"))
    return true
  }
  if (typeof value === "boolean" || (typeof value === "number" && Number.isInteger(value))) {
    lines.push(`${head} ${value}`)
    return true
  }
  if (value instanceof Map) {
    lines.push(head)
    return addMap(lines, value as MetaMap, nextColumn(column, step), step)
  }
  if (!Array.isArray(value)) return false
  lines.push(head)
  return addList(lines, value as readonly MetaValue[], nextColumn(column, step), step)
}

/** What a block is indented by below its key, and its hint; nothing in a text of line ends alone is indented. */
function placeOf(text: string, column: number, step: number): Carrier {
  const indent = nextColumn(column, step)
  const hint = /[^\n]/.test(text) ? indent - column : step
  return { context: "block", indent, hint, eol: "\n" }
}

/** Mappings behind dashes: their first key is on the line of the dash. */
function addList(lines: string[], items: readonly MetaValue[], column: number, step: number): boolean {
  for (const item of items) {
    const at = lines.length
    if (!(item instanceof Map) || !addMap(lines, item as MetaMap, column + 2, step)) return false
    lines[at] = `${" ".repeat(column)}- ${lines[at]!.slice(column + 2)}`
  }
  return items.length > 0
}
