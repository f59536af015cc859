import { limits } from "../../core/limits.ts"
import { textScalar } from "../../core/scalar.ts"
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
  for (let start = 0, next = 0; start < source.length; start = next, line++) {
    const found = source.indexOf("\n", start)
    const end = found === -1 ? source.length : found
    next = found === -1 ? end : end + 1
    const text = source.slice(start, end)
    const equals = text.startsWith("#") ? -1 : text.indexOf("=")
    if (equals >= METADATA_PREFIX.length && text.startsWith(METADATA_PREFIX)) {
      const name = text.slice(METADATA_PREFIX.length, equals)
      metadata.push({ name, value: unescape(text.slice(equals + 1)), after: plainCount, span: { start, end: next } })
      continue
    }
    plainCount++
    if (text === "") continue
    if (text === "\r") {
      loneReturns.push({ start, end })
      continue
    }
    if (sites.length >= limits.sites_max) throw fault("TOO_LARGE", line, "the file has too many lines")
    if (text.startsWith("#")) {
      const scalar = { kind: "comment", bytes: utf8.encode(text.slice(1)) } as const
      sites.push({ item: root, scalar, kind: "comment", span: { start: start + 1, end }, style: null, line })
      continue
    }
    if (equals === -1) throw fault("SYNTAX", line, "a line has no equal sign")
    const item: Item = { parent: root, key: text.slice(0, equals), index: index++ }
    const scalar = textScalar(unescape(text.slice(equals + 1)))
    sites.push({ item, scalar, kind: "str", span: { start: start + equals + 1, end }, style: null, line })
  }
  return { sites, metadata, loneReturns, plainCount }
}

function fault(code: "SYNTAX" | "TOO_LARGE", line: number, subject: string): AppError {
  return new AppError(code, { line, column: 1 }, { subject })
}

/** What a text says in its line: every backslash with an `n` behind it is a line break. */
export function unescape(text: string): string {
  return text.includes("\\n") ? text.replaceAll("\\n", "\n") : text
}
