import { type Format } from "../format.ts"
import { documentOf, shownPath, type Site, type SiteKind } from "../site.ts"
import { type Names, comparedComment, linesNumber, type MergeEntry, type MergeVersion } from "./tree.ts"
import { mergeOrder, hunksOf, mergeSequences } from "./sequence.ts"

export type MergeSide = "ours" | "theirs"

/** What the two sides cannot both have. `path` is empty for a whole document. */
export interface KeyConflict {
  readonly kind: "value" | "add" | "delete" | "kind" | "list" | "comment" | "document" | "anchor" | "internal"
  readonly document: number
  readonly path: readonly (string | number)[]
  /** What each version has there. */
  readonly base: MergeEntry | null
  readonly ours: MergeEntry | null
  readonly theirs: MergeEntry | null
}

/** One entry of the result, and where it comes from. */
export interface Merged {
  readonly ours: MergeEntry | null
  readonly theirs: MergeEntry | null
  /** Whose value it is; `both`: a mapping or list to which each side contributed. */
  readonly value: MergeSide | "both"
  /** Of `both`, in order. */
  readonly entries: readonly Merged[]
  /** Of `both`: the lines of a key that repeats in INI; `null` for all else. */
  readonly lines: readonly MergedLine[] | null
  /** Whose comments are above, and beside. */
  readonly above: MergeSide
  readonly beside: MergeSide
  /** Of `both`: the comments within that belong to no entry. */
  readonly free: readonly Site[]
  /** The order of the entries of `both` is not that of ours; it is that of theirs. */
  readonly isReordered: boolean
}

interface MergedLine {
  readonly site: Site
  readonly side: MergeSide
}

/** Decides a conflict; `null` leaves it open. */
export type Decide = (conflict: KeyConflict) => MergeSide | null

interface KeyMerge {
  readonly documents: readonly Merged[]
  /** Conflicts that nobody decided; the result has ours there, or what theirs changed where ours has nothing. */
  readonly conflicts: readonly KeyConflict[]
}

/** A three-way merge by key: the exact content that the result must have, whatever its text looks like. */
export function mergeByKey(
  versions: { readonly base: MergeVersion; readonly ours: MergeVersion; readonly theirs: MergeVersion },
  { format, names, decide }: { readonly format: Format; readonly names: Names; readonly decide: Decide },
): KeyMerge {
  const merger = new Merger(format, names, decide)
  const documents = merger.documents(versions.base.documents, versions.ours.documents, versions.theirs.documents)
  return { documents, conflicts: merger.conflicts }
}

type Three = { readonly base: MergeEntry | null; readonly ours: MergeEntry | null; readonly theirs: MergeEntry | null }

class Merger {
  readonly conflicts: KeyConflict[] = []
  readonly #format: Format
  readonly #names: Names
  readonly #decide: Decide
  readonly #noComment: number

  constructor(format: Format, names: Names, decide: Decide) {
    this.#format = format
    this.#names = names
    this.#decide = decide
    this.#noComment = names.of("no comment")
  }

  documents(base: Entries, ours: Entries, theirs: Entries): Merged[] {
    const named = this.#resources([base, ours, theirs])
    const isByPlace = base.length === ours.length && base.length === theirs.length
    if (named !== null && (!isByPlace || haveMovedNames(named))) return this.#named(named).entries
    return this.#byPlace(base, ours, theirs)
  }

