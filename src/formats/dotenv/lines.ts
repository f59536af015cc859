import { limits } from "../../core/limits.ts"
import { type Span } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"

/** Names of metadata lines begin so. */
export const METADATA_PREFIX = "sops_"

const HASH = 0x23
const CR = 0x0d

/** One line of the metadata. */
export interface MetadataLine {
  /** Without prefix. */
  readonly name: string
  readonly value: string
  /** Number of lines before it that are not metadata; blank ones count. */
  readonly after: number
  /** With its line end. */
  readonly span: Span
}

/** Takes the lines that are values and comments, in the order of the text. */
export interface LineSink {
  /** A comment; `start` is after its mark. */
  comment(start: number, end: number, line: number): void
  /** A variable, the nth; its value goes from `start` to `end`. */
  variable(key: string, nth: number, start: number, end: number, line: number): void
}

export interface OtherLines {
  readonly metadata: readonly MetadataLine[]
  /** The CR of lines that hold nothing else. */
  readonly loneReturns: readonly Span[]
  /** Number of lines that are not metadata; what follows the last line break is not a line. */
  readonly plainCount: number
}

/**
 * Splits a text as sops does: at LF alone. Quotes, spaces, `export` and a CR are part of name or value; a BOM is part
 * of the first name. Every backslash with an `n` after it is a line break in the value.
 *
 * A line that is a lone CR is taken, although sops refuses it: it is a blank line of a file with CRLF.
 *
 * @see sops v3.13.2 stores/dotenv/store.go, LoadPlainFile
 */
export function readLines(source: string, sink: LineSink): OtherLines {
  const metadata: MetadataLine[] = []
  const loneReturns: Span[] = []
  let plainCount = 0
  let sites = 0
  let index = 0
  let line = 1
  for (let start = 0, next = 0; start < source.length; start = next, line++) {
    const found = source.indexOf("\n", start)
    const end = found === -1 ? source.length : found
    next = found === -1 ? end : end + 1
    const isComment = source.charCodeAt(start) === HASH
    const equals = isComment ? -1 : source.slice(start, end).indexOf("=")
    if (equals >= METADATA_PREFIX.length && source.startsWith(METADATA_PREFIX, start)) {
      const name = source.slice(start + METADATA_PREFIX.length, start + equals)
      const value = unescape(source.slice(start + equals + 1, end))
      metadata.push({ name, value, after: plainCount, span: { start, end: next } })
      continue
    }
    plainCount++
    if (start === end) continue
    if (end === start + 1 && source.charCodeAt(start) === CR) {
      loneReturns.push({ start, end })
      continue
    }
    if (sites++ >= limits.sites_max) throw fault("TOO_LARGE", line, "the file has too many lines")
    if (isComment) {
      sink.comment(start + 1, end, line)
      continue
    }
    if (equals === -1) throw fault("SYNTAX", line, "a line has no equal sign")
    sink.variable(source.slice(start, start + equals), index++, start + equals + 1, end, line)
  }
  return { metadata, loneReturns, plainCount }
}

function fault(code: "SYNTAX" | "TOO_LARGE", line: number, subject: string): AppError {
  return new AppError(code, { line, column: 1 }, { subject })
}

/** The value of a text on its line: every backslash with an `n` after it is a line break. */
export function unescape(text: string): string {
  return text.includes("\\n") ? text.replaceAll("\\n", "\n") : text
}
