import { type EntrySpan, type Format, type Scan } from "../format.ts"
import { exactText, type Scalar } from "../scalar.ts"
import { type Item, type Site, type SiteKind, documentOf } from "../site.ts"
import { giveOut, giveOutByLeaves } from "./comment-owners.ts"

/** Gives equal texts equal numbers, over all versions of a document, so that one comparison tells equal contents. */
export class Names {
  readonly #numbers = new Map<string, number>()

  of(text: string): number {
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    this.#numbers.set(text, this.#numbers.size)
    return this.#numbers.size - 1
  }
}

/**
 * One entry of a mapping or list, or a document, as the merge sees it: with its own comments, and with
 * numbers that are equal where the content is equal.
 */
export interface MergeEntry {
  readonly item: Item
  /** Identifies it among its siblings in all versions: its key, and how many of that key come before it. */
  readonly id: string
  readonly kind: SiteKind
  /** `null` for a mapping, a list, a null. */
  readonly scalar: Scalar | null
  readonly entries: readonly MergeEntry[]
  /** Of a value: its lines in the text. They are several where an INI key repeats; the last one is what upstream sees. */
  readonly lines: readonly Site[]
  /** Comments in the lines right above it, and after it. */
  readonly above: readonly Site[]
  readonly beside: readonly Site[]
  /** Comments in it that belong to none of its entries. */
  readonly free: readonly Site[]
  /** Where it is in the text; `null` for what an alias leads to, and for a document. */
  readonly span: EntrySpan | null
  /** Values alone, without comments and without the order of mappings. */
  readonly value: number
  /** With the comments in it. Its own, above and beside, do not count. */
  readonly content: number
  /** The same with the order of everything in it. */
  readonly exact: number
  readonly aboveNumber: number
  readonly besideNumber: number
  readonly freeNumber: number
}

/** One version of a document, ready to be merged. */
export interface MergeVersion {
  readonly scan: Scan
  readonly documents: readonly MergeEntry[]
  readonly hasAliases: boolean
}

/** What all entries of one version share. */
interface Shared {
  readonly format: Format
  readonly names: Names
  readonly noComment: number
  placeOf(item: Item): EntrySpan | null
}

/** An entry while its version is read. What compares a whole mapping or list is made when it is asked for. */
class Growing implements MergeEntry {
  readonly item: Item
  readonly #shared: Shared
  id = ""
  kind: SiteKind = "map"
  scalar: Scalar | null = null
  readonly entries: Growing[] = []
  readonly above: Site[] = []
  readonly beside: Site[] = []
  readonly free: Site[] = []
  /** Earlier lines of a repeated key, which upstream does not see. */
  readonly shadowed: Site[] = []
  site: Site | null = null
  #place: EntrySpan | null | undefined
  #value = -1
  #content = -1
  #exact = -1

  constructor(item: Item, shared: Shared) {
    this.item = item
    this.#shared = shared
  }

  get span(): EntrySpan | null {
    if (this.#place === undefined) this.#place = this.item.parent === null ? null : this.#shared.placeOf(this.item)
    return this.#place
  }

  get lines(): readonly Site[] {
    return this.site === null ? this.shadowed : [...this.shadowed, this.site]
  }

  get value(): number {
    if (this.#value === -1) {
      const isEmpty = this.entries.length === 0 && this.shadowed.length === 0
      this.#value = this.#shared.names.of(
        isEmpty
          ? `${this.kind} ${scalarName(this.scalar)}`
          : `value ${this.#own()} ${this.#listed((each) => `${each.value}`, this.kind === "map")}`,
      )
    }
    return this.#value
  }

  get content(): number {
    if (this.#content === -1)
      this.#content = this.#isBare() ? this.value : this.#named("content", (each) => each.content, this.kind === "map")
    return this.#content
  }

  get exact(): number {
    if (this.#exact === -1)
      this.#exact = this.#isBare() ? this.value : this.#named("exact", (each) => each.exact, false)
    return this.#exact
  }

  get aboveNumber(): number {
    return this.#numberOf(this.above)
  }

  get besideNumber(): number {
    return this.#numberOf(this.beside)
  }

  get freeNumber(): number {
    return this.#numberOf(this.free)
  }

  /** Most entries are scalars: they hold no order and no comment. */
  #isBare(): boolean {
    return this.entries.length === 0 && this.shadowed.length === 0 && this.free.length === 0
  }

  #named(what: string, inner: (each: Growing) => number, isSorted: boolean): number {
    const listed = this.#listed((each) => `${inner(each)}/${each.aboveNumber}/${each.besideNumber}`, isSorted)
    return this.#shared.names.of(`${what} ${this.#own()} ${this.freeNumber} ${listed}`)
  }

