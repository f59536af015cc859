import { createHash } from "node:crypto"
import { type Metadata } from "./metadata.ts"
import { type Item, type Site, type SiteKind } from "./site.ts"

/** AAD of the structure token and of the layout memo: no leaf can have one, since theirs end in ":". */
export const structureAad = "sotto_structure"

/** What the digest needs to know of a site; on open the kind is the one its token names. */
export interface Placed {
  readonly site: Site
  readonly kind: SiteKind
  readonly isSealed: boolean
  /** Canonical bytes; of those that no shadowed line holds only counts whether there are any, the MAC covers the rest. */
  readonly bytes: Uint8Array | null
}

/**
 * SHA-256 over where everything stands: document, full path with list positions and kind of every site in order,
 * which are empty, the values of shadowed lines, and the rules that select. Upstream's MAC covers none of that, so list borders,
 * clear keys, nulls, added documents and selectors could change under a MAC that still holds.
 *
 * With `mac_only_encrypted` clear parts may be edited without a key, so only sealed sites count.
 */
export function structureDigest(
  sites: readonly Placed[],
  { selectors, macOnlyEncrypted }: Pick<Metadata, "selectors" | "macOnlyEncrypted">,
): string {
  const hash = createHash("sha256")
  const paths = new ItemPaths()
  let lines = `${JSON.stringify({ v: 1, selectors, macOnlyEncrypted })}\n`
  for (const { site, kind, isSealed, bytes } of sites) {
    if (macOnlyEncrypted && !isSealed) continue
    // The empty string is never sealed, so it could change places with a token that stands beside it.
    lines += `${paths.of(site.item)} ${kind}${bytes?.length === 0 ? " empty" : ""}\n`
    if (site.shadowed === true && bytes !== null) {
      hash.update(lines)
      lines = ` ${bytes.length}:`
      hash.update(lines)
      hash.update(bytes)
      lines = "\n"
    }
    if (lines.length > 65_536) {
      hash.update(lines)
      lines = ""
    }
  }
  return hash.update(lines).digest("hex")
}

/** Unambiguous text of a full path: JSON strings and numbers. */
class ItemPaths {
  readonly #known = new Map<Item, string>()

  of(item: Item): string {
    const known = this.#known.get(item)
    if (known !== undefined) return known
    const own = item.key === null ? String(item.index) : JSON.stringify(item.key)
    const path = item.parent === null ? own : `${this.of(item.parent)}/${own}`
    this.#known.set(item, path)
    return path
  }
}
