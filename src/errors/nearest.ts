/**
 * The known word that a misspelt one was probably meant to be, for hints.
 *
 * @returns `undefined` when nothing is close: at most one slip in three characters, and never more than three
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const slipsMax = Math.min(3, Math.max(1, Math.floor(word.length / 3)))
  // The distance is quadratic in the length, and no known word is longer than that.
  if (word.length > 60) return undefined
  let best: string | undefined
  let least = slipsMax + 1
  for (const candidate of known) {
    const slips = distance(word.toLowerCase(), candidate.toLowerCase())
    if (slips < least) {
      best = candidate
      least = slips
    }
  }
  return best
}

/** Insertions, deletions, replacements and swaps of neighbours that lead from one word to the other. */
function distance(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let least = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1))
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) least = Math.min(least, before[j - 2]! + 1)
      row.push(least)
    }
    before = last
    last = row
  }
  return last[b.length]!
}
