import { Inherited } from "./inherited.ts"
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
  readonly #prefixes = new Inherited<string>(({ key }, above = "") => (key === null ? above : `${above}${key}:`))

  /** The text of the AAD; `":"` for the root. */
  of(item: Item): string {
    const prefix = this.#prefixes.of(item)
    return prefix === "" ? ":" : prefix
  }
}
