import { diffArrays } from "diff"
import { type Changes, compact } from "./compact.ts"
import { Names } from "./names.ts"
import { type Hunk, mergeSequences } from "./sequence.ts"

/** A count and never a time: `repair` has to come to the same result. */
const editsMax = 2000

/**
 * Merges three texts by line, as `git merge-file` does.
 *
 * @returns `null` when they conflict, or when one side changed too much
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
  const removed: Changes = { elements: before, isChanged: new Uint8Array(before.length + 1) }
  const added: Changes = { elements: after, isChanged: new Uint8Array(after.length + 1) }
  let at = 0
  let from = 0
  for (const change of changes) {
    if (change.removed) removed.isChanged.fill(1, at, (at += change.count))
    else if (change.added) added.isChanged.fill(1, from, (from += change.count))
    else {
      at += change.count
      from += change.count
    }
  }
  compact(removed, added)
  compact(added, removed)
  return hunksIn(removed.isChanged, added.isChanged)
}

function hunksIn(removed: Uint8Array, added: Uint8Array): Hunk[] {
  const hunks: Hunk[] = []
  const [old, now] = [removed.length - 1, added.length - 1]
  for (let at = 0, from = 0; at < old || from < now; at++, from++) {
    const [start, begin] = [at, from]
    while (at < old && removed[at] === 1) at++
    while (from < now && added[from] === 1) from++
    if (at > start || from > begin) hunks.push({ start, end: at, from: begin, to: from })
  }
  return hunks
}
