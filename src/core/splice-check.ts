import { inOrder } from "./splice.ts"
import { type Edit } from "./text.ts"

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
