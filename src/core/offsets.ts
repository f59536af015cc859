import { type Edit } from "./text.ts"

/** Translates offsets of an edited text back into those of the text before its edits. */
export class Offsets {
  /** Ends of the inserted texts in the edited text, ascending. */
  readonly #ends: number[] = []
  /** By how much offsets after the end of the same number are shifted. */
  readonly #shifts: number[] = []

  constructor(edits: readonly Edit[]) {
    let shift = 0
    for (const { start, end, text } of [...edits].sort((a, b) => a.start - b.start)) {
      this.#ends.push(start + shift + text.length)
      shift += text.length - (end - start)
      this.#shifts.push(shift)
    }
  }

  /** @param offset - outside of what the edits inserted */
  before(offset: number): number {
    let low = 0
    let high = this.#ends.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#ends[middle]! <= offset) low = middle + 1
      else high = middle
    }
    return offset - (this.#shifts[low - 1] ?? 0)
  }

  /** The edit of the edited text as one of the text before; it must not touch what was inserted. */
  editBefore({ start, end, text }: Edit): Edit {
    const at = this.before(start)
    return { start: at, end: at + (end - start), text }
  }
}
