import { canonicalScalar } from "../canonical.ts"
import { type Leaf, type SealedDocument } from "../document.ts"
import { type Cipher } from "../gcm.ts"
import { limits } from "../limits.ts"
import { isSealedComment } from "../open.ts"
import { AadPaths } from "../path.ts"
import { isEmptyText, scalarText } from "../scalar.ts"
import { type CompiledSelectors, select } from "../select.ts"
import { type Item, countedSites, fullPath, shownPath } from "../site.ts"
import { type EntryPlace, type TamperedEntry, whatOf } from "./change.ts"
import { TokenReader, looksLikeToken, withoutNewlines } from "../token.ts"

interface CompareOptions {
  /** Ignores parts in the clear. */
  readonly onlySealed: boolean
}

/**
 * What differs between a version that holds and the file as it is, by what the MAC and the digest count: entries,
 * their tokens and clear values, and their order. In linear time.
 */
export function compareVersions(
  before: readonly Leaf[],
  now: readonly ReadLeaf[],
  { onlySealed }: CompareOptions,
): TamperedEntry[] {
  const counts = ({ token, isSelected }: Leaf): boolean => !onlySealed || token !== null || isSelected
  const [old, current] = [before.filter(counts), now.filter(counts)]
  const [places, left] = [groups(current), groups(old)]
  const changes: TamperedEntry[] = []
  for (const [place, entries] of places) changes.push(...differences(left.get(place) ?? [], entries))
  for (const [place, entries] of left) if (!places.has(place)) changes.push(...differences(entries, []))
  return changes.length > 0 ? changes : orderOf(old, current)
}

/** Entries that share their authenticated path: one, or the elements of a list. Comments are apart. */
function groups<T extends Leaf>(leaves: readonly T[]): Map<string, T[]> {
  const aads = new AadPaths()
  const found = new Map<string, T[]>()
  for (const leaf of leaves) {
    const place = placeOf(leaf, aads)
    const group = found.get(place)
    if (group === undefined) found.set(place, [leaf])
    else group.push(leaf)
  }
  return found
}

function placeOf({ site }: Leaf, aads: AadPaths): string {
  return `${aads.of(site.item)}${site.kind === "comment" ? " comment" : ""}`
}

function differences(before: readonly Leaf[], now: readonly Leaf[]): TamperedEntry[] {
  const contents = now.map(contentOf)
  const old = before.map(contentOf)
  if (contents.length === old.length && contents.every((content, index) => content === old[index])) return []
  const added = without(now, contents, old)
  const lost = without(before, old, contents)
  if (added.length === 0 && lost.length === 0) {
    return now[0]!.site.kind === "comment" ? [] : [{ kind: "reordered", path: shownPath(now[0]!.site.item.parent!) }]
  }
  const changed = Math.min(added.length, lost.length)
  return [
    ...added.slice(0, changed).flatMap((leaf): TamperedEntry[] => {
      // Of a comment in the clear only its presence counts.
      if (leaf.site.kind === "comment" && leaf.token === null) return []
      return [{ kind: "changed", isSealed: leaf.token !== null, at: at(leaf) }]
    }),
    ...added.slice(changed).map((leaf): TamperedEntry => ({ kind: "added", what: whatOf(leaf.site), at: at(leaf) })),
    ...lost
      .slice(changed)
      .map(({ site }): TamperedEntry => ({ kind: "missing", what: whatOf(site), path: shownPath(site.item) })),
  ]
}

/** Leaves whose content the others lack; each of the others counts once. */
function without(leaves: readonly Leaf[], contents: readonly string[], others: readonly string[]): Leaf[] {
  const count = new Map<string, number>()
  for (const other of others) count.set(other, (count.get(other) ?? 0) + 1)
  return leaves.filter((_, index) => {
    const left = count.get(contents[index]!) ?? 0
    count.set(contents[index]!, left - 1)
    return left <= 0
  })
}

/** The content: tokens are compared as they are, so that an older token differs. */
function contentOf({ token, scalar, site }: Leaf): string {
  if (token !== null) return token
  return scalar === null ? site.kind : `${scalar.kind} ${scalarText(scalar)}`
}

/** Every entry is there with its content: the first that is elsewhere tells which list or mapping was reordered. */
function orderOf(before: readonly Leaf[], now: readonly Leaf[]): TamperedEntry[] {
  for (const [index, { site }] of now.entries()) {
    const other = before[index]?.site
    if (other === undefined) return []
    const [here, there] = [fullPath(site.item), fullPath(other.item)]
    if (site.kind === other.kind && JSON.stringify(here) === JSON.stringify(there)) continue
    let shared = 0
    while (shared < here.length && here[shared] === there[shared]) shared++
    return [{ kind: "reordered", path: shownPath(above(site.item, here.length - shared)) }]
  }
  return []
}

function above(item: Item, levels: number): Item {
  let found = item
  for (let up = 0; up < levels && found.parent !== null; up++) found = found.parent
  return found
}

export function at({ site }: Leaf): EntryPlace {
  return { path: shownPath(site.item), line: site.alias?.line ?? site.line }
}

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
