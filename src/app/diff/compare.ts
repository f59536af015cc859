import { align } from "../../core/align.ts"
import { type DiffEntry } from "./entries.ts"

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
  const partners = align(before.map(numberOf), after.map(numberOf))
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
