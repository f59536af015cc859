import { type Span } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { readValue, type Reading } from "./read-value.ts"
import { isSimple } from "./spell.ts"
import { isMark, lineEndAt, skipSpace, trim, trimmedEnd } from "./space.ts"

/** A line that holds a comment alone. */
export interface IniCommentLine {
  readonly lineStart: number
  /** Of its mark. */
  readonly start: number
  /** Of the line, without its LF. */
  readonly end: number
  readonly line: number
}

export interface Entry {
  readonly key: string
  /** Comments since the entry, or the section header, before. */
  readonly own: readonly IniCommentLine[]
  readonly lineStart: number
  /** Of the key, or its quote. */
  readonly start: number
  readonly delimiter: number
  readonly reading: Reading
  readonly line: number
}

export interface SectionHeader {
  readonly lineStart: number
  /** Of its bracket. */
  readonly start: number
  /** After its closing bracket. */
  readonly end: number
  /** Of the line, without its LF. */
  readonly lineEnd: number
  /** From its mark to the last character that is not white space. */
  readonly comment: Span | null
}

export interface Section {
  readonly name: string
  /** `null` for the section that holds what is before the first header. */
  readonly header: SectionHeader | null
  readonly own: readonly IniCommentLine[]
  readonly entries: readonly Entry[]
  readonly line: number
  /** Start of the first line after its header and entries. */
  readonly next: number
}

/** An INI text, cut up as upstream reads it. */
export interface Parts {
  readonly source: string
  /** After the BOM. */
  readonly start: number
  /** The first has no header; a name may come more than once. */
  readonly sections: readonly Section[]
  /** Comments that nothing follows; upstream loses them. */
  readonly trailing: readonly IniCommentLine[]
  readonly eol: "\n" | "\r\n"
  /** It holds metadata without our own fields: upstream sealed it. */
  readonly isUpstream: boolean
}

/** For the many entries without a comment. */
const none: IniCommentLine[] = []

type Head = Omit<Section, "entries" | "next"> & { next: number }

export const metadataSection = "sops"

/** Upstream's name for what is before the first header. */
export const defaultSection = "DEFAULT"

/**
 * Cuts a text into sections, entries and comments, where upstream sees them. Upstream reads line by line: a comment
 * belongs to the next header or key, whatever empty lines are between.
 *
 * @throws {AppError} `SYNTAX`, or `INI_BARE_KEY` for a line without delimiter; they name the line alone
 * @see ini.v1 v1.67.3 parser.go, with non-unique sections as sops' store sets it
 */
export function parseIni(source: string): Parts {
  const start = source.startsWith("\uFEFF") ? 1 : 0
  const sections: Section[] = []
  let entries: Entry[] = []
  let comments: IniCommentLine[] = none
  let head: Head = { name: defaultSection, header: null, own: [], line: 1, next: start }
  let unnamed = 0
  let line = 1
  for (let lineStart = start; lineStart < source.length;) {
    const lineEnd = lineEndAt(source, lineStart)
    const next = Math.min(lineEnd + 1, source.length)
    const simple = simpleEntry(source, lineStart, lineEnd, comments, line)
    if (simple !== null) {
      entries.push(simple)
      comments = none
      head.next = next
      lineStart = next
      line++
      continue
    }
    const at = skipSpace(source, lineStart, lineEnd)
    const code = at < lineEnd ? source.charCodeAt(at) : 0
    if (at === lineEnd) {
      lineStart = next
    } else if (isMark(code)) {
      if (comments.length === 0) comments = []
      comments.push({ lineStart, start: at, end: lineEnd, line })
      lineStart = next
    } else if (code === 0x5b) {
      sections.push({ ...head, entries })
      entries = []
      const header = readHeader(source, lineStart, at, lineEnd, line)
      head = { name: source.slice(at + 1, header.end - 1), header, own: comments, line, next }
      comments = none
      unnamed = 0
      lineStart = next
    } else {
      const { key, delimiter } = readKey(source, at, lineEnd, line)
      const reading = readValue(source, delimiter + 1, lineEnd, line)
      // Upstream numbers keys that are a dash, from each header on.
      const name = key === "-" ? `#${++unnamed}` : key
      entries.push({ key: name, own: comments, lineStart, start: at, delimiter, reading, line })
      comments = none
      head.next = reading.next
      if (reading.next > next) line += linesWithin(source, next, reading.next)
      lineStart = reading.next
    }
    line++
  }
  sections.push({ ...head, entries })
  return { source, start, sections, trailing: comments, eol: eolOf(source), isUpstream: isUpstream(sections) }
}

/** A name that begins its line, up to its equal sign. */
const simpleKey = /[A-Za-z_][\w.-]*(?=[ \t]*=)/y
const equalSign = /[ \t]*=[ \t]*/y

