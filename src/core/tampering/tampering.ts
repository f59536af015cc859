import { type Opened, type SealedDocument } from "../document.ts"
import { type Cipher } from "../gcm.ts"
import { type CompiledSelectors } from "../select.ts"
import { type TamperedEntry, SearchEffort } from "./change.ts"
import { at, compareVersions } from "./compare.ts"
import { guessChange } from "./guess.ts"
import { readEach, type ReadLeaf } from "./read-each.ts"
import { SealedElsewhere } from "./sealed-elsewhere.ts"

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
