import { type Decide, type MergeSide } from "./by-key.ts"
import { mergePlain, type MergeOptions, type PlainMerge, type PlainTexts } from "./merge.ts"
import { type MergeEntry, type MergeVersion } from "./tree.ts"
import { fullPath, shownPath } from "../site.ts"

/** Why no parent vouches for the content of a path. */
type Reason = "unknown-value" | "moved" | "missing" | "added" | "replayed" | "conflict"

interface Refusal {
  readonly path: readonly (string | number)[]
  readonly reason: Reason
}

/** A path at which a file differs from the common ancestor, and the sides that have the same. */
export interface Origin {
  readonly path: readonly (string | number)[]
  readonly kind: "changed" | "added" | "removed" | "comment"
  readonly from: MergeSide | "both"
}

export interface Vouched {
  /** None: every site of the file is what the merge of its parents gives. */
  readonly refused: readonly Refusal[]
  readonly origins: readonly Origin[]
  /** Conflicts of the merge that somebody decided in favour of one side. */
  readonly chosen: readonly (readonly (string | number)[])[]
  /** Mappings whose order is not that of the merge, but of a parent. */
  readonly reordered: readonly (readonly (string | number)[])[]
  readonly merge: PlainMerge
}

/**
 * Compares a file with what the merge of its parents gives, site by site: documents, paths, kinds, scalars, clear values
 * and comments. Where the merge conflicts, a file may have what either side has, as a whole.
 *
 * @param file - the plain text of the file
 * @throws {AppError} what a format's scan throws
 */
export function vouchFor(file: string, texts: PlainTexts, options: Omit<MergeOptions, "decide" | "isDraft">): Vouched {
  const open = mergePlain(texts, { ...options, isDraft: true })
  const seen = open.judge.version(file)
  const decided = new Map<string, MergeSide>()
  const undecided: Refusal[] = []
  for (const { document, path, ours, theirs } of open.conflicts) {
    const content = entryAt(seen, document, path)?.content ?? null
    const side = [ours, theirs].findIndex((each) => (each?.content ?? null) === content)
    if (side === -1 || (ours === null && theirs === null)) undecided.push({ path, reason: "conflict" })
    else decided.set(keyOf(document, path), side === 0 ? "ours" : "theirs")
  }
  const decide: Decide = ({ document, path }) => decided.get(keyOf(document, path)) ?? null
  const merge = decided.size === 0 ? open : mergePlain(texts, { ...options, decide, isDraft: true })
  if (undecided.length > 0 || merge.text === null || merge.conflicts.length > 0) {
    const left =
      undecided.length > 0 ? undecided : merge.conflicts.map(({ path }): Refusal => ({ path, reason: "conflict" }))
    return { refused: left, origins: [], chosen: [], reordered: [], merge }
  }
  const comparer = new Comparer(merge, merge.judge.version(merge.text), merge.judge.version(file))
  comparer.compare()
  const chosen = open.conflicts.map(({ path }) => path)
  return { refused: comparer.refused, origins: comparer.origins(), chosen, reordered: comparer.reordered, merge }
}

function keyOf(document: number, path: readonly (string | number)[]): string {
  return JSON.stringify([document, ...path])
}

function entryAt(version: MergeVersion, document: number, path: readonly (string | number)[]): MergeEntry | null {
  let at: MergeEntry | undefined = version.documents[document]
  for (const part of path)
    at = at?.entries.find(({ item }) => (item.key === null ? item.index === part : item.key === part))
  return at ?? null
}

class Comparer {
  readonly refused: Refusal[] = []
  readonly reordered: (readonly (string | number)[])[] = []
  readonly #merge: PlainMerge
  readonly #expected: MergeVersion
  readonly #found: MergeVersion
  /** Contents that are anywhere in a parent. */
  readonly #known: ReadonlySet<number>

  constructor(merge: PlainMerge, expected: MergeVersion, found: MergeVersion) {
    this.#merge = merge
    this.#expected = expected
    this.#found = found
    const { ours, theirs } = merge.versions
    this.#known = new Set([ours, theirs].flatMap((version) => version.documents.flatMap(contentsOf)))
  }

  compare(): void {
    this.#lists(this.#expected.documents, this.#found.documents)
  }

