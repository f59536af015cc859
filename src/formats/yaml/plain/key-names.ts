/** Mappings up to this size are searched name by name, which is faster than a set. */
const SMALL = 8

/** The keys of one mapping so far. */
export class KeyNames {
  readonly #names: string[] = []
  #known: Set<string> | null = null

  /** Whether a key was there before; now it is. */
  isTwice(name: string): boolean {
    if (this.#names.length < SMALL) {
      if (this.#names.includes(name)) return true
      this.#names.push(name)
      return false
    }
    this.#known ??= new Set(this.#names)
    if (this.#known.has(name)) return true
    this.#known.add(name)
    return false
  }
}
