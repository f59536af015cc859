import { commentScalar } from "../../../core/scalar.ts"
import { type Item } from "../../../core/site.ts"
import { type Span } from "../../../core/text.ts"
import { pairEnd, pairStart } from "../edit/meta-block.ts"
import { type CommentLine } from "../scan/node.ts"
import { type YamlEntry, type YamlScan, type YamlSite } from "./model.ts"

/**
 * Comments that go-yaml's scanner passes and no value takes, such as one after `[`, `...` or a directive, or in the
 * metadata: they stay in the text, and nothing seals them. Each gets the innermost entry around it.
 *
 * @param passed - all comments, in the order of the text
 */
export function lostComments(
  { source, sites, entries, docs, roots }: Pick<YamlScan, "source" | "sites" | "entries" | "docs" | "roots">,
  passed: readonly CommentLine[],
): YamlSite[] {
  const taken = new Set<number>()
  for (const { kind, span } of sites) if (kind === "comment" && span !== null) taken.add(span.start)
  const lost = passed.filter(({ span }) => !taken.has(span.start))
  if (lost.length === 0) return []
  const around = [...entries].flatMap(([item, entry]): Extent[] => {
    const extent = extentOf(entry)
    return extent === null ? [] : [{ item, ...extent }]
  })
  around.sort((a, b) => a.start - b.start || b.end - a.end)
  const open: Extent[] = []
  let next = 0
  let document = 0
  return lost.map(({ span, line }): YamlSite => {
    for (; next < around.length && around[next]!.start < span.start; next++) {
      const extent = around[next]!
      while (open.length > 0 && open.at(-1)!.end <= extent.start) open.pop()
      open.push(extent)
    }
    while (open.length > 0 && open.at(-1)!.end < span.start) open.pop()
    while (document < docs.length - 1 && docs[document]!.span.end < span.start) document++
    const item = open.at(-1)?.item ?? roots[document]!
    const scalar = commentScalar(source.slice(span.start, span.end))
    const style = { type: "comment", line: { span, line }, node: null, place: "foot" } as const
    return { item, scalar, kind: "comment", span, line, style }
  })
}

interface Extent extends Span {
  readonly item: Item
}

function extentOf({ pair, value }: YamlEntry): Span | null {
  if (pair !== null) return { start: pairStart(pair), end: pairEnd(pair) }
  if (value === null) return null
  return { start: Math.min(value.properties.start, value.span.start), end: value.span.end }
}
