import { type EntrySpan, type Scan } from "../format.ts"
import { type Item, type Site } from "../site.ts"
import { type Span } from "../text.ts"
import { startOfLine } from "./lines.ts"

/** An entry that comments are given to. */
interface Owner {
  readonly item: Item
  readonly span: EntrySpan | null
  readonly above: Site[]
  readonly beside: Site[]
  readonly free: Site[]
}

type Owners = ReadonlyMap<Item, Owner>

/**
 * A comment belongs to the value on its line, or to the entry on the line right below it. A comment that an empty line
 * sets apart is about more, and belongs to the mapping or list.
 */
export function giveOut(comments: readonly Site[], entries: Owners, source: string): void {
  if (comments.length === 0) return
  const inText = [...entries.values()]
    .filter(({ span }) => span !== null)
    .sort((a, b) => a.span!.start - b.span!.start || b.span!.end - a.span!.end)
  /** Where the comments above an entry begin. */
  const tops = new Map<Owner, number>()
  for (const comment of comments.toSorted((a, b) => b.span!.start - a.span!.start)) {
    const holder = entries.get(comment.item)!
    const nth = countBefore(inText, comment.span!.start)
    if (comment.inline === true) {
      let at = nth - 1
      while (at >= 0 && !inText[at]!.span!.isBlock) at--
      ;(inText[at]?.beside ?? holder.free).push(comment)
      continue
    }
    // The comment of an INI section is in it, and its span reaches over the header.
    const next = inText[nth]
    const isBelow = next !== undefined && (next.item.parent === holder.item || next === holder)
    if (isBelow && isAbove(source, comment.span!, tops.get(next) ?? next.span!.start)) {
      next.above.push(comment)
      tops.set(next, comment.span!.start)
    } else holder.free.push(comment)
  }
  for (const { above, beside, free } of entries.values()) for (const list of [above, beside, free]) list.reverse()
}

/**
 * The same where values come in the order of the text: the entry below a comment is the one whose first value comes
 * next, so there is no key to look for.
 */
export function giveOutByLeaves(comments: readonly Site[], entries: Owners, { sites, aliases, source }: Scan): void {
  if (comments.length === 0) return
  const leaves: Leaf[] = sites.filter(({ kind, span }) => kind !== "comment" && span !== null)
  leaves.push(...aliases)
  leaves.sort((a, b) => a.span!.start - b.span!.start)
  /** Where the comments above a line begin: at the highest one. */
  let top = -1
  for (const comment of comments.toSorted((a, b) => b.span!.start - a.span!.start)) {
    const { start, end } = comment.span!
    const holder = entries.get(comment.item)!
    const nth = countBefore(leaves, start)
    const [before, next] = [leaves[nth - 1], leaves[nth]]
    const line = startOfLine(source, start)
    const lead = source.slice(line, start).replace(/#$/, "")
    if (!/^(?:\.\.\.|[\s?-]*)$/.test(lead)) {
      const owner = ownerBeside({ start, line, lead }, { before, next, holder, source })
      ;(owner === null ? holder.free : entries.get(owner)!.beside).push(comment)
      continue
    }
    const lineEnd = source.indexOf("\n", end)
    const isAboveComment = top > lineEnd && source.slice(lineEnd + 1, top).trim() === "#"
    const isAboveText = lineEnd !== -1 && /^[ \t]*[^\s#]/.test(source.slice(lineEnd + 1, lineEnd + 1 + indentMax))
    const owner = isAboveText || isAboveComment ? childOn(next, holder.item) : null
    const isFirst = owner !== null && (before === undefined || !isWithin(before.item, owner))
    if (!isFirst) {
      top = -1
      holder.free.push(comment)
      continue
    }
    top = start
    entries.get(owner)!.above.push(comment)
  }
  for (const { above, beside, free } of entries.values()) for (const list of [above, beside, free]) list.reverse()
}

/** What has a place in the text, and is no comment. */
type Leaf = Pick<Site, "item" | "span">

interface Around {
  readonly before: Leaf | undefined
  readonly next: Leaf | undefined
  readonly holder: Owner
  readonly source: string
}

/**
 * The entry whose value ends on the line of a comment, or else the one whose key begins there. Upstream gives a comment
 * behind `{}`, or behind the key of a mapping, to what comes next; for somebody who reads the text it stays with its line.
 */
function ownerBeside(
  { start, line, lead }: { readonly start: number; readonly line: number; readonly lead: string },
  { before, next, holder, source }: Around,
): Item | null {
  if (before !== undefined) {
    const { end } = before.span!
    // Between the value and the comment there are only ends of what the value is in.
    const isBehind =
      end > line ? !source.slice(end, start).includes(":") : /^[\s,\]}]*$/.test(lead) && /[\]}]/.test(lead)
    const between = source.slice(end, start).replaceAll(/(?<=\s)#[^\n]*/g, "")
    const closed = isBehind ? (between.match(/[\]}]/g)?.length ?? 0) : 0
    let owner: Item | null = before.item
    for (let nth = 0; nth < closed && owner !== null; nth++) owner = owner.parent
    if (isBehind) return owner?.parent === null ? null : owner
  }
  const isHolder = /[&!]/.test(lead) && (holder.span?.start ?? -1) >= line
  return isHolder ? holder.item : childOn(next, holder.item)
}

/** Deeper than any indentation that the nesting limit allows. */
const indentMax = 4096

/** The entry of a holder that a value is in. */
function childOn(leaf: Leaf | undefined, holder: Item): Item | null {
  for (let at: Item | null = leaf?.item ?? null; at !== null; at = at.parent) if (at.parent === holder) return at
  return null
}

function isWithin(item: Item, holder: Item): boolean {
  for (let at: Item | null = item; at !== null; at = at.parent) if (at === holder) return true
  return false
}

function countBefore(inText: readonly { readonly span: Span | null }[], offset: number): number {
  let low = 0
  let high = inText.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (inText[middle]!.span!.start < offset) low = middle + 1
    else high = middle
  }
  return low
}

/** Whether only one line end, spaces and a mark are between. */
function isAbove(source: string, comment: { readonly end: number }, top: number): boolean {
  if (top <= comment.end) return true
  const lineEnd = source.indexOf("\n", comment.end)
  if (lineEnd === -1 || lineEnd >= top) return false
  for (let at = comment.end; at < top; at++) {
    const character = source[at]!
    if (at !== lineEnd && !" \t\r#;".includes(character)) return false
  }
  return true
}
