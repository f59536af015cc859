/** Where git stopped a merge, and what it calls the two sides: names of branches and commits, or nothing. */
export interface MarkedConflict {
  /** 1-based, of the first marker. */
  readonly line: number
  readonly ours: string
  readonly theirs: string
  /** How many places are in conflict. */
  readonly count: number
  /** All three markers of one place are there, not only one that somebody forgot to remove. */
  readonly isWhole: boolean
}

const opening = "<<<<<<<"
const closing = ">>>>>>>"

/** A cheap test for every text that is read: most have no such line, and need no closer look. */
export function mayHoldConflict(text: string): boolean {
  return text.includes(opening) || text.includes(closing)
}

/**
 * The markers that git writes at the start of a line where two sides changed the same lines.
 *
 * @returns `null` for a text without one
 */
export function conflictIn(text: string): MarkedConflict | null {
  if (!mayHoldConflict(text)) return null
  let [line, first, count] = [0, 0, 0]
  let [ours, theirs]: (string | null)[] = [null, null]
  let [isOpen, isHalf, isWhole] = [false, false, false]
  for (let at = 0; at <= text.length;) {
    const newline = text.indexOf("\n", at)
    const end = newline === -1 ? text.length : newline
    line++
    const row = text.slice(at, Math.min(end, at + rowChars)).replace(/\r$/, "")
    at = end + 1
    const name = nameBehind(row, opening)
    const other = nameBehind(row, closing)
    if (name === null && other === null) {
      if (isOpen && row === "=======") isHalf = true
      continue
    }
    if (first === 0) first = line
    if (name !== null) {
      ours ??= name
      isOpen = true
      isHalf = false
      count++
      continue
    }
    theirs ??= other
    if (!isOpen) count++
    if (isOpen && isHalf) isWhole = true
    isOpen = false
  }
  return count === 0 ? null : { line: first, ours: ours ?? "", theirs: theirs ?? "", count, isWhole }
}

/** Longer than any marker line that somebody wants to read. */
const rowChars = 200

/** What git calls a side: a name of a branch or commit, or one of two words of its own. */
const gitName = /^(?:Updated upstream|Stashed changes|\w[\w./@{}^~+-]{0,99})(?= |$)/

/** @returns `""` for a marker without a name, or with text that may be a value: errors show the name */
function nameBehind(row: string, marker: string): string | null {
  if (!row.startsWith(marker)) return null
  if (row.length === marker.length) return ""
  return row[marker.length] === " " ? (gitName.exec(row.slice(marker.length + 1).trim())?.[0] ?? "") : null
}
