import { type MetadataBlock, type MetaMap } from "../../core/format.ts"
import { type Edit } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { flatten, unflatten } from "../flatten.ts"
import { metadataBlock } from "../metadata-block.ts"
import { type Entry, type SectionHeader, metadataSection, type Parts, regionStart } from "./parse.ts"
import { type Quote } from "./read-value.ts"
import { contentSections, trailingComments } from "./sites.ts"
import { printKey, spellValue } from "./spell.ts"

/** A line of the block, with everything since the line before. */
interface Line {
  readonly key: string
  readonly value: string
  readonly quote: Quote
  /** Text up to the key, of the key with what follows it up to the value, of the value, and to the end of the line. */
  readonly before: string
  readonly name: string
  readonly spelled: string
  readonly rest: string
}

interface BlockText {
  readonly head: string
  readonly lines: readonly Line[]
  readonly tail: string
}

/** How a block was in its file. */
interface BlockLayout extends BlockText {
  /** How many sections with a header were before it; `null` when it was the last. */
  readonly place: number | null
  /** It was at the very start of the file. */
  readonly isFirst: boolean
}

type Pairs = readonly (readonly [string, string])[]

/**
 * A file that ends in the middle of a value needs an empty line before the block, or the header would become a part of
 * that value. A tab after the header tells `detach` that both line ends before it are ours.
 */
const twoLineEnds = "\t"

/** @throws {AppError} `METADATA_INVALID` when two sections have the reserved name, as upstream */
export function readBlock(parts: Parts): MetadataBlock | null {
  const indexes = parts.sections.flatMap(({ name }, index) => (name === metadataSection ? [index] : []))
  const index = indexes[0]
  if (index === undefined) return null
  const section = parts.sections[index]!
  const header = section.header!
  const following = parts.sections[index + 1]
  const start = following === undefined ? header.lineStart : regionStart(section)
  const end = following === undefined ? parts.source.length : regionStart(following)
  const lead = following === undefined ? leadBefore(parts, header) : 0
  const layout: BlockLayout = {
    ...cut(parts.source, section.entries, { start, headEnd: Math.min(header.lineEnd + 1, end), end }),
    place: following === undefined ? null : index - 1,
    isFirst: start === parts.start,
  }
  const read = (): MetaMap => {
    const second = indexes[1]
    if (second !== undefined) {
      throw new AppError("METADATA_INVALID", { line: parts.sections[second]!.line }, { subject: "it appears twice" })
    }
    return unflatten(new Map(layout.lines.map(({ key, value }) => [key, value])))
  }
  return metadataBlock(read, { detach: [{ start: start - lead, end, text: "" }], layout })
}

/** Length of the line ends before the header that belong to the block. */
function leadBefore({ source, start }: Parts, { lineStart, end, lineEnd }: SectionHeader): number {
  const isCrLf = source.charCodeAt(lineEnd - 1) === 0x0d
  const lineEndBefore = (at: number): number => {
    if (at <= start || source.charCodeAt(at - 1) !== 0x0a) return 0
    return isCrLf && at - 1 > start && source.charCodeAt(at - 2) === 0x0d ? 2 : 1
  }
  const first = lineEndBefore(lineStart)
  return isMarked(source.slice(end, lineEnd)) ? first + lineEndBefore(lineStart - first) : first
}

function isMarked(behindHeader: string): boolean {
  return behindHeader === twoLineEnds || behindHeader === `${twoLineEnds}\r`
}

function cut(
  source: string,
  entries: readonly Entry[],
  { start, headEnd, end }: { start: number; headEnd: number; end: number },
): BlockText {
  let at = headEnd
  const lines = entries.map((entry): Line => {
    const { span, upstream, quote, next } = entry.reading
    const line = {
      key: entry.key,
      // Upstream turns each backslash with an n into a line end; CRLF is how the block's own lines end.
      value: upstream.replaceAll("\\n", "\n").replaceAll("\r\n", "\n"),
      quote,
      before: source.slice(at, entry.start),
      name: source.slice(entry.start, span.start),
      spelled: source.slice(span.start, span.end),
      rest: source.slice(span.end, next),
    }
    at = next
    return line
  })
  return { head: source.slice(start, headEnd), lines, tail: source.slice(at, end) }
}

/**
 * Puts a block at the end, or where the previous one was. Lines of the previous block whose value is the same stay
 * as they were written.
 */
