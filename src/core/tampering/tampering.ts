import { type Leaf, type Opened, type SealedDocument } from "../document.ts"
import { type Cipher } from "../gcm.ts"
import { limits } from "../limits.ts"
import { AadPaths } from "../path.ts"
import { type CompiledSelectors } from "../select.ts"
import { type Item, shownPath } from "../site.ts"
import { type EntryPlace, type TamperedEntry, SearchEffort } from "./change.ts"
import { type ReadLeaf, at, compareVersions, readEach } from "./compare.ts"
import { guessChange } from "./guess.ts"
import { parseToken } from "../token.ts"

/** What all tries may cost together; half a second on a slow machine. */
const effortBytes = 32 * 1024 * 1024

/**
 * Says what happened to a document that does not open, as far as that can be known: from the paths that its tokens are
 * bound to, from its MAC and its digest, and from an earlier version if there is one.
 *
 * @param before - the newest version that opens with the same data key
 */
export function findTampering(
  document: SealedDocument,
  tools: { readonly cipher: Cipher; readonly selectors: CompiledSelectors },
  before: Opened | null,
): TamperedEntry[] {
  const leaves = readEach(document, tools)
  const effort = new SearchEffort(effortBytes)
  const earlier = before?.leaves ?? []
  const faulty = leaves.filter(({ fault }) => fault !== null)
  const sealed = new SealedElsewhere(leaves, earlier, { cipher: tools.cipher, effort })
  const faults = faulty.map((leaf) => faultOf(leaf, sealed))
  if (before === null) {
    return faults.length > 0 ? faults : [guessChange(document, leaves, { cipher: tools.cipher, effort })]
  }
  const { metadata } = document
  const compared = compareVersions(earlier, leaves, { onlySealed: metadata.macOnlyEncrypted })
  const changes = [...faults, ...besides(compared, faults), ...around(document, before)]
  return changes.length > 0 ? changes : [guessChange(document, leaves, { cipher: tools.cipher, effort })]
}

function faultOf(leaf: ReadLeaf, sealed: SealedElsewhere): TamperedEntry {
  if (leaf.fault !== "foreign") return { kind: leaf.fault!, at: at(leaf) }
  const from = sealed.of(leaf)
  return from === null ? { kind: "foreign", at: at(leaf) } : { kind: "moved", at: at(leaf), from }
}

/** Changes that the faults have not reported: a moved value is missing where it was, and new where it is. */
function besides(changes: readonly TamperedEntry[], faults: readonly TamperedEntry[]): TamperedEntry[] {
  const places = new Set(faults.flatMap((fault) => ("at" in fault ? [JSON.stringify(fault.at.path)] : [])))
  const origins = new Set(faults.flatMap((fault) => (fault.kind === "moved" ? [JSON.stringify(fault.from)] : [])))
  return changes.filter((change) => {
    if (change.kind === "missing") return !origins.has(JSON.stringify(change.path))
    return (change.kind !== "added" && change.kind !== "changed") || !places.has(JSON.stringify(change.at.path))
  })
}

/** Changes of the metadata that is bound to the values. */
function around({ metadata }: SealedDocument, before: Opened): TamperedEntry[] {
  const old = before.document.metadata
  const isSame = JSON.stringify(metadata.selectors) === JSON.stringify(old.selectors)
  const changes: TamperedEntry[] =
    isSame && metadata.macOnlyEncrypted === old.macOnlyEncrypted ? [] : [{ kind: "selectors" }]
  if (metadata.mac === old.mac && metadata.macAad !== old.macAad) changes.push({ kind: "date" })
  return changes
}

/** The cost of one try besides the bytes of the token. */
const tryBytes = 256

/**
 * Finds where tokens that do not open under their own path were sealed: a token is bound to its path, so of all paths
 * it opens under that one alone.
 */
class SealedElsewhere {
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
