import {
  DASH,
  HASH,
  PIPE,
  PLUS,
  SPACE,
  TAB,
  ZERO,
  isBlank,
  isBreak,
  isBreakOrEnd,
  isDigit,
  isHighSurrogate,
} from "./chars.ts"
import { scanLineComment } from "./comments.ts"
import { type BlockLayout } from "./node.ts"
import { type PlainContent, readBreak } from "./plain-scalar.ts"
import { type Scanner, skipBreak, syntaxAt } from "./scanner-state.ts"

export interface BlockContent extends PlainContent {
  readonly block: BlockLayout
}

type Header = Pick<BlockLayout, "header" | "indicator" | "chomp">

/**
 * Scans a literal or folded scalar with the indentation of the line after it.
 *
 * @see go-yaml v3.0.4 scannerc.go, yaml_parser_scan_block_scalar
 */
export function scanBlock(s: Scanner): BlockContent {
  const { text } = s
  const start = s.pos
  const isLiteral = text.charCodeAt(start) === PIPE
  const header = scanHeader(s)
  const bodyStart = s.pos
  const given = header.indicator === 0 ? 0 : Math.max(s.indent, 0) + header.indicator

  const gaps: Gaps = { breaks: "", last: -1 }
  const indent = skipGaps(s, given, start, gaps)
  const parts: string[] = []
  let lineBreak = ""
  let contentEnd = -1
  let afterBlank = false
  while (s.pos - s.lineStart === indent && text.charCodeAt(s.pos) !== 0) {
    const isBlankLine = isBlank(text.charCodeAt(s.pos))
    const folds = !isLiteral && !afterBlank && !isBlankLine && lineBreak === "\n"
    if (!folds) parts.push(lineBreak)
    else if (gaps.breaks === "") parts.push(" ")
    parts.push(gaps.breaks, readLine(s))
    gaps.breaks = ""
    afterBlank = isBlankLine
    contentEnd = s.pos
    lineBreak = ""
    if (text.charCodeAt(s.pos) !== 0) {
      gaps.last = s.pos
      lineBreak = readBreak(s)
    }
    skipGaps(s, indent, start, gaps)
  }
  if (header.chomp !== "strip") parts.push(lineBreak)
  if (header.chomp === "keep") parts.push(gaps.breaks)

  // With "keep" the empty lines after the text belong to it, all but the last break.
  const last = header.chomp === "keep" ? Math.max(contentEnd, gaps.last) : contentEnd
  const end = last === -1 ? header.header.end : Math.max(last, header.header.end)
  const block: BlockLayout = { ...header, indent, body: { start: Math.min(bodyStart, end), end } }
  return { value: parts.join(""), end, block }
}

/** From `|` or `>` to the start of the next line. */
function scanHeader(s: Scanner): Header {
  const { text } = s
  const start = s.pos++
  let chomp: Header["chomp"] = "clip"
  let indicator = 0
  for (let i = 0; i < 2; i++) {
    const code = text.charCodeAt(s.pos)
    if ((code === PLUS || code === DASH) && chomp === "clip") chomp = code === PLUS ? "keep" : "strip"
    else if (isDigit(code) && indicator === 0) {
      if (code === ZERO) throw syntaxAt(text, s.pos, "an indent of 0 cannot be given")
      indicator = code - ZERO
    } else break
    s.pos++
  }
  const header = { start, end: s.pos }
  while (isBlank(text.charCodeAt(s.pos))) s.pos++
  s.newlines = 0
  if (text.charCodeAt(s.pos) === HASH) {
    scanLineComment(s, start)
  }
  const code = text.charCodeAt(s.pos)
  if (!isBreakOrEnd(code)) throw syntaxAt(text, s.pos, "something follows the header of a block scalar")
  if (code !== 0) skipBreak(s)
  return { header, indicator, chomp }
}

interface Gaps {
  breaks: string
  /** Offset of the last break, -1 when there was none. */
  last: number
}

/**
 * Passes empty lines and indentation.
 *
 * @param given - column of the text, 0 when it has to be found
 * @returns column of the text
 */
function skipGaps(s: Scanner, given: number, start: number, gaps: Gaps): number {
  const { text } = s
  let deepest = 0
  for (;;) {
    while ((given === 0 || s.pos - s.lineStart < given) && text.charCodeAt(s.pos) === SPACE) s.pos++
    const column = s.pos - s.lineStart
    if (column > deepest) deepest = column
    const code = text.charCodeAt(s.pos)
    if (code === TAB && (given === 0 || column < given))
      throw syntaxAt(text, start, "a block scalar is indented with a tab")
    if (!isBreak(code)) break
    gaps.last = s.pos
    gaps.breaks += readBreak(s)
  }
  return given === 0 ? Math.max(deepest, s.indent + 1, 1) : given
}

function readLine(s: Scanner): string {
  const { text } = s
  const start = s.pos
  let at = start
  for (let code = text.charCodeAt(at); !isBreakOrEnd(code); code = text.charCodeAt(++at)) {
    if (isHighSurrogate(code)) s.lineStart++
    else if (!isBlank(code)) s.newlines = 0
  }
  s.pos = at
  return text.slice(start, at)
}
