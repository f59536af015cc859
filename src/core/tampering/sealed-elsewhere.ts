import { type Leaf } from "../document.ts"
import { type Cipher } from "../gcm.ts"
import { limits } from "../limits.ts"
import { AadPaths } from "../path.ts"
import { type Item, shownPath } from "../site.ts"
import { parseToken } from "../token.ts"
import { type SearchEffort, type EntryPlace } from "./change.ts"
import { type ReadLeaf } from "./read-each.ts"

/** The cost of one try besides the bytes of the token. */
const tryBytes = 256

/**
 * Finds where tokens that do not open under their own path were sealed: a token is bound to its path, so of all paths
 * it opens under that one alone.
 */
export class SealedElsewhere {
  readonly #cipher: Cipher
  readonly #effort: SearchEffort
  readonly #aads = new AadPaths()
  /** Of all leaves that do not open: finds two values that changed places at once. */
  readonly #faulty: ReadonlyMap<string, EntryPlace["path"]>
  /** Of all entries. */
  readonly #all = new Map<string, EntryPlace["path"]>()
  /** Mappings and lists: an entry may have moved from one into another. */
  readonly #holders = new Map<string, EntryPlace["path"]>()
  /** By token: where the version before has it. */
  readonly #before = new Map<string, { readonly aad: string; readonly path: EntryPlace["path"] }>()

  constructor(leaves: readonly ReadLeaf[], before: readonly Leaf[], tools: { cipher: Cipher; effort: SearchEffort }) {
    this.#cipher = tools.cipher
    this.#effort = tools.effort
    this.#faulty = new Map(
      leaves.filter(({ fault }) => fault !== null).map((leaf) => [leaf.aad, keysOf(leaf.site.item)]),
    )
    for (const { site, aad } of leaves) if (!this.#all.has(aad)) this.#all.set(aad, keysOf(site.item))
    for (const { site, token } of before) {
      const aad = this.#aads.of(site.item)
      const path = keysOf(site.item)
      if (!this.#all.has(aad)) this.#all.set(aad, path)
      if (token !== null) this.#before.set(token, { aad, path })
    }
    for (const [aad, path] of this.#holdersOf(leaves)) this.#holders.set(aad, path)
  }

  /** @returns the path that a token was sealed for; `null` if unknown */
  of({ token, site, aad }: ReadLeaf): EntryPlace["path"] | null {
    if (token === null) return null
    const known = this.#before.get(token)
    if (known !== undefined && known.aad !== aad) return known.path
    for (const places of [this.#faulty, this.#under(site.item), this.#all]) {
      for (const [other, path] of places) {
        if (other === aad) continue
        if (!this.#effort.spend(tryBytes + token.length)) return null
        if (this.#opens(token, other)) return path
      }
    }
    return null
  }

  /** The places of a key in all mappings. */
  *#under({ key, shownKey }: Item): Generator<readonly [string, EntryPlace["path"]]> {
    if (key === null) return
    for (const [above, path] of this.#holders) yield [`${above}${key}:`, [...path, shownKey ?? key]]
  }

  #opens(text: string, aad: string): boolean {
    const token = parseToken(text, limits.nonce_bytes_max)
    if (typeof token === "string") return false
    const plain = this.#cipher.open(token, aad)
    plain?.fill(0)
    return plain !== null
  }

  *#holdersOf(leaves: readonly ReadLeaf[]): Generator<readonly [string, EntryPlace["path"]]> {
    const seen = new Set<Item>()
    for (const { site } of leaves) {
      for (let at = site.item.parent; at !== null && !seen.has(at); at = at.parent) {
        seen.add(at)
        const aad = this.#aads.of(at)
        yield [aad === ":" ? "" : aad, keysOf(at)]
      }
    }
  }
}

/** Without list positions, which no token is bound to. */
function keysOf(item: Item): string[] {
  return shownPath(item).filter((part): part is string => typeof part === "string")
}
