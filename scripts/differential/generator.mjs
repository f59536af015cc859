/** Numbers that are the same for the same seed (xorshift32). */
export function generator(seed) {
  let state = (seed * 2654435761) >>> 0 || 1
  return () => {
    state ^= state << 13
    state >>>= 0
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state / 2 ** 32
  }
}

/** What is drawn with it. */
export class Dice {
  #random

  constructor(seed) {
    this.#random = generator(seed)
    // Seeds that lie near each other begin alike.
    for (let skipped = 0; skipped < 20; skipped++) this.#random()
  }

  chance(share) {
    return this.#random() < share
  }

  /** A whole number below `count`. */
  below(count) {
    return Math.floor(this.#random() * count)
  }

  pick(list) {
    return list[this.below(list.length)]
  }

  /** Some words, or none. */
  sometimes(share, ...words) {
    return this.chance(share) ? words : []
  }
}
