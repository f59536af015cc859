import { align } from "../align.ts"

/** Neighbouring elements that differ between two sequences: `[start, end)` of the old, `[from, to)` of the new. */
export interface Hunk {
  readonly start: number
  readonly end: number
  readonly from: number
  readonly to: number
}

/** A part of a merge: what both sides still have, what one side has there, or what they cannot agree on. */
interface Piece {
  readonly from: "both" | "ours" | "theirs" | "conflict"
  /** `[start, end)` of base, ours, and theirs. */
  readonly base: readonly [number, number]
  readonly ours: readonly [number, number]
  readonly theirs: readonly [number, number]
}

/** The hunks between two sequences of numbers, in nearly linear time. */
export function hunksOf(before: ArrayLike<number>, after: ArrayLike<number>): Hunk[] {
  const partners = align(before, after)
  const hunks: Hunk[] = []
  let old = 0
  for (let at = 0; at <= after.length; at++) {
    const from = at
    while (partners[at] === -1) at++
    const end = at < after.length ? partners[at]! : before.length
    if (end > old || at > from) hunks.push({ start: old, end, from, to: at })
    old = end + 1
  }
  return hunks
}

/**
 * Three-way merge of sequences, as git merges lines: changes that touch are one conflict, unless both sides say the same
 * there.
 *
 * @param equal - whether ours and theirs hold the same in these ranges
 * @see git xdiff/xmerge.c, xdl_do_merge
 */
export function mergeSequences(
  ours: readonly Hunk[],
  theirs: readonly Hunk[],
  lengths: { readonly base: number },
  equal: (ours: readonly [number, number], theirs: readonly [number, number]) => boolean,
): Piece[] {
  const pieces: Piece[] = []
  let at = { base: 0, ours: 0, theirs: 0 }
  const upTo = (base: number): void => {
    const length = base - at.base
    const next = { base, ours: at.ours + length, theirs: at.theirs + length }
    if (length > 0) pieces.push(piece("both", at, next))
    at = next
  }
  let i = 0
  let j = 0
  while (i < ours.length || j < theirs.length) {
    const start = Math.min(ours[i]?.start ?? Infinity, theirs[j]?.start ?? Infinity)
    upTo(start)
    let end = start
    const next = { ours: i, theirs: j }
    // Whatever begins where the last one ends is one change with it.
    for (let grew = true; grew;) {
      grew = false
      for (; i < ours.length && ours[i]!.start <= end; i++, grew = true) end = Math.max(end, ours[i]!.end)
      for (; j < theirs.length && theirs[j]!.start <= end; j++, grew = true) end = Math.max(end, theirs[j]!.end)
    }
    const stop = {
      base: end,
      ours: at.ours + end - at.base + growth(ours.slice(next.ours, i)),
      theirs: at.theirs + end - at.base + growth(theirs.slice(next.theirs, j)),
    }
    const isSame = equal([at.ours, stop.ours], [at.theirs, stop.theirs])
    const from = j === next.theirs || isSame ? "ours" : i === next.ours ? "theirs" : "conflict"
    pieces.push(piece(from, at, stop))
    at = stop
  }
  upTo(lengths.base)
  return pieces
}

type At = { readonly base: number; readonly ours: number; readonly theirs: number }

function piece(from: Piece["from"], start: At, end: At): Piece {
  return {
    from,
    base: [start.base, end.base],
    ours: [start.ours, end.ours],
    theirs: [start.theirs, end.theirs],
  }
}

function growth(hunks: readonly Hunk[]): number {
  return hunks.reduce((sum, { start, end, from, to }) => sum + (to - from) - (end - start), 0)
}

/**
 * The order of what a merge keeps: the order of the one side that changed it, else ours. What only the other side has
 * comes after the neighbour that it follows there.
 *
 * @param base, ours, theirs - names in their order; each at most once
 * @param kept - the names that the result has
 */
export function mergeOrder(
  base: readonly string[],
  ours: readonly string[],
  theirs: readonly string[],
  kept: ReadonlySet<string>,
): string[] {
  const inBase = new Set(base)
  const inOurs = new Set(ours)
  const inTheirs = new Set(theirs)
  const isCommon = (name: string): boolean => inBase.has(name) && inOurs.has(name) && inTheirs.has(name)
  const orders = [base, ours, theirs].map((order) => order.filter(isCommon).join("\0"))
  const isMovedByTheirs = orders[0] === orders[1] && orders[1] !== orders[2]
  const [first, second] = isMovedByTheirs ? [theirs, ours] : [ours, theirs]
  const inFirst = new Set(first)
  const followers = new Map<string | null, string[]>()
  let before: string | null = null
  for (const name of second) {
    if (!kept.has(name)) continue
    if (inFirst.has(name)) before = name
    else {
      const known = followers.get(before) ?? []
      known.push(name)
      followers.set(before, known)
    }
  }
  const keptFirst = first.filter((name) => kept.has(name))
  return [...(followers.get(null) ?? []), ...keptFirst.flatMap((name) => [name, ...(followers.get(name) ?? [])])]
}