export function attachIniBlock(parts: Parts, tree: MetaMap, like: MetadataBlock | null): Edit[] {
  const { source, eol, start } = parts
  const pairs = flatten(tree)
  const layout = like === null ? null : (like.layout as BlockLayout)
  if (layout !== null && layout.place !== null) {
    const following = contentSections(parts)[layout.place + 1]
    if (following !== undefined) {
      const at = regionStart(following)
      return [{ start: at, end: at, text: rebuilt(layout, pairs, eol) }]
    }
  }
  const isCut = isInValue(parts)
  const isAlone = source.length === start && layout?.isFirst === true
  const lead = isAlone ? "" : isCut ? eol + eol : eol
  return [{ start: source.length, end: source.length, text: lead + lastBlock(layout, pairs, eol, isCut) }]
}

function lastBlock(layout: BlockLayout | null, pairs: Pairs, eol: string, isCut: boolean): string {
  const head = `[${metadataSection}]${isCut ? twoLineEnds : ""}${eol}`
  if (layout === null) return newBlock(pairs, head, eol)
  if (layout.place !== null) return rebuilt({ head, lines: layout.lines, tail: "" }, pairs, eol)
  return rebuilt({ ...layout, head: marked(layout.head, isCut) }, pairs, eol)
}

/** Whether a line after the text would become part of its last value. */
function isInValue(parts: Parts): boolean {
  const { source, sections } = parts
  if (source.endsWith("\n") || trailingComments(parts).length > 0) return false
  return sections.at(-1)!.entries.at(-1)?.reading.isOpenEnded === true
}

/** The header with or without the sign that two line ends come before it. */
function marked(head: string, isCut: boolean): string {
  const bracket = head.lastIndexOf("]") + 1
  const behind = head.slice(bracket)
  const bare = isMarked(behind.endsWith("\n") ? behind.slice(0, -1) : behind) ? behind.slice(1) : behind
  return head.slice(0, bracket) + (isCut ? twoLineEnds : "") + bare
}

function newBlock(pairs: Pairs, head: string, eol: string): string {
  const names = pairs.map(([key]) => printKey(key))
  const width = Math.max(0, ...names.map((name) => Buffer.byteLength(name)))
  const lines = pairs.map(([, value], nth) => {
    const name = names[nth]!
    return `${name}${" ".repeat(width - Buffer.byteLength(name))} = ${spellMetadata(value, "", eol)}${eol}`
  })
  return head + lines.join("")
}

/** Writes line ends as they are, in triple quotes: every release from 3.7 on reads that. */
function spellMetadata(value: string, quote: Quote, eol: string): string {
  const spelled = spellValue(value, quote, "", "upstream")
  return value === "" ? "" : eol === "\n" ? spelled : spelled.replaceAll("\n", eol)
}

function rebuilt({ head, lines, tail }: BlockText, pairs: Pairs, fileEol: string): string {
  const eol = head.endsWith("\r\n") ? "\r\n" : head.endsWith("\n") ? "\n" : fileEol
  const values = new Map(pairs)
  const kept = new Set<string>()
  const parts: { key: string; text: string }[] = []
  // If a line appears twice, the last one counts.
  const effective = new Map(lines.map((line, nth) => [line.key, nth]))
  for (const [nth, line] of lines.entries()) {
    const value = values.get(line.key)
    if (value === undefined) continue
    kept.add(line.key)
    const spelled =
      value === line.value || effective.get(line.key) !== nth ? line.spelled : spellMetadata(value, line.quote, eol)
    parts.push({ key: line.key, text: line.before + line.name + spelled + line.rest })
  }
  addNew(parts, pairs, kept, lines, eol)
  let text = head
  for (const { text: line } of parts) text += (text.endsWith("\n") ? "" : eol) + line
  return text + (tail === "" || text.endsWith("\n") ? "" : eol) + tail
}

/** A new line goes after the one that comes before it in the new tree, its delimiter below that of the others. */
function addNew(
  parts: { key: string; text: string }[],
  pairs: Pairs,
  kept: ReadonlySet<string>,
  lines: readonly Line[],
  eol: string,
): void {
  const sample = lines[0]?.name ?? "= "
  const column = sample.trimEnd().length - 1
  const isSpaced = sample.charAt(column - 1) === " "
  let at = 0
  for (const [key, value] of pairs) {
    if (kept.has(key)) {
      at = parts.findLastIndex((part) => part.key === key) + 1
      continue
    }
    const name = printKey(key).padEnd(column)
    const gap = isSpaced && name.length >= column && !name.endsWith(" ") ? " " : ""
    parts.splice(at, 0, { key, text: name + gap + sample.slice(column) + spellMetadata(value, "", eol) + eol })
    at++
  }
}

/** End of the content before a block that is the last section; else of the text. */
export function contentEnd(parts: Parts): number {
  const last = parts.sections.at(-1)!
  if (last.name !== metadataSection || last.header === null) return parts.source.length
  return last.header.lineStart - leadBefore(parts, last.header)
}
