import { type Leaf, type Opened, type SealedDocument } from "./document.ts"
import { type Format } from "./format.ts"
import { type Cipher } from "./gcm.ts"
import { type Kept, keptTokens } from "./kept-tokens.ts"
import { AadPaths } from "./path.ts"
import { type Site } from "./site.ts"
import { type Edit } from "./text.ts"
import { formatToken } from "./token.ts"

/** A leaf that is about to be written, and the one of the previous file whose token it keeps. */
export interface SealedLeaf extends Leaf {
  readonly kept: Kept | null
}

/** Gives every selected site its token: the one it had in the previous file where nothing changed, else a new one. */
export function sealLeaves(
  sites: readonly Site[],
  isSelected: readonly boolean[],
  { cipher, previous, format }: { readonly cipher: Cipher; readonly previous: Opened | null; readonly format: Format },
): SealedLeaf[] {
  const leaves = sites.map((site, index) => ({
    site,
    scalar: (isSelected[index]! ? format.sealable?.(site) : null) ?? site.scalar,
  }))
  const kept = keptTokens(previous, leaves)
  const aads = new AadPaths()
  return leaves.map(({ site, scalar }, index) => {
    if (!isSelected[index]! || scalar === null || scalar.bytes.length === 0)
      return { site, scalar, isSelected: isSelected[index]!, token: null, kept: null }
    const before = kept[index]!
    if (before !== null) return { site, isSelected: true, scalar: before.scalar, token: before.token, kept: before }
    const { data, nonce, tag } = cipher.seal(scalar.bytes, aads.of(site.item))
    return { site, scalar, isSelected: true, token: formatToken(data, nonce, tag, scalar.kind), kept: null }
  })
}

/**
 * The edit of a leaf whose token is kept, in the very carrier that it had, if that opened to what stands there now.
 * Upstream writes a bare token for what it prints in quotes or as a block, and an edit of one value must not respell
 * all the others.
 *
 * @param edit - as the format would write it, in offsets of `plain`
 * @param previous - the sealed document that `kept` comes from
 */
export function inOldCarrier(edit: Edit, kept: Kept, previous: SealedDocument, plain: string): Edit {
  if (kept.site.span === null) return edit
  const { start, end, text } = previous.format.open(previous.scan, kept.site, kept.scalar)
  const carrier = previous.scan.source.slice(start, end)
  return text === plain.slice(edit.start, edit.end) ? { ...edit, text: carrier } : edit
}
