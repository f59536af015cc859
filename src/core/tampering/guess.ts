import { type Leaf, type SealedDocument } from "../document.ts"
import { type Cipher } from "../gcm.ts"
import { limits } from "../limits.ts"
import { clearBytes } from "../canonical.ts"
import { macOf } from "../open.ts"
import { type Item, shownPath } from "../site.ts"
import { structureAad, structureDigest } from "../structure.ts"
import { utf8 } from "../text.ts"
import { parseToken } from "../token.ts"
import { type TamperedEntry, type SearchEffort, whatOf } from "./change.ts"
import { at } from "./compare.ts"

const leafBytes = 64

/**
 * Every leaf opens, and yet the file is not what was sealed. What was sealed is unknown, but its MAC is known: if
 * undoing a change makes the MAC hold again, that was the change. It tries one entry that was added, two that changed
 * places, and one comment that was removed; the effort bounds how many.
 */
export function guessChange(
  { metadata }: SealedDocument,
  leaves: readonly Leaf[],
  { cipher, effort }: { readonly cipher: Cipher; readonly effort: SearchEffort },
): TamperedEntry {
  const mac = sealedText(metadata.mac, metadata.macAad, cipher)
  if (mac === null) return { kind: "date" }
  const digest = metadata.structure === "" ? null : sealedText(metadata.structure, structureAad, cipher)
  const bytes = leaves.reduce((sum, { scalar }) => sum + leafBytes + (scalar?.bytes.length ?? 0), 0)
  const trial = {
    isAffordable: () => effort.spend(bytes),
    hasMac: (tried: readonly Leaf[]) => macOf(tried, metadata.macOnlyEncrypted, clearBytes) === mac,
    hasDigest: (tried: readonly Leaf[]) => digest !== null && structureDigest(tried, metadata) === digest,
  }
  const found = trial.hasMac(leaves) ? unhashed(leaves, trial) : (added(leaves, trial) ?? swapped(leaves, trial))
  if (found !== null) return found
  const clear = metadata.macOnlyEncrypted ? [] : leaves.filter(isClearValue).map(at)
  return { kind: "untold", structure: digest === null ? null : trial.hasDigest(leaves), clear }
}

interface Trial {
  readonly isAffordable: () => boolean
  readonly hasMac: (leaves: readonly Leaf[]) => boolean
  readonly hasDigest: (leaves: readonly Leaf[]) => boolean
}

function sealedText(text: string, aad: string, cipher: Cipher): string | null {
  const token = parseToken(text, limits.nonce_bytes_max)
  const plain = typeof token === "string" ? null : cipher.open(token, aad)
  return plain === null ? null : utf8.decode(plain)
}

function isClearValue({ site, scalar, token, isSelected }: Leaf): boolean {
  return token === null && !isSelected && scalar !== null && site.kind !== "comment"
}

function added(leaves: readonly Leaf[], trial: Trial): TamperedEntry | null {
  for (const [index, leaf] of leaves.entries()) {
    if (leaf.scalar === null || leaf.site.kind === "comment") continue
    if (!trial.isAffordable()) return null
    if (trial.hasMac(leaves.toSpliced(index, 1))) return { kind: "added", what: whatOf(leaf.site), at: at(leaf) }
  }
  return null
}

/** Tries to swap two entries of one list or mapping, neighbours first. */
function swapped(leaves: readonly Leaf[], trial: Trial): TamperedEntry | null {
  for (const places of siblings(leaves)) {
    for (let distance = 1; distance < places.length; distance++) {
      for (let nth = 0; nth + distance < places.length; nth++) {
        if (!trial.isAffordable()) return null
        const [first, second] = [places[nth]!, places[nth + distance]!]
        const tried = [...leaves]
        tried[first] = leaves[second]!
        tried[second] = leaves[first]!
        if (trial.hasMac(tried)) return { kind: "swapped", at: at(leaves[first]!), with: at(leaves[second]!) }
      }
    }
  }
  return null
}

/** Positions of the values that are side by side, container by container. */
function siblings(leaves: readonly Leaf[]): Iterable<readonly number[]> {
  const found = new Map<Item | null, number[]>()
  for (const [index, { site, scalar }] of leaves.entries()) {
    if (scalar === null || site.kind === "comment") continue
    const places = found.get(site.item.parent)
    if (places === undefined) found.set(site.item.parent, [index])
    else places.push(index)
  }
  return found.values()
}

/** What the digest counts and the MAC does not: comments, nulls and empty collections. */
function unhashed(leaves: readonly Leaf[], trial: Trial): TamperedEntry | null {
  for (const [index, leaf] of leaves.entries()) {
    if (leaf.scalar !== null && leaf.site.kind !== "comment") continue
    if (!trial.isAffordable()) return null
    if (trial.hasDigest(leaves.toSpliced(index, 1))) return { kind: "added", what: whatOf(leaf.site), at: at(leaf) }
  }
  for (let index = 0; index <= leaves.length; index++) {
    for (const holder of holdersAround(leaves, index)) {
      if (!trial.isAffordable()) return null
      if (trial.hasDigest(leaves.toSpliced(index, 0, commentIn(holder))))
        return { kind: "missing", what: "comment", path: shownPath(holder) }
    }
  }
  return null
}

/** The containers that a comment between two leaves can be in. */
function holdersAround(leaves: readonly Leaf[], index: number): Set<Item> {
  const holders = new Set<Item>()
  for (const leaf of [leaves[index - 1], leaves[index]]) {
    if (leaf === undefined) continue
    const { item, kind } = leaf.site
    for (let up: Item | null = kind === "comment" ? item : item.parent; up !== null; up = up.parent) holders.add(up)
  }
  return holders
}

function commentIn(item: Item): Leaf {
  const scalar = { kind: "comment", bytes: utf8.encode(" ") } as const
  return {
    site: { item, scalar, kind: "comment", span: null, style: null, line: 0 },
    scalar,
    isSelected: true,
    token: null,
  }
}
