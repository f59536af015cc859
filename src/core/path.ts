import { type Item } from "./site.ts"

/**
 * Authenticated data that binds one token to its place: the mapping keys from the root, joined and ended by ":".
 *
 * Array positions are not part of it: two elements of one list share an AAD, so swapping their tokens is caught by
 * the MAC only. Keys that contain ":" are ambiguous in the same way. Both are frozen by the file format.
 *
 * @see sops v3.13.2 sops.go, Tree.Encrypt: `strings.Join(path, ":") + ":"`
 */
export class AadPaths {
  readonly #known = new Map<Item, string>()

  /** The text of the AAD; `":"` for the root. Linear over a document: each item is joined once. */
  of(item: Item): string {
    const prefix = this.#prefix(item)
    return prefix === "" ? ":" : prefix
  }

  #prefix(item: Item): string {
    const known = this.#known.get(item)
    if (known !== undefined) return known
    const above = item.parent === null ? "" : this.#prefix(item.parent)
    const prefix = item.key === null ? above : `${above}${item.key}:`
    this.#known.set(item, prefix)
    return prefix
  }
}
