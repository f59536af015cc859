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

/**
 * Whether edits of a source make exactly a certain text: the same as to splice and compare, without making it. They come
 * one by one, ascending.
 */
export class SpliceCheck {
  readonly #source: string
  readonly #wanted: string
  readonly #others: readonly Edit[]
  #nextOther = 0
  /** Up to here the source was compared, with the other text up to there. */
  #at = 0
  #to = 0

  /** @param others - edits that are made as well */
  constructor(source: string, wanted: string, others: readonly Edit[]) {
    this.#source = source
    this.#wanted = wanted
    this.#others = inOrder(others)
  }

  /** @returns `false` once the text is another */
  edit(start: number, end: number, text: string): boolean {
    while (this.#nextOther < this.#others.length && this.#others[this.#nextOther]!.start <= start) {
      const other = this.#others[this.#nextOther++]!
      if (!this.#apply(other.start, other.end, other.text)) return false
    }
    return this.#apply(start, end, text)
  }

  /** After the last edit: whether the rest is the same, too. */
  end(): boolean {
    const others = this.#others.slice(this.#nextOther)
    if (!others.every(({ start, end, text }) => this.#apply(start, end, text))) return false
    return this.#source.slice(this.#at) === this.#wanted.slice(this.#to)
  }

  #apply(start: number, end: number, text: string): boolean {
    if (start < this.#at || end < start || end > this.#source.length) return false
    const to = this.#to + start - this.#at
    if (this.#source.slice(this.#at, start) !== this.#wanted.slice(this.#to, to)) return false
    if (!this.#wanted.startsWith(text, to)) return false
    this.#at = end
    this.#to = to + text.length
    return true
  }
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