  /** Documents by their position; those after the others' last were added or removed there. */
  #byPlace(base: Entries, ours: Entries, theirs: Entries): Merged[] {
    const result: Merged[] = []
    const isContested = isChanged(base, ours) && isChanged(base, theirs) && isChanged(ours, theirs)
    const areMoved = isContested && [ours, theirs].some((each) => haveMoved(base, each) || areInOtherPlaces(base, each))
    for (let at = 0; at < Math.max(base.length, ours.length, theirs.length); at++) {
      const three = { base: base[at] ?? null, ours: ours[at] ?? null, theirs: theirs[at] ?? null }
      const isAddedTwice = three.base === null && three.ours !== null && three.ours.exact !== three.theirs?.exact
      const merged = areMoved
        ? this.#contested(three, "document")
        : isAddedTwice && three.theirs !== null
          ? this.#chosen("document", three)
          : this.#presence(three, "document")
      if (merged !== null) result.push(merged)
    }
    return result
  }

  #resources(versions: readonly (readonly MergeEntry[])[]): Named[] | null {
    const named = versions.map((documents) => byName(documents, (root) => resourceName(root)))
    return named.every((each) => each !== null) ? named : null
  }

  /** @returns `null`: the result has no such entry */
  #presence(three: Three, absence: "delete" | "document" = "delete"): Merged | null {
    const { base, ours, theirs } = three
    if (ours === null && theirs === null) return null
    if (ours !== null && theirs !== null) return this.#entry({ base, ours, theirs })
    const there = (ours ?? theirs)!
    const side: MergeSide = ours === null ? "theirs" : "ours"
    if (base === null) return whole(three, side)
    // Gone on one side: it has to be unchanged on the other.
    if (base.content === there.content && sameComments(base, there)) return null
    const kind = base.value === there.value ? "comment" : absence
    const decision = this.#ask(kind, three)
    if (decision === null) return whole(three, side)
    return decision === side ? whole(three, side) : null
  }

  #entry(three: { base: MergeEntry | null; ours: MergeEntry; theirs: MergeEntry }): Merged {
    return this.#withComments(three, this.#value(three))
  }

  #withComments(three: { base: MergeEntry | null; ours: MergeEntry; theirs: MergeEntry }, inner: Inner): Merged {
    const pick = (of: "aboveNumber" | "besideNumber"): MergeSide => {
      const { base, ours, theirs } = three
      if (ours[of] === theirs[of]) return "ours"
      const before = base?.[of] ?? this.#noComment
      if (ours[of] === before) return "theirs"
      if (theirs[of] === before) return "ours"
      return this.#ask("comment", three) ?? "ours"
    }
    return { ...three, ...inner, above: pick("aboveNumber"), beside: pick("besideNumber") }
  }

  #value(three: { base: MergeEntry | null; ours: MergeEntry; theirs: MergeEntry }): Inner {
    const { base, ours, theirs } = three
    if (ours.exact === theirs.exact) return from("ours")
    // Looks into what only one side changed too, to edit the text as little as possible.
    if (ours.kind === "map" && theirs.kind === "map") return this.#maps(base?.kind === "map" ? base : null, three)
    if (ours.kind === "list" && theirs.kind === "list") return this.#lists(base?.kind === "list" ? base : null, three)
    if (base?.exact === theirs.exact) return from("ours")
    if (base?.exact === ours.exact) return from("theirs")
    const isContainer = (kind: SiteKind): boolean => kind === "map" || kind === "list"
    const isRepeated = [base, ours, theirs].some((each) => each !== null && each.lines.length > 1)
    if (isRepeated && ![ours, theirs].some(({ kind }) => isContainer(kind))) return this.#lines(base, three)
    const differs = ours.kind !== theirs.kind && (isContainer(ours.kind) || isContainer(theirs.kind))
    return from(this.#ask(base === null ? "add" : differs ? "kind" : "value", three) ?? "ours")
  }

  #maps(base: MergeEntry | null, three: { ours: MergeEntry; theirs: MergeEntry }): Inner {
    const versions = [base?.entries ?? [], three.ours.entries, three.theirs.entries] as const
    const entries = this.#named(versions.map(namedEntries), this.#recounted(...versions))
    return { value: "both", ...entries, lines: null, free: this.#free(base, three) }
  }

  /**
   * Repeated keys and sections of which both sides added or removed some, or that one has put in another order while the
   * other changed them. Which of them are the same ones cannot be told.
   */
  #recounted(...versions: readonly [base: Entries, ours: Entries, theirs: Entries]): ReadonlySet<string> {
    const keys = new Set<string>()
    // The first one of each has 0.
    const repeated = versions.flat().filter(({ id }) => !id.startsWith("0 "))
    for (const key of new Set(repeated.map(({ item }) => item.key ?? ""))) {
      const [base, ours, theirs] = versions.map((entries) => entries.filter(({ item }) => item.key === key)) as [
        MergeEntry[],
        MergeEntry[],
        MergeEntry[],
      ]
      const number = (entries: Entries): string => entries.map((each) => this.#elementNumber(each)).join()
      if ([number(base), number(theirs)].includes(number(ours)) || number(base) === number(theirs)) continue
      const isRecounted = base.length !== ours.length && base.length !== theirs.length
      if (isRecounted || haveMoved(base, ours) || haveMoved(base, theirs)) keys.add(key)
    }
    return keys
  }

  /** What cannot be told apart from others of its kind: as it is on one side. */
  #contested(three: Three, kind: "add" | "document" = "add"): Merged | null {
    const { base, ours, theirs } = three
    if (ours === null && theirs === null) return null
    const isAlike = ours !== null && theirs !== null && ours.exact === theirs.exact
    const side = isAlike ? "ours" : this.#ask(kind, three)
    if (ours !== null && theirs !== null) return this.#withComments({ base, ours, theirs }, from(side ?? "ours"))
    if (side === null) return whole(three, ours === null ? "theirs" : "ours")
    return three[side] === null ? null : whole(three, side)
  }

  #named(
    [base, ours, theirs]: readonly Named[],
    recounted: ReadonlySet<string> = new Set(),
  ): Pick<Merged, "entries" | "isReordered"> & { entries: Merged[] } {
    const merged = new Map<string, Merged>()
    for (const name of new Set([...ours!.keys(), ...theirs!.keys()])) {
      const three = {
        base: base!.get(name) ?? null,
        ours: ours!.get(name) ?? null,
        theirs: theirs!.get(name) ?? null,
      }
      const isContested = recounted.size > 0 && recounted.has((three.ours ?? three.theirs)!.item.key ?? "")
      const entry = isContested ? this.#contested(three) : this.#presence(three)
      if (entry !== null) merged.set(name, entry)
    }
    const order = mergeOrder([...base!.keys()], [...ours!.keys()], [...theirs!.keys()], new Set(merged.keys()))
    const own = [...ours!.keys()].filter((name) => merged.has(name))
    const isReordered = order.filter((name) => ours!.has(name)).some((name, at) => name !== own[at])
    return { entries: order.map((name) => merged.get(name)!), isReordered }
  }

  /** The lines of a key that repeats, by their number. */
  #lines(base: MergeEntry | null, three: { ours: MergeEntry; theirs: MergeEntry }): Inner {
    const { ours, theirs } = three
    const [b, o, t] = [base?.lines ?? [], ours.lines, theirs.lines]
    const number = (line: Site | undefined): number => (line === undefined ? -1 : linesNumber([line], this.#names))
    const isRecounted = b.length !== o.length && b.length !== t.length
    const chosen: MergedLine[] = []
    for (let nth = 0; nth < Math.max(o.length, t.length); nth++) {
      const [was, mine, other] = [b[nth], o[nth], t[nth]].map(number)
      if (isRecounted || (mine !== other && was !== mine && was !== other))
        return from(this.#ask(isRecounted ? "add" : "value", { base, ...three }) ?? "ours")
      const side: MergeSide = mine === other || was === other ? "ours" : "theirs"
      const site = (side === "ours" ? o : t)[nth]
      if (site !== undefined) chosen.push({ site, side })
    }
    return { ...from("ours"), value: "both", lines: chosen }
  }

  #lists(base: MergeEntry | null, three: { ours: MergeEntry; theirs: MergeEntry }): Inner {
    const { ours, theirs } = three
    const free = this.#free(base, three)
    const named = namedElements([base?.entries ?? [], ours.entries, theirs.entries])
    if (named !== null) return { value: "both", ...this.#named(named), lines: null, free }
    if (base === null) return from(this.#ask("add", { base, ...three }) ?? "ours")
    const numbers = [base, ours, theirs].map((each) => each.entries.map((element) => this.#elementNumber(element)))
    const [b, o, t] = numbers as [number[], number[], number[]]
    const pieces = mergeSequences(hunksOf(b, o), hunksOf(b, t), { base: b.length }, ([start, end], [from_, to]) => {
      return end - start === to - from_ && o.slice(start, end).every((each, at) => each === t[from_ + at])
    })
    if (pieces.some((piece) => piece.from === "conflict")) return from(this.#ask("list", { base, ...three }) ?? "ours")
    const entries = pieces.flatMap((piece): Merged[] => {
      const [start, end] = piece.ours
      const theirsOf = (at: number): MergeEntry | null => theirs.entries[piece.theirs[0] + at - start] ?? null
      if (piece.from === "theirs") {
        // An element in the place of another is a change of it; else they come and go.
        const isReplaced = end - start === piece.theirs[1] - piece.theirs[0]
        return theirs.entries
          .slice(...piece.theirs)
          .map((each, at) =>
            whole({ base: null, ours: isReplaced ? ours.entries[start + at]! : null, theirs: each }, "theirs"),
          )
      }
      return ours.entries
        .slice(start, end)
        .map((each, at) =>
          whole({ base: null, ours: each, theirs: piece.from === "both" ? theirsOf(start + at) : null }, "ours"),
        )
    })
    return { value: "both", entries, lines: null, isReordered: false, free }
  }

  #elementNumber({ content, aboveNumber, besideNumber }: MergeEntry): number {
    return this.#names.of(`element ${content} ${aboveNumber} ${besideNumber}`)
  }

  #free(base: MergeEntry | null, { ours, theirs }: { ours: MergeEntry; theirs: MergeEntry }): readonly Site[] {
    if (ours.freeNumber === theirs.freeNumber || base?.freeNumber === theirs.freeNumber) return ours.free
    if (base?.freeNumber === ours.freeNumber) return theirs.free
    const number = (comment: Site): number => this.#names.of(`comment ${comparedComment(comment, this.#format)}`)
    const [b, o, t] = [base?.free ?? [], ours.free, theirs.free].map((each) => each.map(number)) as [
      number[],
      number[],
      number[],
    ]
    const pieces = mergeSequences(hunksOf(b, o), hunksOf(b, t), { base: b.length }, ([start, end], [from_, to]) => {
      return end - start === to - from_ && o.slice(start, end).every((each, at) => each === t[from_ + at])
    })
    if (pieces.some((piece) => piece.from === "conflict"))
      return this.#ask("comment", { base, ours, theirs }) === "theirs" ? theirs.free : ours.free
    return pieces.flatMap((piece) =>
      piece.from === "theirs" ? theirs.free.slice(...piece.theirs) : ours.free.slice(...piece.ours),
    )
  }

  #chosen(kind: KeyConflict["kind"], three: Three): Merged {
    return whole(three, this.#ask(kind, three) ?? "ours")
  }

  #ask(kind: KeyConflict["kind"], three: Three): MergeSide | null {
    const { item } = (three.ours ?? three.theirs ?? three.base)!
    const conflict: KeyConflict = { kind, document: documentOf(item), path: [...shownPath(item)], ...three }
    const decision = this.#decide(conflict)
    if (decision === null) this.conflicts.push(conflict)
    return decision
  }
}

type Inner = Pick<Merged, "value" | "entries" | "lines" | "free" | "isReordered">

function from(side: MergeSide): Inner {
  return { value: side, entries: [], lines: null, free: [], isReordered: false }
}

function whole({ ours, theirs }: Three, side: MergeSide): Merged {
  return { ours, theirs, ...from(side), above: side, beside: side }
}

function sameComments(a: MergeEntry, b: MergeEntry): boolean {
  return a.aboveNumber === b.aboveNumber && a.besideNumber === b.besideNumber
}

type Entries = readonly MergeEntry[]

/** Whether something of a section or document is in another one now. */
function haveMoved(before: Entries, after: Entries): boolean {
  const keys = after.map(({ entries }) => new Set(entries.map(({ item: { key } }) => key)))
  const all = new Set(keys.flatMap((each) => [...each]))
  return before.some(({ entries }, at) =>
    entries.some(({ item: { key } }) => all.has(key) && keys[at]?.has(key) !== true),
  )
}

/** Whether a document is, as it was, in another place, where another was before. */
function areInOtherPlaces(before: Entries, after: Entries): boolean {
  const numbers = new Set(before.map(({ content }) => content))
  return after.some(
    ({ content }, at) => numbers.has(content) && before[at] !== undefined && before[at].content !== content,
  )
}

function isChanged(before: Entries, after: Entries): boolean {
  return before.length !== after.length || before.some(({ exact }, at) => exact !== after[at]!.exact)
}

/** Whether a document is in another place than in the version before. */
function haveMovedNames([base, ...sides]: readonly Named[]): boolean {
  const places = new Map([...base!.keys()].map((name, at) => [name, at]))
  return sides.some((side) => [...side.keys()].some((name, at) => (places.get(name) ?? at) !== at))
}

type Named = ReadonlyMap<string, MergeEntry>

function namedEntries(entries: readonly MergeEntry[]): Named {
  return new Map(entries.map((entry) => [entry.id, entry]))
}

/** A list of mappings is matched by the first of these that names all its elements. */
const namingKeys: readonly string[] = ["name", "id", "key"]

function namedElements(lists: readonly (readonly MergeEntry[])[]): Named[] | null {
  for (const key of namingKeys) {
    const named = lists.map((list) => byName(list, (element) => scalarOf(element, [key])))
    if (named.every((each) => each !== null)) return named
  }
  return null
}

/** @returns `null` when one has no name, or two have the same */
function byName(entries: readonly MergeEntry[], nameOf: (entry: MergeEntry) => string | null): Named | null {
  const named = new Map<string, MergeEntry>()
  for (const entry of entries) {
    const name = nameOf(entry)
    if (name === null || named.has(name)) return null
    named.set(name, entry)
  }
  return named
}

/** What identifies a document of Kubernetes. */
function resourceName(root: MergeEntry): string | null {
  const kind = scalarOf(root, ["kind"])
  const name = scalarOf(root, ["metadata", "name"])
  if (kind === null || name === null) return null
  return JSON.stringify([scalarOf(root, ["apiVersion"]), kind, name, scalarOf(root, ["metadata", "namespace"])])
}

function scalarOf(entry: MergeEntry, path: readonly string[]): string | null {
  let at: MergeEntry | undefined = entry
  for (const key of path) at = at?.kind === "map" ? at.entries.find(({ item }) => item.key === key) : undefined
  const scalar = at?.scalar ?? null
  return scalar === null ? null : `${scalar.kind}:${Buffer.from(scalar.bytes).toString("latin1")}`
}
