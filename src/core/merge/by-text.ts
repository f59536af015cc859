import { diffArrays } from "diff"
import { Names } from "./names.ts"
import { type Hunk, mergeSequences } from "./sequence.ts"

/** A count and never a time: `repair` has to come to the same result. */
const editsMax = 2000

/**
 * Merges three texts by line, as `git merge-file` does.
 *
 * @returns `null` when they conflict, or when one side changed more than can be looked at
 */
export function mergeLines(base: string, ours: string, theirs: string): string | null {
  const names = new Names()
  const [b, o, t] = [base, ours, theirs].map(linesOf) as [string[], string[], string[]]
  const [numbersB, numbersO, numbersT] = [b, o, t].map((lines) => lines.map((line) => names.of(line))) as [
    number[],
    number[],
    number[],
  ]
  const changedByOurs = lineHunks(numbersB, numbersO)
  const changedByTheirs = lineHunks(numbersB, numbersT)
  if (changedByOurs === null || changedByTheirs === null) return null
  const pieces = mergeSequences(changedByOurs, changedByTheirs, { base: b.length }, ([from, to], [start, end]) => {
    if (to - from !== end - start) return false
    for (let at = 0; at < to - from; at++) if (numbersO[from + at] !== numbersT[start + at]) return false
    return true
  })
  const parts: string[] = []
  for (const piece of pieces) {
    if (piece.from === "conflict") return null
    const [lines, [start, end]] = piece.from === "theirs" ? [t, piece.theirs] : [o, piece.ours]
    for (let at = start; at < end; at++) parts.push(lines[at]!)
  }
  return parts.join("")
}

/** With their line ends. */
function linesOf(text: string): string[] {
  const lines: string[] = []
  for (let at = 0; at < text.length;) {
    const end = text.indexOf("\n", at)
    const next = end === -1 ? text.length : end + 1
    lines.push(text.slice(at, next))
    at = next
  }
  return lines
}

/** @returns `null` for too many edits */
function lineHunks(before: number[], after: number[]): Hunk[] | null {
  const changes = diffArrays(before, after, { maxEditLength: editsMax })
  if (changes === undefined) return null
  const hunks: Hunk[] = []
  let at = 0
  let from = 0
  let open: { start: number; end: number; from: number; to: number } | null = null
  for (const { added, removed, count } of changes) {
    if (!added && !removed) {
      if (open !== null) hunks.push(open)
      open = null
      at += count
      from += count
      continue
    }
    open ??= { start: at, end: at, from, to: from }
    if (removed) open.end = at += count
    else open.to = from += count
  }
  if (open !== null) hunks.push(open)
  return hunks
}
