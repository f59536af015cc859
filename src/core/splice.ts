import { type Edit } from "./text.ts"

/**
 * Applies all edits in one pass. Edits may come in any order; insertions at one place keep the
 * order in which they were given, and come before a replacement that starts there.
 *
 * @throws {RangeError} when edits overlap or are outside the text: a bug of the caller
 */
export function splice(source: string, edits: readonly Edit[]): string {
  if (edits.length === 0) return source
  let result = ""
  let at = 0
  for (const { start, end, text } of inOrder(edits)) {
    if (start < at || end < start || end > source.length) throw new RangeError("edits overlap or leave the text")
    result += source.slice(at, start)
    result += text
    at = end
  }
  return result + source.slice(at)
}

/** Sorted by place; mostly they are sorted already. */
export function inOrder(edits: readonly Edit[]): readonly Edit[] {
  return isSorted(edits) ? edits : edits.toSorted((a, b) => a.start - b.start || a.end - b.end)
}

function isSorted(edits: readonly Edit[]): boolean {
  for (let i = 1; i < edits.length; i++) {
    const a = edits[i - 1]!
    const b = edits[i]!
    if (a.start > b.start || (a.start === b.start && a.end > b.end)) return false
  }
  return true
}