/** Reads a line as most are: a name, an equal sign, and a value without a sign of any meaning. @returns `null` for others */
function simpleEntry(
  source: string,
  lineStart: number,
  lineEnd: number,
  own: readonly IniCommentLine[],
  line: number,
): Entry | null {
  simpleKey.lastIndex = lineStart
  if (!simpleKey.test(source)) return null
  const keyEnd = simpleKey.lastIndex
  equalSign.lastIndex = keyEnd
  equalSign.test(source)
  const start = equalSign.lastIndex
  const value = source.slice(start, lineEnd)
  if (!isSimple(value)) return null
  const next = Math.min(lineEnd + 1, source.length)
  const key = source.slice(lineStart, keyEnd)
  const delimiter = source.indexOf("=", keyEnd)
  return new SimpleEntry({ key, own, lineStart, delimiter, value, span: { start, end: lineEnd }, next, line })
}

/** With its reading in one object: a large file is made of them. */
class SimpleEntry implements Entry, Reading {
  readonly key: string
  readonly own: readonly IniCommentLine[]
  readonly lineStart: number
  readonly delimiter: number
  readonly value: string
  readonly span: Span
  readonly next: number
  readonly line: number

  constructor(
    parts: Pick<SimpleEntry, "key" | "own" | "lineStart" | "delimiter" | "value" | "span" | "next" | "line">,
  ) {
    this.key = parts.key
    this.own = parts.own
    this.lineStart = parts.lineStart
    this.delimiter = parts.delimiter
    this.value = parts.value
    this.span = parts.span
    this.next = parts.next
    this.line = parts.line
  }

  get start(): number {
    return this.lineStart
  }

  get reading(): Reading {
    return this
  }

  get upstream(): string {
    return this.value
  }

  get quote(): "" {
    return ""
  }

  get comment(): null {
    return null
  }

  get isOpenEnded(): boolean {
    return false
  }
}

/** Where a section begins: at its comments, or at the line of its header. */
export function regionStart({ own, header, next }: Section): number {
  return own[0]?.lineStart ?? header?.lineStart ?? next
}

function isUpstream(sections: readonly Section[]): boolean {
  const metadata = sections.find(({ name }) => name === metadataSection)
  return metadata !== undefined && !metadata.entries.some(({ key }) => key.startsWith("sotto_"))
}

function linesWithin(source: string, start: number, end: number): number {
  let lines = 0
  for (let at = source.indexOf("\n", start); at !== -1 && at < end; at = source.indexOf("\n", at + 1)) lines++
  return lines
}

function eolOf(source: string): "\n" | "\r\n" {
  const first = source.indexOf("\n")
  return first > 0 && source.charCodeAt(first - 1) === 0x0d ? "\r\n" : "\n"
}

function readHeader(source: string, lineStart: number, start: number, lineEnd: number, line: number): SectionHeader {
  const bracket = start + source.slice(start, lineEnd).lastIndexOf("]")
  if (bracket < start) throw new AppError("SYNTAX", { line }, { subject: "a section header is not closed" })
  if (bracket === start + 1) throw new AppError("SYNTAX", { line }, { subject: "a section has no name" })
  let mark = bracket + 1
  while (mark < lineEnd && !isMark(source.charCodeAt(mark))) mark++
  const comment = mark < lineEnd ? { start: mark, end: trimmedEnd(source, mark, lineEnd) } : null
  return { lineStart, start, end: bracket + 1, lineEnd, comment }
}

function readKey(source: string, start: number, lineEnd: number, line: number): { key: string; delimiter: number } {
  const quote = keyQuote(source, start, lineEnd)
  let from = start
  let to = -1
  if (quote !== "") {
    from = start + quote.length
    to = source.indexOf(quote, from)
    if (to === -1 || to + quote.length > lineEnd) {
      throw new AppError("SYNTAX", { line }, { subject: "the quote around a key is not closed" })
    }
  }
  const delimiter = findDelimiter(source, to === -1 ? start : to + quote.length, lineEnd)
  if (delimiter === -1) throw new AppError("INI_BARE_KEY", { line })
  const key = trim(source.slice(from, to === -1 ? delimiter : to))
  if (key === "") throw new AppError("SYNTAX", { line }, { subject: "a key has no name" })
  return { key, delimiter }
}

/** Triple quotes count from the seventh byte of the line on, its line end included: upstream's rule. */
function keyQuote(source: string, start: number, lineEnd: number): "" | '"' | "`" | '"""' {
  const code = source.charCodeAt(start)
  if (code === 0x60) return "`"
  if (code !== 0x22) return ""
  if (!source.startsWith('"""', start)) return '"'
  const next = Math.min(lineEnd + 1, source.length)
  const isLong = next - start > 6 || Buffer.byteLength(source.slice(start, next)) > 6
  return isLong ? '"""' : '"'
}

const delimiters = /[=:]/

function findDelimiter(source: string, start: number, lineEnd: number): number {
  const found = source.slice(start, lineEnd).search(delimiters)
  return found === -1 ? -1 : start + found
}
