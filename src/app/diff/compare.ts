import { align } from "../../core/align.ts"
import { type Leaf } from "../../core/document.ts"
import { type Scan } from "../../core/format.ts"
import { exactText, type Scalar, scalarText } from "../../core/scalar.ts"
import { type Item, type Site, countedSites, documentOf, fullPath, keyPath, shownPath } from "../../core/site.ts"
import { looksLikeToken, withoutNewlines } from "../../core/token.ts"

/** A value or comment of one version, as far as known. */
export interface DiffEntry {
  readonly item: Item
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
      value: scalar === null ? "" : contentOf(scalar),
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
          value: contentOf(scalar),
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

function contentOf(scalar: Scalar): string {
  const text = exactText(scalar)
  return text === null ? `bytes ${Buffer.from(scalar.bytes).toString("latin1")}` : `text ${text}`
}

/** Its paths are put together for the few that differ. */
class Entry implements DiffEntry {
  readonly item: Item
  readonly kind: Site["kind"]
  readonly sealed: boolean
  readonly value: string
  readonly text: string | null

  constructor(item: Item, { kind, sealed, value, text }: Known) {
    this.item = item
    this.kind = kind
    this.sealed = sealed
    this.value = `${kind} ${value}`
    this.text = text
  }

  get document(): number {
    return documentOf(this.item)
  }

  get path(): readonly (string | number)[] {
    return fullPath(this.item)
  }

  get shown(): readonly (string | number)[] {
    return shownPath(this.item)
  }

  get keys(): readonly string[] {
    return keyPath(this.item)
  }

  get isInList(): boolean {
    return this.path.some((part) => typeof part === "number")
  }
}

/** A comment belongs to the entry below it in the same mapping or list, else to that. */
function placed(known: readonly Known[]): DiffEntry[] {
  let below: Site | null = null
  const entries: DiffEntry[] = []
  for (let at = known.length - 1; at >= 0; at--) {
    const { site, kind } = known[at]!
    const isOfBelow = kind === "comment" && below !== null && isWithin(below, site)
    if (kind !== "comment") below = site
    entries.push(new Entry((isOfBelow ? below! : site).item, known[at]!))
  }
  return entries.reverse()
}

function isWithin(site: Site, comment: Site): boolean {
  for (let at = site.item.parent; at !== null; at = at.parent) if (at === comment.item) return true
  return site.item === comment.item
}

/** One difference between two versions of a file. */
export interface ValueChange {
  readonly op: "changed" | "added" | "removed" | "moved" | "comment"
  /** Where it is: in the new version, if it is there. */
  readonly before: DiffEntry | null
  readonly after: DiffEntry | null
}

/**
 * What differs between two versions, in the order of the new one. Equal entries are paired first, so an element that
 * was put before a list changes no other element; the rest is paired by its path, and what then has the same value
 * elsewhere has moved.
 */
export function compareEntries(before: readonly DiffEntry[], after: readonly DiffEntry[]): ValueChange[] {
  const numbers = new Map<string, number>()
  const numberOf = ({ keys, value }: DiffEntry): number => {
    const text = JSON.stringify([keys, value])
    const known = numbers.get(text) ?? numbers.size
    numbers.set(text, known)
    return known
  }
  const partners = pairUp(before, after, numberOf)
  const taken = new Set<number>()
  for (const partner of partners) if (partner !== -1) taken.add(partner)
  const rest = new Pool(before, taken)
  // Where each old entry is now.
  const places = new Map<number, number>()
  partners.forEach((partner, at) => {
    if (partner !== -1) places.set(partner, at)
  })
  const found: { readonly at: number; readonly change: ValueChange }[] = []
  after.forEach((entry, at) => {
    if (partners[at] !== -1) return
    const same = rest.takeEqual(entry)
    const index = same ?? rest.takeAt(entry)
    if (same === null && index !== null) places.set(index, at)
    const op = same !== null ? "moved" : index === null ? "added" : "changed"
    const other = index === null ? null : before[index]!
    found.push({ at, change: { op: entry.kind === "comment" ? "comment" : op, before: other, after: entry } })
  })
  let place = -1
  before.forEach((entry, index) => {
    place = places.get(index) ?? place
    if (taken.has(index)) return
    // It is listed after the one that was before it.
    const op = entry.kind === "comment" ? "comment" : "removed"
    found.push({ at: place + 0.5, change: { op, before: entry, after: null } })
  })
  return onePerComment(found.sort((a, b) => a.at - b.at).map(({ change }) => change))
}

/** As `align`, but compares common beginnings and ends one by one: nearly all of most files. */
function pairUp(
  before: readonly DiffEntry[],
  after: readonly DiffEntry[],
  numberOf: (entry: DiffEntry) => number,
): Int32Array {
  const most = Math.min(before.length, after.length)
  let start = 0
  while (start < most && isSameEntry(before[start]!, after[start]!)) start++
  let rest = 0
  while (rest < most - start && isSameEntry(before.at(-1 - rest)!, after.at(-1 - rest)!)) rest++
  const shift = before.length - after.length
  const partners = Int32Array.from(after, (_, at) => (at < start ? at : at + shift))
  const end = after.length - rest
  const middle = align(before.slice(start, before.length - rest).map(numberOf), after.slice(start, end).map(numberOf))
  for (const [at, partner] of middle.entries()) partners[start + at] = partner === -1 ? -1 : start + partner
  return partners
}

/** The same value under the same keys; positions in lists do not count. */
function isSameEntry(a: DiffEntry, b: DiffEntry): boolean {
  if (a.value !== b.value) return false
  let [left, right]: [Item | null, Item | null] = [a.item, b.item]
  for (;;) {
    while (left !== null && left.key === null) left = left.parent
    while (right !== null && right.key === null) right = right.parent
    if (left === null || right === null) return left === right
    if (left.key !== right.key) return false
    left = left.parent
    right = right.parent
  }
}

/** How many entries of one path are tried for each other one: a long list of equal keys takes linear time. */
const lookedAt = 100

/** Entries of the old version that nothing is paired with yet. */
class Pool {
  readonly #entries: readonly DiffEntry[]
  readonly #taken: Set<number>
  readonly #byPath = new Map<string, number[]>()

