import { createHash } from "node:crypto"
import { type Leaf } from "./document.ts"
import { Inherited } from "./path.ts"
import { type Metadata } from "./metadata.ts"
import { type Item } from "./site.ts"
import { isEmptyText } from "./scalar.ts"

/** AAD of the structure token and of the layout memo: no leaf can have one, since theirs end in ":". */
export const structureAad = "sotto_structure"

const PIECE_CHARS = 65_536

/** Of leaves that are sealed and read back at once, which would be hashed twice. */
const known = new WeakMap<readonly Leaf[], { readonly rules: string; readonly digest: string }>()

/**
 * SHA-256 over the place of everything: document, full path with list positions and kind of every site in order, which
 * are empty, the values of shadowed lines, and the rules that select. Upstream's MAC covers none of that, so list
 * borders, clear keys, nulls, added documents and selectors could change under a MAC that still holds. The kind is the
 * one that a token opens to.
 *
 * With `mac_only_encrypted` clear parts may be edited without a key, so only sealed sites count.
 */
export function structureDigest(
  leaves: readonly Leaf[],
  { selectors, macOnlyEncrypted }: Pick<Metadata, "selectors" | "macOnlyEncrypted">,
): string {
  const rules = JSON.stringify({ v: 1, selectors, macOnlyEncrypted })
  const before = known.get(leaves)
  if (before?.rules === rules) return before.digest
  const hash = createHash("sha256")
  const paths = new Inherited<string>(pathOf)
  let lines = `${rules}\n`
  for (let at = 0; at < leaves.length; at++) {
    const { site, scalar, isSelected } = leaves[at]!
    const isEmpty = scalar !== null && isEmptyText(scalar)
    if (macOnlyEncrypted && (!isSelected || scalar === null || isEmpty)) continue
    const kind = scalar === null || site.kind === "comment" ? site.kind : scalar.kind
    // The empty string is never sealed, so it could change places with a token beside it.
    lines += `${pathOf(site.item, paths.ofHolder(site.item))} ${kind}${isEmpty ? " empty" : ""}\n`
    if (site.shadowed === true && scalar !== null) {
      hash.update(lines)
      hash.update(` ${scalar.bytes.length}:`)
      hash.update(scalar.bytes)
      lines = "\n"
    }
    if (lines.length > PIECE_CHARS) {
      hash.update(lines)
      lines = ""
    }
  }
  const digest = hash.update(lines).digest("hex")
  known.set(leaves, { rules, digest })
  return digest
}

/** Unambiguous text of a full path: JSON strings and numbers. */
function pathOf({ key, index }: Item, above: string | undefined): string {
  const own = key === null ? String(index) : plainName.test(key) ? `"${key}"` : JSON.stringify(key)
  return above === undefined ? own : `${above}/${own}`
}

/** Names without an escape; to ask costs less than to print. */
const plainName = /^[\w.-]+$/
