import { type Edit } from "./text.ts"

/**
 * Applies all edits in one pass. Edits may come in any order; insertions at one place keep the
 * order in which they were given, and come before a replacement that starts there.
 *
 * @throws {RangeError} when edits overlap or are outside the text: a bug of the caller
 */
export function splice(source: string, edits: readonly Edit[]): string {
  if (edits.length === 0) return source
  const sorted = inOrder(edits)
  let result = ""
  let at = 0
  for (let index = 0; index < sorted.length; index++) {
    const { start, end, text } = sorted[index]!
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

/** Edits of one text with others of it; at one place the first come first. */
export function merged(edits: readonly Edit[], others: readonly Edit[]): Edit[] {
  const first = inOrder(edits)
  const all: Edit[] = []
  let at = 0
  for (const other of inOrder(others)) {
    while (at < first.length && first[at]!.start <= other.start) all.push(first[at++]!)
    all.push(other)
  }
  for (; at < first.length; at++) all.push(first[at]!)
  return all
}

function isSorted(edits: readonly Edit[]): boolean {
  for (let i = 1; i < edits.length; i++) {
    const a = edits[i - 1]!
    const b = edits[i]!
    if (a.start > b.start || (a.start === b.start && a.end > b.end)) return false
  }
  return true
}
