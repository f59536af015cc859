import { type Leaf, type Opened } from "./document.ts"
import { type Format } from "./format.ts"
import { type Cipher } from "./gcm.ts"
import { type KeptIn, keptFromAll } from "./kept-tokens.ts"
import { AadPaths } from "./path.ts"
import { type Scalar } from "./scalar.ts"
import { type CompiledSelectors } from "./select.ts"
import { type Site } from "./site.ts"
import { type Edit } from "./text.ts"

/** A leaf that is about to be written, and the one of the previous file whose token it keeps. */
export interface SealedLeaf extends Leaf {
  readonly kept: KeptIn | null
}

interface LeafOptions {
  readonly cipher: Cipher
  readonly previous: Opened | null
  readonly alsoKept?: readonly Opened[] | undefined
  readonly format: Format
  readonly compiled: CompiledSelectors
  /** The text that the spans of the sites are of. */
  readonly source: string
}

/** For a whole document: a pattern that every token matches is not worth more. */
const markedTriesMax = 1000

/** Gives every selected site its token: the one it had in the previous file where nothing changed, else a new one. */
export function sealLeaves(
  sites: readonly Site[],
  isSelected: readonly boolean[],
  { cipher, previous, alsoKept = [], format, compiled, source }: LeafOptions,
): SealedLeaf[] {
  const leaves = sites.map((site, index) => ({
    site,
    scalar: (isSelected[index]! ? format.sealable?.(site) : null) ?? site.scalar,
  }))
  const files = previous === null ? [] : [previous, ...alsoKept]
  const kept = keptFromAll(files, leaves, ({ span }) => (span === null ? "" : source.slice(span.start, span.end)))
  const aads = new AadPaths()
  const marked = compiled.rule === "unencryptedCommentRegex" ? compiled.pattern : null
  let triesLeft = markedTriesMax
  const fresh = ({ bytes, kind }: Scalar, aad: string): string => cipher.sealToken(bytes, aad, kind)
  /** A short pattern is found in a token by chance, and not in the next one; then a comment would seem to be a mark. */
  const unmarked = (scalar: Scalar, aad: string): string => {
    let token = fresh(scalar, aad)
    for (; triesLeft > 0 && marked!.test(token); triesLeft--) token = fresh(scalar, aad)
    return token
  }
  return leaves.map(({ site, scalar }, index) => {
    if (!isSelected[index]! || scalar === null || scalar.bytes.length === 0)
      return { site, scalar, isSelected: isSelected[index]!, token: null, kept: null }
    const before = kept[index]!
    if (before !== null) return { site, isSelected: true, scalar: before.scalar, token: before.token, kept: before }
    const aad = aads.of(site.item)
    const token = site.kind === "comment" && marked !== null ? unmarked(scalar, aad) : fresh(scalar, aad)
    return { site, scalar, isSelected: true, token, kept: null }
  })
}

/**
 * The edit of a leaf whose token is kept, in the very carrier that it had, if that opened to what stands there now.
 * Upstream writes a bare token for what it prints in quotes or as a block, and an edit of one value must not respell
 * all the others.
 *
 * @param edit - as the format would write it, in offsets of `plain`
 */
export function inOldCarrier(edit: Edit, { site, scalar, document }: KeptIn, plain: string): Edit {
  if (site.span === null) return edit
  const { start, end, text } = document.format.open(document.scan, site, scalar)
  const carrier = document.scan.source.slice(start, end)
  // What opens with a tag of its own, such as the text `<<`, begins before the content that is sealed.
  const from = Math.max(0, Math.min(edit.start, edit.end - text.length))
  return text === plain.slice(from, edit.end) ? { start: from, end: edit.end, text: carrier } : edit
}
