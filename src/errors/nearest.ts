import { distance } from "fastest-levenshtein"

const wordMax = 64

/**
 * The known word that a misspelt one most likely stands for.
 *
 * @returns `null` when none is near: more than one edit in three letters, or more than two
 */
export function nearest(word: string, known: Iterable<string>): string | null {
  if (word.length > wordMax) return null
  const lower = word.toLowerCase()
  let best: string | null = null
  let bestDistance = Math.min(2, Math.max(1, Math.floor(word.length / 3))) + 1
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue
    const distance = editDistance(lower, candidate.toLowerCase())
    if (distance >= bestDistance) continue
    best = candidate
    bestDistance = distance
  }
  return best
}

/** The known word that differs in at most so many letters; `null` when none does, and for the word itself. */
export function nearestWithin(word: string, known: Iterable<string>, lettersMax: number): string | null {
  if (word.length > wordMax) return null
  let best: string | null = null
  let bestDistance = lettersMax + 1
  for (const candidate of known) {
    if (candidate === word || Math.abs(candidate.length - word.length) >= bestDistance) continue
    const distance = editDistance(word, candidate)
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
  }
  return best
}

/** For a hint: ``did you mean `x`?``, or `undefined` so that another hint stands. */
export function didYouMean(word: string, known: Iterable<string>): string | undefined {
  const found = nearest(word, known)
  return found === null ? undefined : `did you mean \`${found}\`?`
}

/** Insertions, deletions and replacements; to swap two neighbours is one edit, as a hand makes it. */
function editDistance(a: string, b: string): number {
  return isSwap(a, b) ? 1 : distance(a, b)
}

function isSwap(a: string, b: string): boolean {
  if (a.length !== b.length || a === b) return false
  const at = Array.from(a, (_, index) => index).find((index) => a[index] !== b[index])!
  return a.slice(0, at) + (a[at + 1] ?? "") + a[at]! + a.slice(at + 2) === b
}
