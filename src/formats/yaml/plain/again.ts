import { blockOf, SimpleStyle, type SimpleSites, SiteSink } from "./simple-sites.ts"
import { isReadable, readEntries } from "./simple.ts"
import { assert } from "../../../errors/app-error.ts"
import { type PlainEntries, type YamlScan, type YamlSite } from "../resolve/model.ts"

/** Numbers for each entry in `PlainEntries`. */
const STRIDE = 3

/**
 * The sites of a text that differs little from one that was read before, as `simpleSites` finds them. Only the entries
 * of the root around the difference are read, and the metadata; all others are those of before, further on.
 *
 * In a plain text without comments whose first keys are in column 0, what one of the root's entries says is in its
 * lines: from a line that begins with a key to the next such line, or to the end. Where those lines are the same, so is
 * what they say. That no name is there twice is looked at for all.
 *
 * @returns `null` where that does not hold, or is not known
 */
export function sitesAgain(
  source: string,
  metadataKey: string,
  before: YamlScan,
  whole: () => readonly YamlSite[],
): SimpleSites | null {
  const { source: old, plainColumn, plainEntries, roots, metadata } = before
  if (plainEntries === undefined || plainColumn !== 0 || old.includes("#") || source.includes("#")) return null
  const isBare = source === old.slice(0, plainEntries.end)
  const end = isBare || metadata === null ? source.length : source.lastIndexOf(`\n${metadataKey}:`) + 1
  if (end === 0) return null
  if (!isReadable(source.slice(end))) return null
  const values = { source, metadataKey, end, before, plainEntries, whole }
  const found = source.slice(0, end) === old.slice(0, plainEntries.end) ? same(values) : changed(values)
  if (found === null) return null
  const { sites, count } = found

  const root = roots[0]!
  const entries = { starts: [], end }
  if (isBare || metadata === null) return { sites, root, column: 0, metadata: null, entries }
  const last = { root, entries: count, sites: sites.length, end: sites.at(-1)!.span!.end }
  const sink = new SiteSink(source, metadataKey, whole, last)
  const isRead = readEntries(source, sink, { start: end, line: linesIn(source, 0, end) }, source.length)
  if (!isRead || sink.metadata === null || sink.sites.length > 0) return null
  return { sites, root, column: 0, metadata: blockOf(source, sink.metadata), entries }
}

/** A text before its metadata, and what is known of the other one. */
interface Values {
  readonly source: string
  readonly metadataKey: string
  /** Where the metadata begin. */
  readonly end: number
  readonly before: YamlScan
  readonly plainEntries: PlainEntries
  readonly whole: () => readonly YamlSite[]
}

interface Found {
  readonly sites: readonly YamlSite[]
  /** Entries of the root. */
  readonly count: number
}

/** Only the metadata differ, or one text has none. */
function same({ before, plainEntries, whole }: Values): Found {
  const none = { chars: 0, lines: 0 }
  const sites = before.sites.map((site, index) => moved(site, index, none, whole))
  return { sites, count: plainEntries.starts.length / STRIDE }
}

function changed({ source, metadataKey, end, before, plainEntries, whole }: Values): Found | null {
  const { source: old, roots } = before
  const { starts, end: oldEnd } = plainEntries
  const count = starts.length / STRIDE

  // An entry that begins within what is the same begins with a key in both texts.
  const head = sameAtStart(old, source, Math.min(oldEnd, end))
  const tail = sameAtEnd(old.slice(0, oldEnd), source.slice(0, end), Math.min(oldEnd, end) - head)
  let first = 0
  while (first < count && starts[first * STRIDE]! < head) first++
  first--
  let next = first + 1
  while (next < count && starts[next * STRIDE]! <= oldEnd - tail) next++
  if (first < 0) return null

  const chars = end - oldEnd
  const [from, line, sitesBefore] = [starts[first * STRIDE]!, starts[first * STRIDE + 1]!, starts[first * STRIDE + 2]!]
  const until = next === count ? end : starts[next * STRIDE]! + chars
  if (!isReadable(source.slice(from, until))) return null
  const read = new SiteSink(source, metadataKey, whole, { root: roots[0]!, entries: first, sites: sitesBefore, end: 0 })
  if (!readEntries(source, read, { start: from, line }, until)) return null
  if (read.isAside || read.metadata !== null || read.sites.length === 0) return null
  const added = read.starts.length / STRIDE
  // Further on, positions would be others.
  if (next < count && added !== next - first) return null
  if (isTwice(namesOf(source, read.starts), namesOf(old, starts), first, next)) return null

  const sites: YamlSite[] = []
  const take = (begin: number, stop: number, by: { chars: number; lines: number }): void => {
    for (let at = begin; at < stop; at++) sites.push(moved(before.sites[at]!, sites.length, by, whole))
  }
  take(0, sitesBefore, { chars: 0, lines: 0 })
  for (const site of read.sites) sites.push(site)
  if (next < count) {
    const lines = line + linesIn(source, from, until) - starts[next * STRIDE + 1]!
    take(starts[next * STRIDE + 2]!, before.sites.length, { chars, lines })
  }
  return { sites, count: next === count ? first + added : count }
}

function sameAtStart(a: string, b: string, most: number): number {
  let low = 0
  let high = most
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (a.slice(low, middle) === b.slice(low, middle)) low = middle
    else high = middle - 1
  }
  return low
}

function sameAtEnd(a: string, b: string, most: number): number {
  let low = 0
  let high = most
  while (low < high) {
    const middle = (low + high + 1) >> 1
    const isSame = a.slice(a.length - middle, a.length - low) === b.slice(b.length - middle, b.length - low)
    if (isSame) low = middle
    else high = middle - 1
  }
  return low
}

function namesOf(source: string, starts: readonly number[]): string[] {
  const names: string[] = []
  for (let at = 0; at < starts.length; at += STRIDE)
    names.push(source.slice(starts[at], source.indexOf(":", starts[at])))
  return names
}

/** Whether one of the names is also that of an entry outside of a range. */
function isTwice(names: readonly string[], old: readonly string[], first: number, next: number): boolean {
  const others = new Set(old)
  for (let at = first; at < next; at++) others.delete(old[at]!)
  return names.some((name) => others.has(name))
}

function linesIn(source: string, from: number, until: number): number {
  let lines = 0
  for (let at = source.indexOf("\n", from); at !== -1 && at < until; at = source.indexOf("\n", at + 1)) lines++
  return lines
}

function moved(
  { item, scalar, kind, span, line, style }: YamlSite,
  index: number,
  by: { chars: number; lines: number },
  whole: () => readonly YamlSite[],
): YamlSite {
  assert(span !== null && style instanceof SimpleStyle, "plain sites are of values that are in the text")
  return {
    item,
    scalar,
    kind,
    span: { start: span.start + by.chars, end: span.end + by.chars },
    line: line + by.lines,
    style: style.moved(whole, index, by),
  }
}
