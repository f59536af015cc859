/** How often ranges between anchors are searched again; it bounds the work on a hostile text. */
const depthMax = 8

/**
 * Pairs what two sequences have in common, in order: for each element of `after` the index of its partner in `before`,
 * or -1. Around a change it pairs everything as a person would, even where equal elements repeat.
 *
 * Common ends are paired first, then elements that appear once on each side, then the same between those. What is left
 * stays without a partner. Takes O(n log n).
 */
export function align(before: ArrayLike<number>, after: ArrayLike<number>): Int32Array {
  const partners = new Int32Array(after.length).fill(-1)
  const waiting: Range[] = [{ from: 0, to: before.length, start: 0, end: after.length, depth: 0 }]
  for (let range = waiting.pop(); range !== undefined; range = waiting.pop()) {
    const { depth } = range
    let { from, to, start, end } = range
    while (from < to && start < end && before[from] === after[start]) partners[start++] = from++
    while (from < to && start < end && before[to - 1] === after[end - 1]) partners[--end] = --to
    if (from === to || start === end || depth === depthMax) continue
    const anchors = ascending(standOnce(before, after, { from, to, start, end, depth }))
    if (anchors.length === 0) continue
    for (const [old, nth] of anchors) {
      partners[nth] = old
      waiting.push({ from, to: old, start, end: nth, depth: depth + 1 })
      from = old + 1
      start = nth + 1
    }
    waiting.push({ from, to, start, end, depth: depth + 1 })
  }
  return partners
}

/** `[from, to)` of the old sequence against `[start, end)` of the new one. */
interface Range {
  readonly from: number
  readonly to: number
  readonly start: number
  readonly end: number
  readonly depth: number
}

export type Pair = readonly [old: number, nth: number]

/** Elements that occur once in each of the two ranges, in the order of the new one. */
function standOnce(before: ArrayLike<number>, after: ArrayLike<number>, { from, to, start, end }: Range): Pair[] {
  const olds = onlyPlaces(before, from, to)
  const pairs: Pair[] = []
  for (const [element, nth] of onlyPlaces(after, start, end)) {
    const old = olds.get(element) ?? -1
    if (old !== -1 && nth !== -1) pairs.push([old, nth])
  }
  return pairs.sort((a, b) => a[1] - b[1])
}

/** Where each element is; -1 when that is more than one place. */
function onlyPlaces(elements: ArrayLike<number>, from: number, to: number): Map<number, number> {
  const places = new Map<number, number>()
  for (let at = from; at < to; at++) places.set(elements[at]!, places.has(elements[at]!) ? -1 : at)
  return places
}

/** The longest part of the pairs whose old places ascend too (patience sorting). */
export function ascending(pairs: readonly Pair[]): Pair[] {
  const tops: number[] = []
  const below = new Int32Array(pairs.length)
  for (const [index, [old]] of pairs.entries()) {
    let low = 0
    let high = tops.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (pairs[tops[middle]!]![0] < old) low = middle + 1
      else high = middle
    }
    below[index] = low === 0 ? -1 : tops[low - 1]!
    tops[low] = index
  }
  const chosen: Pair[] = []
  for (let at = tops.at(-1) ?? -1; at !== -1; at = below[at]!) chosen.push(pairs[at]!)
  return chosen.reverse()
}
