import { limits } from "../../core/limits.ts"
import { type Item, type Site } from "../../core/site.ts"
import { type Span, utf8 } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"

/** Names of metadata lines begin so. */
export const METADATA_PREFIX = "sops_"

/** One line of the metadata. */
export interface MetadataLine {
  /** Without prefix. */
  readonly name: string
  readonly value: string
  /** Number of lines before it that are no metadata; blank ones count. */
  readonly after: number
  /** With its line end. */
  readonly span: Span
}

export interface Lines {
  readonly sites: readonly Site[]
  readonly metadata: readonly MetadataLine[]
  /** The CR of lines that hold nothing else. */
  readonly loneReturns: readonly Span[]
  /** Number of lines that are no metadata; the end behind a last line break is none. */
  readonly plainCount: number
}

/**
 * Splits a text as sops does: at LF alone. Quotes, blanks, `export` and a CR are part of name or value; a BOM is part of
 * the first name. Every backslash with an `n` behind it is a line break in the value.
 *
 * A line that is a lone CR is taken, although sops refuses it: it is a blank line of a file with CRLF.
 *
 * @see sops v3.13.2 stores/dotenv/store.go, LoadPlainFile
 */
export function readLines(source: string): Lines {
  const root: Item = { parent: null, key: null, index: 0 }
  const sites: Site[] = []
  const metadata: MetadataLine[] = []
  const loneReturns: Span[] = []
  let plainCount = 0
  let index = 0
  let line = 1
  for (let start = 0; start < source.length; line++) {
    const found = source.indexOf("\n", start)
    const end = found === -1 ? source.length : found
    const next = found === -1 ? end : end + 1
    const first = source[start]
    const equals = first === "#" || end === start ? -1 : equalSign(source, start, end)
    if (equals !== -1 && source.startsWith(METADATA_PREFIX, start) && equals >= start + METADATA_PREFIX.length) {
      const name = source.slice(start + METADATA_PREFIX.length, equals)
      metadata.push({
        name,
        value: unescape(source.slice(equals + 1, end)),
        after: plainCount,
        span: { start, end: next },
      })
      start = next
      continue
    }
    plainCount++
    if (first === "#") {
      const span = { start: start + 1, end }
      const scalar = { kind: "comment", bytes: utf8.encode(source.slice(span.start, end)) } as const
      sites.push({ item: root, scalar, kind: "comment", span, style: null, line })
    } else if (equals !== -1) {
      const item: Item = { parent: root, key: source.slice(start, equals), index: index++ }
      const span = { start: equals + 1, end }
      const scalar = { kind: "str", bytes: utf8.encode(unescape(source.slice(span.start, end))) } as const
      sites.push({ item, scalar, kind: "str", span, style: null, line })
    } else if (end === start + 1 && first === "\r") {
      loneReturns.push({ start, end })
    } else if (end > start) {
      throw new AppError("SYNTAX", { line, column: 1 }, { subject: "a line has no equal sign" })
    }
    if (sites.length > limits.sites_max)
      throw new AppError("TOO_LARGE", { line }, { subject: "the file has too many lines" })
    start = next
  }
  return { sites, metadata, loneReturns, plainCount }
}

function equalSign(source: string, start: number, end: number): number {
  const at = source.indexOf("=", start)
  return at < end ? at : -1
}

function unescape(text: string): string {
  return text.includes("\\n") ? text.replaceAll("\\n", "\n") : text
}
