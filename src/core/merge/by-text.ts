import { diffArrays } from "diff"
import { type Hunk, mergeSequences } from "./sequence.ts"
import { Names } from "./tree.ts"

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

/** What changed in one of two sequences: its elements, and which of them the other lacks. */
interface Changes {
  readonly elements: ArrayLike<number>
  /** One longer than the elements. */
  readonly isChanged: Uint8Array
}

/**
 * Moves groups of changed elements to where git has them. A group between equal elements can be in several places: it
 * joins its neighbours if it can, lines up with a change of the other side, and else is as late as possible. What
 * touches in git then touches here, and nothing else does.
 *
 * @see git xdiff/xdiffi.c, xdl_change_compact
 */
function compact(own: Changes, other: Changes): void {
  const group = new Group(own)
  const partner = new Group(other)
  do {
    if (group.size > 0) settle(group, partner)
  } while (group.next() && partner.next())
}

function settle(group: Group, partner: Group): void {
  let earliestEnd: number
  let matchingEnd: number
  let size: number
  do {
    size = group.size
    matchingEnd = -1
    while (group.slideUp()) partner.previous()
    earliestEnd = group.end
    if (partner.size > 0) matchingEnd = group.end
    while (group.slideDown()) {
      partner.next()
      if (partner.size > 0) matchingEnd = group.end
    }
  } while (size !== group.size)
  if (group.end === earliestEnd || matchingEnd === -1) return
  while (partner.size === 0 && group.slideUp()) partner.previous()
}

/** A run of changed elements between two that are not, perhaps an empty one. */
class Group {
  #start = 0
  end = 0
  readonly #elements: ArrayLike<number>
  readonly #isChanged: Uint8Array

  constructor({ elements, isChanged }: Changes) {
    this.#elements = elements
    this.#isChanged = isChanged
    this.#grow()
  }

  get size(): number {
    return this.end - this.#start
  }

  /** @returns false at the end */
  next(): boolean {
    if (this.end >= this.#elements.length) return false
    this.#start = this.end + 1
    this.end = this.#start
    this.#grow()
    return true
  }

  previous(): void {
    if (this.#start === 0) return
    this.end = this.#start - 1
    this.#start = this.end
    this.#growUp()
  }

  /** @returns false if the elements around it do not allow it */
  slideDown(): boolean {
    if (this.end >= this.#elements.length || this.#elements[this.#start] !== this.#elements[this.end]) return false
    this.#isChanged[this.#start++] = 0
    this.#isChanged[this.end++] = 1
    this.#grow()
    return true
  }

  slideUp(): boolean {
    if (this.#start === 0 || this.#elements[this.#start - 1] !== this.#elements[this.end - 1]) return false
    this.#isChanged[--this.#start] = 1
    this.#isChanged[--this.end] = 0
    this.#growUp()
    return true
  }

  #grow(): void {
    while (this.end < this.#elements.length && this.#isChanged[this.end] === 1) this.end++
  }

  #growUp(): void {
    while (this.#start > 0 && this.#isChanged[this.#start - 1] === 1) this.#start--
  }
}
