import { canonicalScalar } from "../canonical.ts"
import { type Leaf, type SealedDocument } from "../document.ts"
import { type Cipher } from "../gcm.ts"
import { limits } from "../limits.ts"
import { isSealedComment } from "../open.ts"
import { AadPaths } from "../path.ts"
import { isEmptyText, scalarText } from "../scalar.ts"
import { type CompiledSelectors, select } from "../select.ts"
import { countedSites } from "../site.ts"
import { looksLikeToken, TokenReader, withoutNewlines } from "../token.ts"

/** A leaf of a file that does not open as a whole. */
export interface ReadLeaf extends Leaf {
  /** The AAD that its place gives. */
  readonly aad: string
  /** What is wrong with it by itself: the token belongs elsewhere, is not whole any more, or never was one. */
  readonly fault: "foreign" | "cut" | "unsealed" | null
}

/** Opens what opens, leaf by leaf, and says why each other leaf does not. */
export function readEach(
  { scan }: SealedDocument,
  { cipher, selectors }: { readonly cipher: Cipher; readonly selectors: CompiledSelectors },
): ReadLeaf[] {
  const sites = countedSites(scan)
  const isSelected = select(sites, selectors, isSealedComment)
  const aads = new AadPaths()
  const tokens = new TokenReader(limits.nonce_bytes_max)
  return sites.map((site, index): ReadLeaf => {
    const { scalar, kind } = site
    const clear: ReadLeaf = {
      site,
      scalar,
      isSelected: isSelected[index]!,
      token: null,
      aad: aads.of(site.item),
      fault: null,
    }
    const isComment = kind === "comment"
    if (!isSelected[index]! || scalar === null) return clear
    if (!isComment && kind !== "str") return { ...clear, fault: "unsealed" }
    if (isEmptyText(scalar)) return clear
    const text = scalarText(scalar)
    const token = tokens.read(text)
    // A comment that is not a token may be one that was added by hand, which stays as it is.
    if (typeof token === "string")
      return { ...clear, fault: looksLikeToken(text) ? "cut" : isComment ? null : "unsealed" }
    const plain = cipher.open(token, clear.aad)
    const opened = plain === null ? null : canonicalScalar(isComment ? "comment" : token.kind, plain)
    if (opened === null) return { ...clear, token: withoutNewlines(text), fault: "foreign" }
    return { ...clear, scalar: opened, token: withoutNewlines(text) }
  })
}
