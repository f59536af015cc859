import { type Span } from "../../../core/text.ts"
import { blockMayEndAt, carrierFor, startColumn } from "./measure.ts"
import { type YamlEntry, type YamlScan } from "../resolve/model.ts"
import { type BlockLayout, type ScalarNode } from "../scan/node.ts"
import { doubleQuoted, fitsLines } from "./quote.ts"
import { isBreak } from "../scan/chars.ts"
import { spellText } from "./spell.ts"

const INDICATOR_MAX = 9

/**
 * The header stays; the token is the only line of text, at the indentation of the old text. Empty lines that belong to
 * the text stay below it: to go-yaml they decide what a following comment belongs to.
 *
 * @param isFlat - in a file of names and values alone, `|` becomes `|-`, and `>` becomes `>-`: mise reads such files for
 *   the environment, and takes no token with a line end after it. The end of the value tells which it was.
 */
export function sealBlock(source: string, node: ScalarNode, start: number, token: string, isFlat: boolean): string {
  const { header, body, chomp, indent } = node.block!
  const from = Math.max(start, header.start)
  // A comment after the header stays, and its header with it.
  const hasLineEnd = chomp === "clip" && isBreak(source.charCodeAt(body.end))
  const strip = isFlat && from === header.start && hasLineEnd ? "-" : ""
  const behind = Math.max(from, header.end)
  const line = source.slice(from, behind) + strip + source.slice(behind, body.start)
  return line + " ".repeat(indent) + token + emptyLines(source, node.block!)
}

/** The line ends at the end of a text that keeps them. */
function emptyLines(source: string, { body, chomp }: BlockLayout): string {
  let start = body.end
  if (chomp === "keep") while (start > body.start && isBreak(source.charCodeAt(start - 1))) start--
  return source.slice(start, body.end)
}

/**
 * The text in the block that held its token. If the header does not fit (the text ends otherwise, or starts with a
 * space), it writes another one, and what no block can hold goes into double quotes.
 *
 * @param span - of the site: it starts after the header's line when there is a comment in it, which stays
 */
export function openBlock(scan: YamlScan, node: ScalarNode, entry: YamlEntry, span: Span, text: string): string {
  const block = node.block!
  const { source } = scan
  const isWholeHeader = span.start <= block.header.start
  const wasClip = isWholeHeader && block.chomp === "strip" && fitsChomp(text, "clip", span.end === source.length)
  const chomp = wasClip ? "clip" : block.chomp
  const header = wasClip ? clipHeader(source, block, span.start) : source.slice(span.start, block.body.start)
  const eol = source[block.body.start - 2] === "\r" ? "\r\n" : "\n"
  const margin = " ".repeat(block.indent)
  const isAtEnd = span.end === source.length
  const hasLines = fitsLines(text)
  if (hasLines && fitsChomp(text, chomp, isAtEnd) && fitsIndicator(text, block.indicator)) {
    if (node.style === "literal") return header + indentLines(text, margin, eol, isAtEnd)
    if (fitsFolded(text)) return header + indentLines(unfold(text), margin, eol, isAtEnd)
  }
  if (!isWholeHeader) return indentLines(text, margin, eol, isAtEnd)
  if (!hasLines || !text.includes("\n")) return spellInstead(scan, entry, span.end, text)
  const base = entry.parent === null ? 0 : startColumn(source, entry.parent)
  const hint = block.indent - base
  if (hint < 1 || hint > INDICATOR_MAX || !blockMayEndAt(source, span.end, block.indent, text))
    return doubleQuoted(text, { keepsReadable: true })
  const place = { context: "block", indent: block.indent, hint, eol } as const
  return spellText(text, place)
}

/** Without the sign that `sealBlock` puts in. */
function clipHeader(source: string, { header, body }: BlockLayout, start: number): string {
  const head = source.slice(start, header.end)
  const at = head.lastIndexOf("-")
  return head.slice(0, at) + head.slice(at + 1) + source.slice(header.end, body.start)
}

function spellInstead(scan: YamlScan, entry: YamlEntry, end: number, text: string): string {
  return spellText(text, { ...carrierFor(scan, entry, end, ""), oneLine: true })
}

/** Whether the text ends as the chomping indicator says. Without a line end after the block there is one less. */
function fitsChomp(text: string, chomp: BlockLayout["chomp"], isAtEnd: boolean): boolean {
  const ends = trailingBreaks(text)
  if (isAtEnd) return ends === 0
  switch (chomp) {
    case "strip":
      return ends === 0
    case "clip":
      return ends === 1 && text.length > 1
    case "keep":
      return ends >= 1
  }
}

function trailingBreaks(text: string): number {
  let count = 0
  while (text[text.length - 1 - count] === "\n") count++
  return count
}

/** Without an indicator the first line with text says how deep the block is indented. */
function fitsIndicator(text: string, indicator: number): boolean {
  if (indicator !== 0) return true
  let at = 0
  while (text[at] === "\n") at++
  return text[at] !== " " && text[at] !== "\t"
}

/** Lines that start with a space are not folded, which is not worth the trouble here. */
function fitsFolded(text: string): boolean {
  return !/^[\n \t]/.test(text) && !text.includes("\n ") && !text.includes("\n\t")
}

/** A line end that should stay needs another in a folded block; those at the end do not. */
function unfold(text: string): string {
  const end = text.length - trailingBreaks(text)
  return text.slice(0, end).replaceAll(/\n+/g, "$&\n") + text.slice(end)
}

/** Without the final line end, which follows the block in any case. */
function indentLines(text: string, margin: string, eol: string, isAtEnd: boolean): string {
  const body = text.endsWith("\n") && !isAtEnd ? text.slice(0, -1) : text
  return body
    .split("\n")
    .map((line) => (line === "" ? "" : margin + line))
    .join(eol)
}