  #refuse(entry: MergeEntry, reason: Reason): void {
    this.refused.push({ path: shownPath(entry.item), reason })
  }

  #entries(wanted: MergeEntry, found: MergeEntry): void {
    if (wanted.aboveNumber !== found.aboveNumber || wanted.besideNumber !== found.besideNumber)
      this.#refuse(found, "unknown-value")
    if (wanted.exact === found.exact) return
    if (wanted.kind !== found.kind || (wanted.kind !== "map" && wanted.kind !== "list")) {
      this.#refuse(found, this.#reasonFor(found))
      return
    }
    if (wanted.freeNumber !== found.freeNumber) this.#refuse(found, "unknown-value")
    if (wanted.kind === "map") this.#maps(wanted, found)
    else this.#lists(wanted.entries, found.entries)
  }

  #maps(wanted: MergeEntry, found: MergeEntry): void {
    const rest = new Map(found.entries.map((entry) => [entry.id, entry]))
    const before = this.refused.length
    for (const entry of wanted.entries) {
      const other = rest.get(entry.id)
      rest.delete(entry.id)
      if (other === undefined) this.#refuse(entry, "missing")
      else this.#entries(entry, other)
    }
    for (const entry of rest.values()) this.#refuse(entry, this.#known.has(entry.content) ? "moved" : "added")
    const order = found.entries.map(({ id }) => id).join("\n")
    if (this.refused.length > before || order === wanted.entries.map(({ id }) => id).join("\n")) return
    if (this.#isOrderOfParents(found)) this.reordered.push(fullPath(found.item))
    else this.#refuse(found, "moved")
  }

  /** Each parent's keys are in that parent's order, or all in the order of one. */
  #isOrderOfParents(found: MergeEntry): boolean {
    const path = fullPath(found.item)
    const document = this.#found.documents.findIndex((root) => isWithin(root, found))
    return (["ours", "theirs"] as const).every((side) => {
      const parent = entryAt(this.#merge.versions[side], document, path)
      if (parent === null) return true
      const own = new Set(parent.entries.map(({ id }) => id))
      const here = found.entries.map(({ id }) => id).filter((id) => own.has(id))
      const kept = new Set(here)
      const there = parent.entries.map(({ id }) => id).filter((id) => kept.has(id))
      return here.every((id, at) => id === there[at])
    })
  }

  #lists(wanted: readonly MergeEntry[], found: readonly MergeEntry[]): void {
    const most = Math.max(wanted.length, found.length)
    const isShuffled =
      wanted.length === found.length &&
      wanted.some((entry, at) => entry.content !== found[at]!.content) &&
      sorted(wanted) === sorted(found)
    for (let at = 0; at < most; at++) {
      const [expected, entry] = [wanted[at], found[at]]
      if (entry === undefined) this.#refuse(expected!, "missing")
      else if (expected === undefined) this.#refuse(entry, this.#known.has(entry.content) ? "moved" : "added")
      else if (isShuffled && expected.content !== entry.content) this.#refuse(entry, "moved")
      else this.#entries(expected, entry)
    }
  }

  #reasonFor(found: MergeEntry): Reason {
    const document = this.#found.documents.findIndex((root) => isWithin(root, found))
    const before = entryAt(this.#merge.versions.base, document, fullPath(found.item))
    if (before?.content === found.content) return "replayed"
    return this.#known.has(found.content) ? "moved" : "unknown-value"
  }

  /** Where the file differs from the common ancestor. */
  origins(): Origin[] {
    const { base, ours, theirs } = this.#merge.versions
    const origins: Origin[] = []
    for (const document of this.#found.documents.keys()) {
      const of = (version: MergeVersion): Leaves => leavesOf(version.documents[document])
      const [was, now, o, t] = [of(base), of(this.#found), of(ours), of(theirs)]
      for (const key of new Set([...was.keys(), ...now.keys()])) {
        const [before, after] = [was.get(key), now.get(key)]
        if (before !== undefined && after !== undefined && sameAll(before, after)) continue
        const isOurs = sameAll(o.get(key), after)
        const isTheirs = sameAll(t.get(key), after)
        const isValueSame = before !== undefined && before.content === after?.content
        origins.push({
          path: shownPath((after ?? before)!.item),
          kind: after === undefined ? "removed" : before === undefined ? "added" : isValueSame ? "comment" : "changed",
          from: isOurs && isTheirs ? "both" : isTheirs ? "theirs" : "ours",
        })
      }
    }
    return origins
  }
}

type Leaves = ReadonlyMap<string, MergeEntry>

function leavesOf(root: MergeEntry | undefined): Map<string, MergeEntry> {
  const leaves = new Map<string, MergeEntry>()
  const visit = (entry: MergeEntry): void => {
    if (entry.entries.length === 0 && entry.item.parent !== null)
      leaves.set(JSON.stringify(fullPath(entry.item)), entry)
    for (const each of entry.entries) visit(each)
  }
  if (root !== undefined) visit(root)
  return leaves
}

function sameAll(a: MergeEntry | undefined, b: MergeEntry | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return a.content === b.content && a.aboveNumber === b.aboveNumber && a.besideNumber === b.besideNumber
}

function contentsOf(entry: MergeEntry): number[] {
  return [entry.content, ...entry.entries.flatMap(contentsOf)]
}

function sorted(entries: readonly MergeEntry[]): string {
  return entries
    .map(({ content }) => content)
    .toSorted((a, b) => a - b)
    .join(" ")
}

function isWithin(root: MergeEntry, { item }: MergeEntry): boolean {
  let at = item
  while (at.parent !== null) at = at.parent
  return at === root.item
}