  constructor(entries: readonly DiffEntry[], taken: Set<number>) {
    this.#entries = entries
    this.#taken = taken
    entries.forEach((entry, index) => {
      if (taken.has(index)) return
      for (const path of [pathText(entry), keysText(entry)]) {
        const places = this.#byPath.get(path)
        if (places === undefined) this.#byPath.set(path, [index])
        else places.push(index)
      }
    })
  }

  /** The same value at the same keys, in another place. */
  takeEqual(entry: DiffEntry): number | null {
    return this.#take(keysText(entry), (other) => other.value === entry.value)
  }

  /** What was at the same path, or else at the same keys of another list element. */
  takeAt(entry: DiffEntry): number | null {
    return this.#take(pathText(entry), () => true) ?? (entry.isInList ? this.#take(keysText(entry), () => true) : null)
  }

  #take(path: string, fits: (entry: DiffEntry) => boolean): number | null {
    const places = this.#byPath.get(path) ?? []
    // Entries that are taken are dropped from the front, so that repeated keys take linear time.
    while (places.length > 0 && this.#taken.has(places[0]!)) places.shift()
    const index = places.slice(0, lookedAt).find((each) => !this.#taken.has(each) && fits(this.#entries[each]!))
    if (index === undefined) return null
    this.#taken.add(index)
    return index
  }
}

function pathText({ kind, document, path }: DiffEntry): string {
  return JSON.stringify(["at", kind === "comment", document, path])
}

function keysText({ kind, keys }: DiffEntry): string {
  return JSON.stringify(["keys", kind === "comment", keys])
}

/** Several comments of one entry are one change. */
function onePerComment(changes: readonly ValueChange[]): ValueChange[] {
  const seen = new Set<string>()
  return changes.filter((change) => {
    if (change.op !== "comment") return true
    const text = pathText((change.after ?? change.before)!)
    if (seen.has(text)) return false
    seen.add(text)
    return true
  })
}