  #own(): string {
    const scalars = [this.scalar, ...this.shadowed.map(({ scalar }) => scalar)]
    return [this.kind, ...scalars.map(scalarName)].join(" ")
  }

  #listed(of: (each: Growing) => string, isSorted: boolean): string {
    const isMap = this.kind === "map"
    const all = this.entries.map((each) => `${isMap ? `${each.id.length}:${each.id}` : ""}=${of(each)}`)
    return (isSorted ? all.sort() : all).join(",")
  }

  #numberOf(comments: readonly Site[]): number {
    const { format, names, noComment } = this.#shared
    return comments.length === 0 ? noComment : names.of(commentsText(comments, format))
  }
}

/**
 * The tree of one version.
 *
 * @param scan - of a text whose metadata block is in it, since that decides what comments belong to
 * @param names - the same for all versions that are compared
 */
export function versionOf(format: Format, scan: Scan, names: Names): MergeVersion {
  const entries = new Map<Item, Growing>()
  const roots: Growing[] = []
  let places: ReturnType<Format["places"]> | null = null
  // Finding all places may take another pass over the whole text, and often nobody asks.
  const shared: Shared = {
    format,
    names,
    noComment: names.of("no comment"),
    placeOf: (item) => (places ??= format.places(scan))(item),
  }
  const entryOf = (item: Item): Growing => {
    const known = entries.get(item)
    if (known !== undefined) return known
    const entry = new Growing(item, shared)
    entries.set(item, entry)
    if (item.parent === null) roots[documentOf(item)] = entry
    else entryOf(item.parent).entries.push(entry)
    return entry
  }
  const comments: Site[] = []
  for (const site of scan.sites) {
    const entry = entryOf(site.item)
    if (site.kind === "comment") {
      if (site.inList === true && entry.entries.length === 0) entry.kind = "list"
      if (site.alias === undefined) comments.push(site)
    } else if (site.shadowed === true) entry.shadowed.push(site)
    else {
      entry.kind = site.kind
      entry.scalar = site.scalar
      entry.site = site
    }
  }
  for (let index = 0; index < scan.documents; index++) {
    if (roots[index] === undefined) entryOf({ parent: null, key: null, index })
  }
  if (format.commentsFollowLeaves === true) giveOutByLeaves(comments, entries, scan)
  else giveOut(comments, entries, scan.source)
  for (const root of roots) settle(root)
  return { scan, documents: roots, hasAliases: scan.aliases.length > 0 }
}

/** Says what each container is, and names what is in it. */
function settle(entry: Growing): void {
  const { entries } = entry
  if (entries.length === 0) return
  entry.kind = entries[0]!.item.key === null ? "list" : "map"
  const seen = new Map<string, number>()
  for (const [at, each] of entries.entries()) {
    const { key } = each.item
    const nth = key === null ? at : (seen.get(key) ?? 0)
    if (key !== null) seen.set(key, nth + 1)
    each.id = `${nth} ${key ?? ""}`
    settle(each)
  }
}

function scalarName(scalar: Scalar | null): string {
  if (scalar === null) return "-"
  const text = exactText(scalar)
  if (text !== null) return `${scalar.kind}:${text.length}:${text}`
  const { kind, bytes } = scalar
  return `${kind} in bytes:${bytes.length}:${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1")}`
}

/** Equal where the same lines say the same. */
export function linesNumber(lines: readonly Site[], names: Names): number {
  return names.of(`lines ${lines.map(({ scalar }) => scalarName(scalar)).join(" ")}`)
}

function commentsText(comments: readonly Site[], format: Format): string {
  if (comments.length === 0) return "no comment"
  return comments.map((site) => comparedComment(site, format)).join("\n")
}

/** The part of a comment that counts. */
export function comparedComment({ scalar }: Site, { settled }: Format): string {
  return scalarName(scalar === null ? null : (settled?.(scalar) ?? scalar))
}
