import { type Format, type Scan } from "./format.ts"
import { type Alias, type Item, type Site, countedSites, documentOf, fullPath } from "./site.ts"
import { splice } from "./splice.ts"
import { type Edit } from "./text.ts"

/**
 * The sites as they are once aliases are written out: a comment after an alias belongs to the mapping or list that
 * takes its place, and a comment's container is what its token authenticates.
 *
 * @param sites - of `scan`
 * @returns the same values, and the comments in their new places
 */
export function writtenOut(format: Format, scan: Scan, sites: readonly Site[], aliases: readonly Alias[]): Site[] {
  const edits = aliases.map((alias) => format.expand(scan, alias, () => null))
  const offsets = new Offsets(edits)
  const values = sites.filter(({ kind }) => kind !== "comment")
  const comments = new Map(
    sites.flatMap((site) => (site.kind === "comment" ? [[site.span!.start, site] as const] : [])),
  )
  const items = itemsByPath(values)
  let nth = 0
  const found = countedSites(format.scan(splice(scan.source, edits)))
  const result = found.map((site): Site | undefined => {
    if (site.kind !== "comment") return values[nth++]
    const before = comments.get(offsets.before(site.span!.start))
    const item = items.get(placeOf(site.item))
    if (before === undefined || item === undefined) return undefined
    return { ...site, item, span: before.span, style: before.style, line: before.line }
  })
  const isWhole = result.length === sites.length && result.every((site): site is Site => site !== undefined)
  return isWhole ? result : [...sites]
}

/** Every entry that leads to a value, by where it is: two scans of alike texts have different items for one place. */
function itemsByPath(values: readonly Site[]): Map<string, Item> {
  const items = new Map<string, Item>()
  const seen = new Set<Item>()
  for (const { item } of values) {
    for (let at: Item | null = item; at !== null && !seen.has(at); at = at.parent) {
      seen.add(at)
      items.set(placeOf(at), at)
    }
  }
  return items
}

function placeOf(item: Item): string {
  return JSON.stringify([documentOf(item), ...fullPath(item)])
}

/** Translates offsets of an edited text back into those of the text before its edits. */
export class Offsets {
  /** Ends of the inserted texts in the edited text, ascending. */
  readonly #ends: number[] = []
  /** By how much offsets after the end of the same number are shifted. */
  readonly #shifts: number[] = []

  constructor(edits: readonly Edit[]) {
    let shift = 0
    for (const { start, end, text } of [...edits].sort((a, b) => a.start - b.start)) {
      this.#ends.push(start + shift + text.length)
      shift += text.length - (end - start)
      this.#shifts.push(shift)
    }
  }

  /** @param offset - outside of what the edits inserted */
  before(offset: number): number {
    let low = 0
    let high = this.#ends.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#ends[middle]! <= offset) low = middle + 1
      else high = middle
    }
    return offset - (this.#shifts[low - 1] ?? 0)
  }

  /** The edit of the edited text as one of the text before; it must not touch what was inserted. */
  editBefore({ start, end, text }: Edit): Edit {
    const at = this.before(start)
    return { start: at, end: at + (end - start), text }
  }
}
