import { keyPath, type Site } from "../site.ts"
import { splice } from "../splice.ts"
import { type Edit, type Span } from "../text.ts"
import { AppError } from "../../errors/app-error.ts"
import { type KeyConflict, type MergeSide } from "./by-key.ts"
import {
  besideStart,
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
 * The merged text with git's markers around conflicts and nothing else: whoever takes one side everywhere has what the
 * merge says where that side wins. It holds plaintext: it is only for an editor's private folder.
 *
 * @param merge - a draft, whose text has ours instead of each conflict, or theirs where ours has nothing
 */
export function withMarkers(merge: PlainMerge, labels: MarkerLabels): string {
  const { judge, versions } = merge
  const shown = (name: MergeSide): string | null => {
    const text = merge.taking(name)
    return text === null ? null : sourceOf(judge.version(text))
  }
  const texts = { ours: shown("ours"), theirs: shown("theirs") }
  const parts = partsOf(merge)
  const isRight = (["ours", "theirs"] as const).every(
    (name) => parts !== null && saysAs(parts, name, texts[name], judge),
  )
  if (parts !== null && isRight)
    return merge.finished(
      splice(parts.source, [...parts.regions.map((each) => markedEdit(parts.source, each, labels)), ...parts.rest]),
    )
  return merge.finished(
    oneRegion(
      {
        ours: texts.ours ?? sourceOf(versions.ours),
        theirs: texts.theirs ?? sourceOf(versions.theirs),
        base: sourceOf(versions.base),
      },
      labels,
    ),
  )
}

function sourceOf({ scan }: MergeVersion): string {
  return splice(scan.source, scan.metadata?.detach ?? [])
}

/** A draft, and what is in conflict in it. */
interface Parts {
  readonly source: string
  readonly regions: readonly Region[]
  /** Edits outside them. */
  readonly rest: readonly Edit[]
}

/** @returns `null` where no part of the draft shows a conflict */
function partsOf({ text, conflicts, judge, versions }: PlainMerge): Parts | null {
  if (text === null || conflicts.some(({ ours, theirs }) => ours === null && theirs === null)) return null
  const version = judge.version(text)
  const { source, metadata } = version.scan
  const regions: Region[] = []
  for (const conflict of conflicts) {
    const others = conflicts.filter((each) => each !== conflict && each.ours === conflict.ours && each.ours !== null)
    // The region of its value shows the comments too.
    if (conflict.kind === "comment" && others.length > 0) continue
    const found = entryFor(version, conflict)
    if (found === null || found.entry.span === null) return null
    const { entry } = found
    const showsAbove = conflict.ours === null || conflict.theirs === null || others.length > 0
    regions.push(
      commentRegion(source, entry, conflict, versions) ??
        freeRegion(source, entry, conflict, versions) ??
        linesRegion(source, entry, conflict, versions) ??
        regionOf(source, found, { ...conflict, showsAbove }, versions),
    )
  }
  return { source, regions: joined(regions), rest: metadata?.detach ?? [] }
}

/** Whether the parts of one side are what the merge is where that side wins. */
function saysAs(
  { source, regions, rest }: Parts,
  name: MergeSide,
  expected: string | null,
  judge: PlainMerge["judge"],
): boolean {
  if (expected === null) return false
  try {
    const text = splice(source, [...regions.flatMap(({ edits }) => edits[name]), ...rest])
    const [found, wanted] = [text, expected].map((each) => judge.version(each).documents)
    return found!.length === wanted!.length && found!.every(({ content }, at) => content === wanted![at]!.content)
  } catch (error) {
    if (error instanceof AppError || error instanceof RangeError) return false
    throw error
  }
}

/** Nothing smaller can be shown: all lines from the first that differs to the last. */
function oneRegion(texts: Readonly<Record<"base" | MergeSide, string>>, labels: MarkerLabels): string {
  const names = labels.base === null ? (["ours", "theirs"] as const) : (["ours", "theirs", "base"] as const)
  const compared = names.map((name) => texts[name].split(/(?<=\n)/))
  const shortest = Math.min(...compared.map(({ length }) => length))
  const isAlike = (nth: number): boolean => compared.every((lines) => lines.at(nth) === compared[0]!.at(nth))
  let [before, behind] = [0, 0]
  while (before < shortest && isAlike(before)) before++
  while (behind < shortest - before && isAlike(-1 - behind)) behind++
  const middle = (text: string): string =>
    text
      .split(/(?<=\n)/)
      .slice(before, -behind || undefined)
      .join("")
  const region = { base: middle(texts.base), ours: middle(texts.ours), theirs: middle(texts.theirs) }
  const [lines] = compared
  return lines!.slice(0, before).join("") + marked(region, labels) + lines!.slice(lines!.length - behind).join("")
}

interface Found {
  readonly entry: MergeEntry
  readonly siblings: readonly MergeEntry[]
}

/** The entry of the draft that a conflict is about. */
function entryFor(version: MergeVersion, { document, ours, theirs }: KeyConflict): Found | null {
  const wanted = (ours ?? theirs)!
  const path = JSON.stringify(keyPath(wanted.item))
  const root = version.documents[document]
  const waiting: Found[] = root === undefined ? [] : [{ entry: root, siblings: [root] }]
  let [near, nearness] = [null as Found | null, -1]
  for (let found = waiting.pop(); found !== undefined; found = waiting.pop()) {
    const { entry } = found
    waiting.push(...entry.entries.map((each) => ({ entry: each, siblings: entry.entries })))
    if (JSON.stringify(keyPath(entry.item)) !== path || entry.item.key !== wanted.item.key) continue
    // Of those that a key repeats, the one with the same number.
    const likeness = (entry.content === wanted.content ? 2 : 0) + (entry.id === wanted.id ? 1 : 0)
    if (likeness > nearness) [near, nearness] = [found, likeness]
  }
  return near
}

/**
 * Around the comments above or beside an entry, where only they are in conflict: its value is merged already.
 *
 * @returns `null` for another conflict
 */
function commentRegion(
  source: string,
  entry: MergeEntry,
  conflict: KeyConflict,
  versions: PlainMerge["versions"],
): Region | null {
  const { kind, ours, theirs } = conflict
  const { start } = entry.span!
  if (kind !== "comment" || ours === null || theirs === null || !beginsLine(source, start)) return null
  const [isAbove, isBeside] = [isOpen(conflict, "above"), isOpen(conflict, "beside")]
  // What follows the last line of a block of text would be a part of it.
  const isInLine = !source.slice(start, entry.span!.end).includes("\n")
  if ((!isAbove && !isBeside) || (isBeside && !isInLine)) return null
  const line = startOfLine(source, start)
  const above = { start: topOf(source, entry), end: line }
  const from = besideStart(source, entry)
  const beside = { start: from, end: entry.beside.at(-1)?.span?.end ?? from }
  const editsFor = (name: "base" | MergeSide): Edit[] => {
    const other = conflict[name]
    const text = versions[name].scan.source
    const has = other !== null && other.span !== null && beginsLine(text, other.span.start)
    const by = has ? columnAt(source, start) - columnAt(text, other.span.start) : 0
    const lines = has ? text.slice(topOf(text, other), startOfLine(text, other.span.start)) : ""
    const end = has ? other.beside.at(-1)?.span?.end : undefined
    return [
      ...(isAbove ? [{ ...above, text: indentedLines(lines, by) }] : []),
      ...(isBeside ? [{ ...beside, text: end === undefined ? "" : text.slice(besideStart(text, other!), end) }] : []),
    ]
  }
  return {
    start: isAbove ? above.start : startOfLine(source, beside.start),
    end: isBeside ? afterLine(source, beside.end) : line,
    edits: { base: editsFor("base"), ours: editsFor("ours"), theirs: editsFor("theirs") },
  }
}

/**
 * Around the comments in a mapping or list that belong to none of its entries.
 *
 * @returns `null` for another conflict
 */
function freeRegion(
  source: string,
  entry: MergeEntry,
  conflict: KeyConflict,
  versions: PlainMerge["versions"],
): Region | null {
  const { kind, ours, theirs } = conflict
  if (kind !== "comment" || ours === null || theirs === null || ours.freeNumber === theirs.freeNumber) return null
  if (isOpen(conflict, "above") || isOpen(conflict, "beside") || entry.freeNumber !== ours.freeNumber) return null
  if ([entry, theirs, conflict.base].some((each) => each?.free.some(isNoLine) === true)) return null
  const behind = afterLine(source, endOf(source, entry))
  const places = entry.free.map(({ span }) => ({
    start: startOfLine(source, span!.start),
    end: afterLine(source, span!.end),
  }))
  const [first = { start: behind, end: behind }, ...rest] = places
  const editsFor = (name: "base" | "theirs"): Edit[] => {
    const other = conflict[name]
    const text = versions[name].scan.source
    const lines = (other?.free ?? []).map(({ span }) => {
      const line = text.slice(startOfLine(text, span!.start), afterLine(text, span!.end))
      return indentedLines(line, columnAt(source, entry.span!.start) - columnAt(text, other!.span?.start ?? 0))
    })
    return [{ ...first, text: lines.join("") }, ...rest.map((place) => ({ ...place, text: "" }))]
  }
  const end = Math.max(first.end, ...rest.map((place) => place.end))
  return { start: first.start, end, edits: { base: editsFor("base"), ours: [], theirs: editsFor("theirs") } }
}

function isNoLine({ span, inline }: Site): boolean {
  return span === null || inline === true
}

function isOpen({ base, ours, theirs }: KeyConflict, place: "above" | "beside"): boolean {
  const number = (entry: MergeEntry | null): number | undefined => entry?.[`${place}Number`]
  if (number(ours) === number(theirs)) return false
  if (base === null) return ours![place].length > 0 && theirs![place].length > 0
  return number(ours) !== number(base) && number(theirs) !== number(base)
}

/**
 * Around all lines of an INI key that repeats.
 *
 * @returns `null` for another conflict
 */
function linesRegion(
  source: string,
  entry: MergeEntry,
  conflict: KeyConflict,
  versions: PlainMerge["versions"],
): Region | null {
  const { ours, theirs } = conflict
  if (ours === null || theirs === null || ![entry, ours, theirs].some(({ lines }) => lines.length > 1)) return null
  const spans = entry.lines.map(({ span }) => span)
  const last = spans.at(-1)
  if (spans[0] === null || spans[0] === undefined || last === null || last === undefined) return null
  const end = afterLine(source, last.end)
  const editsFor = (name: "base" | MergeSide): Edit[] => {
    const text = versions[name].scan.source
    const lines = conflict[name]?.lines ?? []
    const count = Math.max(lines.length, spans.length)
    return Array.from({ length: count }, (_, nth): Edit | null => {
      const [own, other] = [spans[nth] ?? null, lines[nth]?.span ?? null]
      if (own !== null && other !== null) return { ...own, text: text.slice(other.start, other.end) }
      if (own !== null) return { start: startOfLine(source, own.start), end: afterLine(source, own.end), text: "" }
      if (other === null) return null
      return { start: end, end, text: text.slice(startOfLine(text, other.start), afterLine(text, other.end)) }
    }).filter((edit) => edit !== null)
  }
  const edits = { base: editsFor("base"), ours: editsFor("ours"), theirs: editsFor("theirs") }
  return { start: startOfLine(source, spans[0].start), end, edits }
}

/** @param conflict - `showsAbove`: comments that are in conflict, or come and go with it; others stay outside */
function regionOf(
  source: string,
  { entry, siblings }: Found,
  { showsAbove, ...conflict }: KeyConflict & { readonly showsAbove: boolean },
  versions: PlainMerge["versions"],
): Region {
  const span = entry.span!
  const isBlock = span.isBlock && beginsLine(source, span.start)
  const start = isBlock && showsAbove ? topOf(source, entry) : startOfLine(source, span.start)
  const end = afterLine(source, isBlock ? endOf(source, entry) : span.end)
  const isGone = !isBlock && [conflict.ours, conflict.theirs].some((each) => each === null)
  const withComma = isBlock ? { start, end } : flowPlace(entry, siblings)
  const editFor = (name: "base" | MergeSide): Edit[] => {
    const other = conflict[name]
    const from = versions[name].scan.source
    if (isBlock) {
      const text = other === null ? "" : blockText(from, other, columnAt(source, span.start), showsAbove)
      return [{ start, end, text }]
    }
    if (other?.span === undefined || other.span === null)
      return [isGone ? { ...withComma, text: "" } : { start, end, text: "" }]
    const by = indentAt(source, span.start) - indentAt(from, other.span.start)
    return [{ start: span.start, end: span.end, text: indented(from.slice(other.span.start, other.span.end), by) }]
  }
  return {
    start: isGone ? startOfLine(source, withComma.start) : start,
    end: isGone ? Math.max(end, afterLine(source, withComma.end)) : end,
    edits: { base: editFor("base"), ours: editFor("ours"), theirs: editFor("theirs") },
  }
}

/** What goes with an entry of a flow: the comma before it, or the one behind the first. */
function flowPlace({ item, span }: MergeEntry, siblings: readonly MergeEntry[]): Span {
  const at = siblings.findIndex((each) => each.item === item)
  const [before, after] = [siblings[at - 1]?.span ?? null, siblings[at + 1]?.span ?? null]
  if (before !== null) return { start: before.end, end: span!.end }
  return { start: span!.start, end: after === null ? span!.end : after.start }
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
