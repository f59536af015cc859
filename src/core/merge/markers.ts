import { keyPath } from "../site.ts"
import { splice } from "../splice.ts"
import { type Edit } from "../text.ts"
import { type KeyConflict, type MergeSide } from "./by-key.ts"
import {
  beginsLine,
  columnAt,
  endOf,
  indentAt,
  indented,
  indentedLines,
  startOfLine,
  afterLine,
  topOf,
} from "./lines.ts"
import { type PlainMerge } from "./merge.ts"
import { type MergeEntry, type MergeVersion } from "./tree.ts"

/** What follows the markers. */
interface MarkerLabels {
  readonly ours: string
  readonly theirs: string
  /** `null`: do not show what both sides had before. */
  readonly base: string | null
}

/** A part of the text in conflict, and what each version has there. */
interface Region {
  readonly start: number
  readonly end: number
  readonly edits: Readonly<Record<"base" | MergeSide, readonly Edit[]>>
}

/**
 * The merged text with git's markers around conflicts and nothing else. It holds plaintext: it is only for an
 * editor's private folder.
 *
 * @param merge - a draft, whose text has ours instead of each conflict, or theirs where ours has nothing
 */
export function withMarkers(merge: PlainMerge, labels: MarkerLabels): string {
  const { text, conflicts, judge, versions } = merge
  const isWhole = text === null || conflicts.some(({ ours, theirs }) => ours === null && theirs === null)
  if (isWhole) return wholeText(versions, labels)
  const version = judge.version(text)
  const regions: Region[] = []
  for (const conflict of conflicts) {
    const found = entryFor(version, conflict)
    if (found === null || found.span === null) return wholeText(versions, labels)
    regions.push(regionOf(version.scan.source, found, conflict, versions))
  }
  const { source, metadata } = version.scan
  const marked = joined(regions).map((region) => markedEdit(source, region, labels))
  return splice(source, [...marked, ...(metadata?.detach ?? [])])
}

/** Nothing smaller can be shown: both sides whole. */
function wholeText(versions: PlainMerge["versions"], labels: MarkerLabels): string {
  const textOf = ({ scan }: MergeVersion): string => splice(scan.source, scan.metadata?.detach ?? [])
  return marked({ ours: textOf(versions.ours), theirs: textOf(versions.theirs), base: textOf(versions.base) }, labels)
}

/** The entry of the draft that a conflict is about. */
function entryFor(version: MergeVersion, { document, ours, theirs }: KeyConflict): MergeEntry | null {
  const wanted = (ours ?? theirs)!
  const path = JSON.stringify(keyPath(wanted.item))
  const root = version.documents[document]
  const waiting = root === undefined ? [] : [root]
  let near: MergeEntry | null = null
  for (let entry = waiting.pop(); entry !== undefined; entry = waiting.pop()) {
    waiting.push(...entry.entries)
    if (JSON.stringify(keyPath(entry.item)) !== path || entry.item.key !== wanted.item.key) continue
    if (entry.content === wanted.content) return entry
    near ??= entry
  }
  return near
}

function regionOf(source: string, entry: MergeEntry, conflict: KeyConflict, versions: PlainMerge["versions"]): Region {
  const span = entry.span!
  const isBlock = span.isBlock && beginsLine(source, span.start)
  // Comments that nobody changed stay outside.
  const showsAbove = conflict.ours?.aboveNumber !== conflict.theirs?.aboveNumber
  const start = isBlock && showsAbove ? topOf(source, entry) : startOfLine(source, span.start)
  const end = afterLine(source, isBlock ? endOf(source, entry) : span.end)
  const editFor = (name: "base" | MergeSide): Edit[] => {
    const other = conflict[name]
    const from = versions[name].scan.source
    if (isBlock) {
      const text = other === null ? "" : blockText(from, other, columnAt(source, span.start), showsAbove)
      return [{ start, end, text }]
    }
    if (other?.span === undefined || other.span === null) return [{ start, end, text: "" }]
    const by = indentAt(source, span.start) - indentAt(from, other.span.start)
    return [{ start: span.start, end: span.end, text: indented(from.slice(other.span.start, other.span.end), by) }]
  }
  return { start, end, edits: { base: editFor("base"), ours: editFor("ours"), theirs: editFor("theirs") } }
}

function blockText(from: string, entry: MergeEntry, column: number, showsAbove: boolean): string {
  const { start } = entry.span!
  const end = afterLine(from, endOf(from, entry))
  // The first key of a mapping in a list follows the dash.
  const isFirst = beginsLine(from, start)
  const lines = isFirst
    ? from.slice(showsAbove ? topOf(from, entry) : startOfLine(from, start), end)
    : " ".repeat(columnAt(from, start)) + from.slice(start, end)
  const text = indentedLines(lines, column - columnAt(from, start))
  return text.endsWith("\n") ? text : `${text}\n`
}

/** Joins regions that share lines. */
function joined(regions: readonly Region[]): Region[] {
  const result: Region[] = []
  for (const region of regions.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = result.at(-1)
    if (last === undefined || region.start >= last.end) {
      result.push(region)
      continue
    }
    const both = (name: "base" | MergeSide): Edit[] => apart([...last.edits[name], ...region.edits[name]])
    const edits = { base: both("base"), ours: both("ours"), theirs: both("theirs") }
    result[result.length - 1] = { start: last.start, end: Math.max(last.end, region.end), edits }
  }
  return result
}

/** Drops edits that overlap others: of two, the first is the larger one. */
function apart(edits: readonly Edit[]): Edit[] {
  const result: Edit[] = []
  for (const edit of edits.toSorted((a, b) => a.start - b.start || b.end - a.end))
    if (edit.start >= (result.at(-1)?.end ?? 0)) result.push(edit)
  return result
}

function markedEdit(source: string, { start, end, edits }: Region, labels: MarkerLabels): Edit {
  const of = (name: "base" | MergeSide): string =>
    splice(
      source.slice(start, end),
      edits[name].map((edit) => ({ ...edit, start: edit.start - start, end: edit.end - start })),
    )
  return { start, end, text: marked({ base: of("base"), ours: of("ours"), theirs: of("theirs") }, labels) }
}

function marked(texts: Readonly<Record<"base" | MergeSide, string>>, { ours, theirs, base }: MarkerLabels): string {
  const closed = (text: string): string => (text === "" || text.endsWith("\n") ? text : `${text}\n`)
  const before = base === null ? "" : `||||||| ${base}\n${closed(texts.base)}`
  return `<<<<<<< ${ours}\n${closed(texts.ours)}${before}=======\n${closed(texts.theirs)}>>>>>>> ${theirs}\n`
}
