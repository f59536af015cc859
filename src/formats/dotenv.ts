import { type Format, type Scan } from "../core/format.ts"
import { formatUpperG } from "../core/gonumber.ts"
import { type Scalar, scalarText, textScalar } from "../core/scalar.ts"
import { type Item, type Site } from "../core/site.ts"
import { replaced, type Span, unixLines, utf8 } from "../core/text.ts"
import { type Tree } from "../core/tree.ts"
import { AppError, assert } from "../errors/app-error.ts"
import { attachBlock } from "./dotenv/block.ts"
import { setLine, unsetLine } from "./dotenv/edit.ts"
import { unescape } from "./dotenv/lines.ts"
import { printDotenv, printScalar } from "./dotenv/print.ts"
import { nameForReaders, valueForReaders } from "./dotenv/reader.ts"
import { confirmDotenv, scanDotenv } from "./dotenv/scan.ts"

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

  seal: (_scan, site, token) => replaced(spanOf(site), token),

  open: (_scan, site, scalar) => replaced(spanOf(site), printScalar(scalar)),

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

  attach: (scan, tree, like) => attachBlock(scan.source, tree, like),

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
