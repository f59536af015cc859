import { ascending, type Pair } from "../align.ts"
import { type Format, type Scan } from "../format.ts"
import { documentOf, fullPath, type Site } from "../site.ts"
import { splice } from "../splice.ts"
import { type Edit, type Span } from "../text.ts"
import { type Merged, type MergeSide } from "./by-key.ts"
import {
  besideEnd,
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
import { type MergeEntry, type MergeVersion } from "./tree.ts"

/** The changes to one side's text that make it say what a merge expects, in the order in which they are made. */
export interface EditPlan {
  readonly edits: readonly Edit[]
  /** Entries to remove then, one after the other: the last ones of a mapping or list. */
  readonly unsets: readonly Unset[]
  /** Whole documents to put in and take out at last. */
  readonly documents: readonly DocumentChange[]
}

export interface Unset {
  /** The number of the document. */
  readonly document: number
  readonly keys: readonly (string | number)[]
}

interface DocumentChange {
  /** Takes out the document with this number; else `added` is put behind it, or at the start where it is -1. */
  readonly number: number
  readonly added: string | null
}

/**
 * The edits that turn one side's text into that of the merge. What comes from the other side is taken as it is written
 * there, with its comments; nothing else changes. `agrees` decides whether the result is right.
 *
 * @param primary - the side whose text is edited
 */
export function planEdits(
  documents: readonly Merged[],
  options: {
    readonly format: Format
    readonly primary: MergeSide
    readonly versions: Readonly<Record<MergeSide, MergeVersion>>
  },
): EditPlan {
  const planner = new Planner(options.format, options.primary, options.versions)
  planner.changeAll(documents)
  const { edits, unsets } = planner
  return { edits, unsets, documents: planner.changesOfDocuments(documents) }
}

class Planner {
  edits: Edit[] = []
  readonly unsets: Unset[] = []
  readonly #format: Format
  readonly #primary: MergeSide
  readonly #other: MergeSide
  readonly #own: MergeVersion
  readonly #otherScan: Scan
  /** The text to edit, and the one that gives new entries. */
  readonly #text: string
  readonly #source: string

  constructor(format: Format, primary: MergeSide, versions: Readonly<Record<MergeSide, MergeVersion>>) {
    this.#format = format
    this.#primary = primary
    this.#other = primary === "ours" ? "theirs" : "ours"
    this.#own = versions[primary]
    this.#text = this.#own.scan.source
    this.#otherScan = versions[this.#other].scan
    this.#source = this.#otherScan.source
  }

  changeAll(documents: readonly Merged[]): void {
    for (const merged of documents) if (merged[this.#primary] !== null) this.change(merged)
  }

  changesOfDocuments(documents: readonly Merged[]): DocumentChange[] {
    const stays = new Set(documents.map((each) => each[this.#primary]))
    const changes = this.#own.documents.flatMap((each, number): DocumentChange[] =>
      stays.has(each) ? [] : [{ number, added: null }],
    )
    const sources = this.#format.places(this.#otherScan)
    let number = -1
    for (const merged of documents) {
      const own = merged[this.#primary]
      const added = own === null ? sources(merged[this.#other]!.item) : null
      if (own !== null) number = this.#own.documents.indexOf(own)
      else if (added !== null) changes.push({ number, added: withLineEnd(this.#documentText(added)) })
    }
    return changes
  }

  /** A document of the other side, without the metadata block that its text may have for the comparison. */
  #documentText({ start, end }: Span): string {
    const blocks = (this.#otherScan.metadata?.detach ?? []).filter((edit) => edit.start >= start && edit.end <= end)
    const edits = blocks.map((edit) => ({ ...edit, start: edit.start - start, end: edit.end - start }))
    return splice(this.#source.slice(start, end), edits)
  }

  /** Makes an entry of the text what it should be. */
  change(merged: Merged): void {
    const own = merged[this.#primary]!
    const other = merged[this.#other]
    if (merged.above === this.#other) this.#changeAbove(own, other!)
    if (this.#isOther(merged, own)) return this.#replace(own, other!, merged.beside)
    if (merged.lines !== null) this.#replaceLines(own, merged.lines)
    else if (merged.value === "both") this.#inside(own, merged)
    if (merged.beside === this.#other) this.#changeBeside(own, other!)
  }

  /** Nothing of the own value stays. */
  #isOther({ value, lines, entries, [this.#other]: other }: Merged, own: MergeEntry): boolean {
    if (value !== "both") return value === this.#other && own.exact !== other!.exact
    return other !== null && lines === null && entries.length > 0 && entries.every((each) => !each[this.#primary])
  }

  /** With the comment beside it: where that is depends on the value. */
  #replace(own: MergeEntry, other: MergeEntry, beside: MergeSide): void {
    if (own.span === null || other.span === null) return
    const { start } = other.span
    const [from, to] = [besideStart(this.#source, other), besideEnd(this.#source, other)]
    const text = this.#source.slice(start, Math.max(endOf(this.#source, other), to))
    const comment = beside === this.#other ? this.#source.slice(from, to) : this.#besideText(own)
    const whole = splice(text, [{ start: from - start, end: to - start, text: comment }])
    const by = indentAt(this.#text, own.span.start) - indentAt(this.#source, start)
    const column = columnAt(this.#text, own.span.start) - columnAt(this.#source, start)
    const end = Math.max(endOf(this.#text, own), besideEnd(this.#text, own))
    this.#put(own.span.start, end, indented(whole, own.span.isBlock ? column : by))
  }

  #besideText(own: MergeEntry): string {
    return this.#text.slice(besideStart(this.#text, own), besideEnd(this.#text, own))
  }

  /** @throws {RangeError} where a line comes or goes */
  #replaceLines(own: MergeEntry, lines: NonNullable<Merged["lines"]>): void {
    if (own.lines.length !== lines.length) throw new RangeError("another number of lines")
    for (const [nth, { site, side }] of lines.entries()) {
      const [span, other] = [own.lines[nth]!.span, site.span]
      if (side === this.#other && span !== null && other !== null)
        this.#put(span.start, span.end, this.#source.slice(other.start, other.end))
    }
  }

  #changeAbove(own: MergeEntry, other: MergeEntry): void {
    if (own.aboveNumber === other.aboveNumber || own.span === null || other.span === null) return
    const start = startOfLine(this.#source, other.span.start)
    const by = columnAt(this.#text, own.span.start) - columnAt(this.#source, other.span.start)
    const text = indentedLines(this.#source.slice(topOf(this.#source, other), start), by)
    this.#put(topOf(this.#text, own), startOfLine(this.#text, own.span.start), text)
  }

  #changeBeside(own: MergeEntry, other: MergeEntry): void {
    if (own.besideNumber === other.besideNumber || own.span === null || other.span === null) return
    const text = this.#source.slice(besideStart(this.#source, other), besideEnd(this.#source, other))
    this.#put(besideStart(this.#text, own), besideEnd(this.#text, own), text)
  }

  #inside(own: MergeEntry, merged: Merged): void {
    const { entries } = merged
    const kept = entries.filter((each) => each[this.#primary] !== null)
    const stays = new Set(kept.map((each) => each[this.#primary]!))
    const moved = this.#movedAmong(own, kept)
    if (kept.length === 0) return this.#empty(own)
    const isBlock = own.entries[0]!.span?.isBlock ?? true
    for (const run of runsOf(own.entries, (each) => !stays.has(each) || moved.has(each))) {
      if (isBlock) for (const each of run.entries) this.#removeLines(each)
      else this.#removeFlow(run)
    }
    if (merged.free !== own.free) this.#changeFree(own, merged)
    let before: MergeEntry | null = null
    const waiting: string[] = []
    for (const each of entries) {
      const entry = each[this.#primary]
      if (entry !== null && !moved.has(entry)) {
        if (waiting.length > 0) this.#insert(waiting.splice(0), before, entry, isBlock, own)
        this.change(each)
        before = entry
      } else {
        waiting.push(entry === null ? this.#newText(each[this.#other]!, own, isBlock) : this.#movedText(each, entry))
      }
    }
    if (waiting.length > 0) this.#insert(waiting, before, null, isBlock, own)
  }

  /** Entries that have to move: as few as possible. */
  #movedAmong(own: MergeEntry, kept: readonly Merged[]): ReadonlySet<MergeEntry> {
    const places = new Map(own.entries.map((each, at) => [each, at]))
    const order = kept.map((each, at): Pair => [places.get(each[this.#primary]!)!, at])
    const stay = new Set(ascending(order).map(([, at]) => at))
    return new Set(kept.flatMap((each, at) => (stay.has(at) ? [] : [each[this.#primary]!])))
  }

  #empty(own: MergeEntry): void {
    const span = own.span === null ? null : this.#format.valueSpan(this.#own.scan, own.item)
    const [first] = own.entries
    if (first?.span?.isBlock === false && span !== null) {
      this.#put(span.start, span.end, own.kind === "map" ? "{}" : "[]")
      return
    }
    for (const each of own.entries.toReversed()) this.#unset(each)
  }

  #unset({ item }: MergeEntry): void {
    this.unsets.push({ document: documentOf(item), keys: fullPath(item) })
  }

  #removeLines(entry: MergeEntry): void {
    if (entry.span === null) return
    if (!beginsLine(this.#text, entry.span.start)) {
      this.#unset(entry)
      return
    }
    const end = afterLine(this.#text, endOf(this.#text, entry))
    const top = topOf(this.#text, entry)
    const isOpen = end === this.#text.length && !this.#text.endsWith("\n")
    this.#put(isOpen && top > 0 ? top - 1 : top, end, "")
  }

  #removeFlow({ entries, before, after }: Run): void {
    const first = entries[0]!.span
    const last = entries.at(-1)!.span
    if (first === null || last === null) return
    if (after?.span) this.#put(first.start, after.span.start, "")
    else if (before?.span) this.#put(before.span.end, last.end, "")
  }

  #newText(entry: MergeEntry, holder: MergeEntry, isBlock: boolean): string {
    const { span } = entry
    if (span === null) return ""
    const [sample] = holder.entries
    const to = sample?.span?.start ?? 0
    if (!isBlock || !span.isBlock) {
      const by = indentAt(this.#text, to) - indentAt(this.#source, span.start)
      return indented(this.#source.slice(span.start, span.end), by)
    }
    const by = columnAt(this.#text, to) - columnAt(this.#source, span.start)
    const top = topOf(this.#source, entry)
    const lines = this.#source.slice(top, afterLine(this.#source, endOf(this.#source, entry)))
    // The first key of a mapping in a list follows the dash.
    const own = beginsLine(this.#source, span.start)
      ? lines
      : " ".repeat(columnAt(this.#source, span.start)) + this.#source.slice(span.start, top + lines.length)
    const isSetApart = top > 1 && this.#source.slice(startOfLine(this.#source, top - 1), top).trim() === ""
    return (isSetApart ? "\n" : "") + withLineEnd(indentedLines(own, by))
  }

  #movedText(merged: Merged, entry: MergeEntry): string {
    const outside = this.edits
    this.edits = []
    this.change(merged)
    const isBlock = entry.span?.isBlock === true
    const start = isBlock ? topOf(this.#text, entry) : (entry.span?.start ?? 0)
    const end = isBlock ? afterLine(this.#text, endOf(this.#text, entry)) : (entry.span?.end ?? 0)
    const inside = this.edits.map((edit) => ({ ...edit, start: edit.start - start, end: edit.end - start }))
    this.edits = outside
    const text = splice(this.#text.slice(start, end), inside)
    return isBlock ? withLineEnd(text) : text
  }

  #insert(
    texts: readonly string[],
    before: MergeEntry | null,
    after: MergeEntry | null,
    isBlock: boolean,
    holder: MergeEntry,
  ): void {
    if (!isBlock) return this.#insertFlow(texts, before, after, holder)
    const below = after?.span ?? null
    const isFirst = before === null && below !== null && beginsLine(this.#text, below.start)
    const neighbour = before ?? after
    if (neighbour === null || neighbour.span === null) return
    const at = isFirst ? topOf(this.#text, neighbour) : afterLine(this.#text, endOf(this.#text, neighbour))
    const lines = texts.join("")
    const isOpen = at === this.#text.length && at > 0 && !this.#text.endsWith("\n")
    this.#put(at, at, isOpen ? `\n${lines.slice(0, -1)}` : lines)
  }

  #insertFlow(
    texts: readonly string[],
    before: MergeEntry | null,
    after: MergeEntry | null,
    { entries }: MergeEntry,
  ): void {
    const [first, second] = entries.map(({ span }) => span)
    if (first === undefined || first === null) return
    const lead = this.#text.slice(startOfLine(this.#text, first.start), first.start)
    const newLine = lead.trim() === "" ? `,\n${lead}` : ", "
    const between = second === undefined || second === null ? newLine : this.#text.slice(first.end, second.start)
    const at = before?.span?.end ?? after?.span?.start ?? first.start
    const isBehind = before !== null && before.span !== null
    this.#put(at, at, texts.map((text) => (isBehind ? between + text : text + between)).join(""))
  }

  /** Comments that belong to no entry: those that the other side took out go, and those that it added come. */
  #changeFree(own: MergeEntry, merged: Merged): void {
    const wanted = new Set<Site>(merged.free)
    for (const comment of own.free) {
      if (wanted.has(comment) || comment.span === null) continue
      const start = startOfLine(this.#text, comment.span.start)
      this.#put(start, afterLine(this.#text, comment.span.end), "")
    }
    this.#addFree(own, merged)
  }

  #addFree(own: MergeEntry, merged: Merged): void {
    const known = new Set<Site>(own.free)
    const column = columnAt(this.#text, own.entries[0]?.span?.start ?? 0)
    for (const comment of merged.free) {
      if (known.has(comment) || comment.span === null) continue
      const start = startOfLine(this.#source, comment.span.start)
      const text = this.#source.slice(start, afterLine(this.#source, comment.span.end))
      const by = column - indentAt(this.#source, start)
      const behind = merged.entries.findLast((each) => (each[this.#other]?.span?.end ?? Infinity) <= start)
      const neighbour = behind?.[this.#primary] ?? null
      const isBehind = neighbour !== null && neighbour.span !== null
      const at = isBehind ? afterLine(this.#text, endOf(this.#text, neighbour)) : topOf(this.#text, own.entries[0]!)
      const isAlone = this.#source.slice(afterLine(this.#source, comment.span.end)).startsWith("\n")
      this.#put(at, at, withLineEnd(indentedLines(text, by)) + (isAlone && neighbour === null ? "\n" : ""))
    }
  }

  #put(start: number, end: number, text: string): void {
    this.edits.push({ start, end, text })
  }
}

function withLineEnd(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`
}

interface Run {
  readonly entries: readonly MergeEntry[]
  readonly before: MergeEntry | null
  readonly after: MergeEntry | null
}

/** Neighbours that go together, and what stays around them. */
function runsOf(entries: readonly MergeEntry[], goes: (entry: MergeEntry) => boolean): Run[] {
  const runs: Run[] = []
  for (let at = 0; at < entries.length; at++) {
    const start = at
    while (at < entries.length && goes(entries[at]!)) at++
    if (at > start)
      runs.push({ entries: entries.slice(start, at), before: entries[start - 1] ?? null, after: entries[at] ?? null })
  }
  return runs
}
