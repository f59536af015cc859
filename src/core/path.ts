import { type Item } from "./site.ts"

/**
 * Something that follows from an entry's own key and from its holder, such as its path. Only holders of entries
 * are remembered, since most entries hold none, and the last holder is at hand, since siblings come together.
 */
export class Inherited<T> {
  readonly #derive: (item: Item, above: T | undefined) => T
  readonly #known = new Map<Item, T>()
  #holder: Item | null = null
  #ofHolder: T | undefined

  /** @param derive - gets what the entry's holder has; `undefined` for the root of a document */
  constructor(derive: (item: Item, above: T | undefined) => T) {
    this.#derive = derive
  }

  of(item: Item): T {
    return this.#derive(item, this.ofHolder(item))
  }

  /** What the holder of an entry has; `undefined` for the root of a document. One call less for each entry. */
  ofHolder({ parent }: Item): T | undefined {
    if (parent !== this.#holder) {
      this.#ofHolder = parent === null ? undefined : this.#remembered(parent)
      this.#holder = parent
    }
    return this.#ofHolder
  }

  #remembered(item: Item): T {
    const known = this.#known.get(item)
    if (known !== undefined) return known
    const value = this.#derive(item, item.parent === null ? undefined : this.#remembered(item.parent))
    this.#known.set(item, value)
    return value
  }
}

/**
 * Authenticated data that binds one token to its place: the mapping keys from the root, joined and ended by ":".
 *
 * Array positions are not part of it: two elements of one list share an AAD, so swapping their tokens is caught by
 * the MAC only. Keys that contain ":" are ambiguous in the same way. Both are frozen by the file format.
 *
 * @see sops v3.13.2 sops.go, Tree.Encrypt: `strings.Join(path, ":") + ":"`
 */
export class AadPaths {
  readonly #prefixes = new Inherited<string>(under)

  /** The text of the AAD; `":"` for the root. */
  of(item: Item): string {
    const prefix = under(item, this.#prefixes.ofHolder(item))
    return prefix === "" ? ":" : prefix
  }
}

function under({ key }: Item, above = ""): string {
  return key === null ? above : `${above}${key}:`
}

/** Whether entries of two texts authenticate as the same place. */
export class SamePlaces {
  readonly #aads = [new AadPaths(), new AadPaths()] as const
  /** Holders that are the same place; siblings come together. */
  #a: Item | null = null
  #b: Item | null = null

  same(a: Item, b: Item): boolean {
    if (a.key === b.key && a.parent !== null && a.parent === this.#a && b.parent === this.#b) return true
    const [before, after] = this.#aads
    if (before.of(a) !== after.of(b)) return false
    if (a.key === b.key) {
      this.#a = a.parent
      this.#b = b.parent
    }
    return true
  }
}
