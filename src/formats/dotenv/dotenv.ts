import { type Format, type Scan } from "../../core/format.ts"
import { formatUpperG } from "../../core/gonumber.ts"
import { type Scalar, scalarText, textScalar } from "../../core/scalar.ts"
import { type Item, type Site } from "../../core/site.ts"
import { type Edit, type Span, replaced, unixLines, utf8 } from "../../core/text.ts"
import { type Tree } from "../../core/tree.ts"
import { AppError, assert } from "../../errors/app-error.ts"
import { attachDotenvBlock } from "./block.ts"
import { METADATA_PREFIX, unescape } from "./lines.ts"
import {
  printDotenv,
  printLine,
  printDotenvScalar,
  printDotenvValue,
  nameForReaders,
  valueForReaders,
} from "./print.ts"
import { confirmDotenv, confirmDotenvValue, scanDotenv } from "./scan.ts"

const example = `# Example comment
hello=Welcome to sotto! Edit this file as you please!
example_key=example_value
example_multiline=foo\\nbar\\nbaz
`

const BOM = "\uFEFF"

/**
 * `.env` files as sops reads them: `NAME=value` lines, `#` comments, and no quoting at all.
 *
 * @see sops v3.13.2 stores/dotenv/store.go
 */
export const dotenv: Format = {
  name: "dotenv",
  example,

  onlyAsText: new Set(["int", "float", "bool", "time"]),

  valuesNeedMemo: true,

  commentBreaks: "\n",

  scan: scanDotenv,

  confirms: confirmDotenv,

  confirmsEdit: (_scan, { kind }, scalar, text) => kind === scalar.kind && confirmDotenvValue(scalar, text),

  seal: (_scan, site, token) => replaced(spanOf(site), token),

  open: (_scan, site, scalar) => replaced(spanOf(site), printDotenvScalar(scalar)),

  numberAsUpstream: formatUpperG,

  nameForReaders,

  valueForReaders,

  otherLineEnds(text) {
    const unix = unixLines(text)
    const found = [unix, unix.replace(/^.+$/gm, withReturn)]
    // Here a BOM is part of the first name, so one that an editor adds changes what is authenticated.
    return text.startsWith(BOM) ? [text, ...found].map((each) => each.slice(BOM.length)).concat(found) : found
  },

  sealedLineEnds: (text) => (text.includes("\r") && returnOfOthers.test(text) ? unixLines(text) : null),

  settled: (scalar): Scalar => (scalar.kind === "str" ? textScalar(unescape(scalarText(scalar))) : scalar),

  expand: () => assertNoAlias(),

  valueSpan(scan: Scan, item: Item): Span | null {
    const found = scan.sites.find((site) => site.item.parent !== null && site.item.index === item.index)
    return item.parent === null ? null : (found?.span ?? null)
  },

  places({ source, sites }) {
    const spans = new Map(
      sites.flatMap(({ item, kind, span }) => (kind === "comment" || span === null ? [] : [[item, span] as const])),
    )
    return (item) => {
      const value = spans.get(item)
      if (value === undefined) return null
      return { start: source.lastIndexOf("\n", value.start - 1) + 1, end: value.end, isBlock: true }
    }
  },

  attach: (scan, tree, like) => attachDotenvBlock(scan.source, tree, like),

  set: setLine,

  unset: unsetLine,

  emit: ([first]) => (first === undefined ? "" : printDotenv(first)),

  emitValue(value: Tree): string {
    if (value.type === "scalar" && value.scalar.kind === "str") return utf8.decode(value.scalar.bytes)
    throw new AppError("NOT_PRINTABLE", {}, { subject: "dotenv holds text only" })
  },
}

function spanOf(site: Site): Span {
  assert(site.span !== null, "dotenv has no virtual sites")
  return site.span
}

function assertNoAlias(): never {
  throw new Error("dotenv has no aliases")
}

const returnOfOthers = /(?:^sops_|ENC\[AES256_GCM,)[^\r\n]*\r/m

/** The CR of a sealed line is in its token, and metadata has none. */
function withReturn(line: string): string {
  return line.includes("ENC[AES256_GCM,") || line.startsWith("sops_") ? line : `${line}\r`
}

type Path = readonly (string | number)[]

/**
 * Sets one variable: in its line, or in a new one at the end. In a file with CRLF that line ends in LF, since a CR would
 * be part of the value.
 */
function setLine({ source, sites }: Scan, path: Path, value: Tree): Edit[] {
  const key = nameOf(path)
  const site = siteOf(sites, key)
  if (site?.span) {
    return [{ ...site.span, text: printDotenvValue(key, value) }]
  }
  if (key.startsWith(METADATA_PREFIX)) {
    throw new AppError("NOT_PRINTABLE", { path }, { subject: `names that begin with ${METADATA_PREFIX} are metadata` })
  }
  const line = printLine({ key, value })
  const text = source === "" || source.endsWith("\n") ? `${line}\n` : `\n${line}`
  return [{ start: source.length, end: source.length, text }]
}

/**
 * Removes one variable with the comment lines right above it. Comments at the very start stay: they are about the file
 * as often as about its first variable.
 */
function unsetLine({ source, sites }: Scan, path: Path): Edit[] {
  if (path.length > 1) throw new AppError("KEY_NOT_FOUND", { path }, { subject: "dotenv has no nested values" })
  const key = nameOf(path)
  const nth = sites.findIndex(({ item }) => item.key === key)
  const site = sites[nth]
  if (!site?.span) throw new AppError("KEY_NOT_FOUND", { path })
  const start = lineStart(source, (ownComment(sites, nth) ?? site).span!.start)
  const isLast = site.span.end === source.length
  // A file without a line break at its end stays without.
  if (isLast) return [{ start: Math.max(start - 1, 0), end: site.span.end, text: "" }]
  return [{ start, end: site.span.end + 1, text: "" }]
}

function nameOf(path: Path): string {
  const [key] = path
  if (typeof key !== "string") throw new AppError("KEY_NOT_FOUND", { path }, { subject: "dotenv has names only" })
  if (path.length > 1) throw new AppError("NOT_PRINTABLE", { path }, { subject: "dotenv has no nested values" })
  return key
}

/** If a name appears twice, the first one, as upstream. */
function siteOf(sites: readonly Site[], key: string): Site | undefined {
  return sites.find(({ item }) => item.key === key)
}

/** The first of the comments right above a line; `null` when there is none. */
function ownComment(sites: readonly Site[], nth: number): Site | null {
  let first = nth
  while (first > 0 && sites[first - 1]!.kind === "comment" && sites[first - 1]!.line === sites[first]!.line - 1) first--
  return first === nth || sites[first]!.line === 1 ? null : sites[first]!
}

function lineStart(source: string, at: number): number {
  return source.lastIndexOf("\n", at - 1) + 1
}
