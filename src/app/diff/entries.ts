import { type Leaf } from "../../core/document.ts"
import { type Scan } from "../../core/format.ts"
import { countedSites, documentOf, fullPath, keyPath, type Site, shownPath } from "../../core/site.ts"
import { scalarText } from "../../core/scalar.ts"
import { looksLikeToken, withoutNewlines } from "../../core/token.ts"

/** A value or comment of one version, as far as known. */
export interface DiffEntry {
  readonly document: number
  /** Keys and positions; for a comment of the entry that it belongs to. */
  readonly path: readonly (string | number)[]
  /** For people. */
  readonly shown: readonly (string | number)[]
  /** The path without positions. */
  readonly keys: readonly string[]
  readonly isInList: boolean
  /** `null`, `map` and `list` are empty values. */
  readonly kind: Site["kind"]
  readonly sealed: boolean
  /** Equal for equal values: kind and bytes, or the token where nothing is opened. */
  readonly value: string
  /** For people; `null` for what is unknown or nothing. */
  readonly text: string | null
}

/** Of a version that was opened. */
export function entriesOfLeaves(leaves: readonly Leaf[]): DiffEntry[] {
  return placed(
    leaves.map(({ site, scalar, token }) => ({
      site,
      kind: scalar?.kind ?? site.kind,
      sealed: token !== null,
      value: scalar === null ? "" : Buffer.from(scalar.bytes).toString("latin1"),
      text: scalar === null ? null : scalarText(scalar),
    })),
  )
}

/** Of a version as it is: a plain file, or a sealed one whose values are its tokens. */
export function entriesOfScan(scan: Scan): DiffEntry[] {
  return placed(
    countedSites(scan).map((site) => {
      const { scalar, kind } = site
      if (scalar === null) return { site, kind, sealed: false, value: "", text: null }
      const token = withoutNewlines(scalarText(scalar))
      if (!looksLikeToken(token)) {
        return {
          site,
          kind,
          sealed: false,
          value: Buffer.from(scalar.bytes).toString("latin1"),
          text: scalarText(scalar),
        }
      }
      const named = /,type:([a-z]+)\]$/.exec(token)?.[1]
      return { site, kind: sealedKinds.find((one) => one === named) ?? kind, sealed: true, value: token, text: null }
    }),
  )
}

const sealedKinds = ["str", "int", "float", "bool", "time", "comment", "bytes"] as const

type Known = Pick<DiffEntry, "kind" | "sealed" | "value" | "text"> & { readonly site: Site }

/** A comment belongs to the entry below it in the same mapping or list, else to that. */
function placed(known: readonly Known[]): DiffEntry[] {
  let below: Site | null = null
  const entries: DiffEntry[] = []
  for (let at = known.length - 1; at >= 0; at--) {
    const { site, kind, sealed, value, text } = known[at]!
    const isComment = kind === "comment"
    const isOfBelow = isComment && below !== null && isWithin(below, site)
    const { item } = isOfBelow ? below! : site
    if (!isComment) below = site
    const path = fullPath(item)
    const isInList = path.some((part) => typeof part === "number")
    const type = isComment ? "comment" : kind
    const facts = { document: documentOf(item), path, shown: shownPath(item), keys: keyPath(item), isInList }
    entries.push({ ...facts, kind: type, sealed, value: `${type} ${value}`, text })
  }
  return entries.reverse()
}

function isWithin(site: Site, comment: Site): boolean {
  for (let at = site.item.parent; at !== null; at = at.parent) if (at === comment.item) return true
  return site.item === comment.item
}
