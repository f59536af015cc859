import { type Format, type Scan } from "./format.ts"
import { Offsets } from "./offsets.ts"
import { type Alias, countedSites, type Site } from "./site.ts"
import { splice } from "./splice.ts"

/**
 * The sites as they stand once aliases are written out: a comment behind an alias belongs to the mapping or list that
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
  let nth = 0
  const found = countedSites(format.scan(splice(scan.source, edits)))
  const result = found.map((site): Site | undefined => {
    if (site.kind !== "comment") return values[nth++]
    const before = comments.get(offsets.before(site.span!.start))
    return before === undefined ? undefined : { ...site, span: before.span, style: before.style, line: before.line }
  })
  const isWhole = result.length === sites.length && result.every((site): site is Site => site !== undefined)
  return isWhole ? result : [...sites]
}
