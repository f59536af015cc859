import {
  BACKSLASH,
  COLON,
  DASH,
  DOUBLE_QUOTE,
  HASH,
  LINE_SEPARATOR,
  PIPE,
  PLUS,
  SINGLE_QUOTE,
  SPACE,
  TAB,
  ZERO,
  hexValue,
  isBlank,
  isBlankOrEnd,
  isBreak,
  isBreakOrEnd,
  isDigit,
  isHighBreak,
  isHighSurrogate,
} from "./chars.ts"
import { scanLineComment } from "./comments.ts"
import { type BlockLayout } from "./node.ts"
import { type Scanner, isDocumentMark, skipBreak, syntaxAt } from "./scanner-state.ts"

interface PlainContent {
  readonly value: string
  readonly end: number
}

/** 1 ends a chunk of plain text, 2 may end it: a colon, or what has a meaning in flow style only. */
const stops = new Uint8Array(128)
for (const letter of "\0\t\n\r ") stops[letter.charCodeAt(0)] = 1
for (const letter of ":,?[]{}") stops[letter.charCodeAt(0)] = 2

/**
 * Scans a plain scalar with the blanks and breaks after it.
 *
 * @see go-yaml v3.0.4 scannerc.go, yaml_parser_scan_plain_scalar
 */
export function scanPlain(s: Scanner): PlainContent {
  const { text } = s
  const indent = s.indent + 1
  let value = ""
  let end = s.pos
  let joint = ""
  let afterBreak = false
  for (;;) {
    if (s.pos === s.lineStart && isDocumentMark(text, s.pos)) break
    if (text.charCodeAt(s.pos) === HASH) break
    const start = s.pos
    skipChunk(s)
    if (s.pos > start) {
      const chunk = text.slice(start, s.pos)
      value = value === "" ? chunk : value + joint + chunk
      end = s.pos
      s.newlines = 0
      afterBreak = false
    }
    const code = text.charCodeAt(s.pos)
    if (!isBlank(code) && !isBreak(code)) break
    const fold = skipBlanks(s, indent)
    if (fold !== null) {
      joint = fold
      afterBreak = true
    } else joint = text.slice(end, s.pos)
    if (s.flowLevel === 0 && s.pos - s.lineStart < indent) break
  }
  if (afterBreak) s.isKeyAllowed = true
  return { value, end }
}

function skipChunk(s: Scanner): void {
  const { text } = s
  let at = s.pos
  for (;;) {
    const code = text.charCodeAt(at)
    if (code < 128) {
      const stop = stops[code]
      if (stop !== 0) {
        if (stop === 1) break
        if (code === COLON ? isBlankOrEnd(text.charCodeAt(at + 1)) : s.flowLevel > 0) break
      }
    } else {
      if (isHighBreak(code)) break
      if (isHighSurrogate(code)) s.lineStart++
    }
    at++
  }
  s.pos = at
}

/**
 * Passes blanks and breaks.
 *
 * @returns what they fold to, or `null` when there was no break
 */
function skipBlanks(s: Scanner, indent: number): string | null {
  const { text } = s
  let fold: Fold | null = null
  for (;;) {
    const code = text.charCodeAt(s.pos)
    if (isBlank(code)) {
      if (fold !== null && code === TAB && s.pos - s.lineStart < indent)
        throw syntaxAt(text, s.pos, "a tab in the indentation")
      s.pos++
    } else if (isBreak(code)) {
      const mark = readBreak(s)
      if (fold === null) fold = { first: mark, rest: "" }
      else fold.rest += mark
    } else break
  }
  return fold === null ? null : folded(fold)
}

interface Fold {
  first: string
  rest: string
}

/** One break becomes a space, several lose one; LS and PS stay. */
function folded({ first, rest }: Fold): string {
  if (first !== "\n") return first + rest
  return rest === "" ? " " : rest
}

/** Passes a break. @returns LF for all kinds of it but LS and PS */
function readBreak(s: Scanner): string {
  const code = s.text.charCodeAt(s.pos)
  skipBreak(s)
  return code >= LINE_SEPARATOR ? String.fromCharCode(code) : "\n"
}

/**
 * Scans a quoted scalar from its opening quote to after the closing one.
 *
 * @see go-yaml v3.0.4 scannerc.go, yaml_parser_scan_flow_scalar
 */
export function scanQuoted(s: Scanner): PlainContent {
  const { text } = s
  const opening = s.pos
  const quote = text.charCodeAt(opening)
  let value = ""
  let from = ++s.pos
  for (;;) {
    const code = text.charCodeAt(s.pos)
    if (code === quote) {
      if (quote === DOUBLE_QUOTE || text.charCodeAt(s.pos + 1) !== SINGLE_QUOTE) break
      value += text.slice(from, s.pos + 1)
      from = s.pos += 2
    } else if (code === BACKSLASH && quote === DOUBLE_QUOTE) {
      value += text.slice(from, s.pos)
      value += isBreak(text.charCodeAt(s.pos + 1)) ? skipEscapedBreak(s, opening) : readEscape(s)
      from = s.pos
    } else if (isBreak(code)) {
      let end = s.pos
      while (end > from && isBlank(text.charCodeAt(end - 1))) end--
      const first = readBreak(s)
      value += text.slice(from, end) + folded({ first, rest: skipEmptyLines(s, opening) })
      from = s.pos
    } else if (code === 0) throw syntaxAt(text, opening, "a quote is not closed")
    else {
      if (isHighSurrogate(code)) s.lineStart++
      s.pos++
    }
  }
  const rest = text.slice(from, s.pos)
  s.newlines = 0
  s.pos++
  return { value: value === "" ? rest : value + rest, end: s.pos }
}

/** Passes empty lines and the blanks that begin a line. @returns the breaks */
function skipEmptyLines(s: Scanner, opening: number): string {
  const { text } = s
  let breaks = ""
  for (;;) {
    const code = text.charCodeAt(s.pos)
    if (isBlank(code)) s.pos++
    else if (isBreak(code)) breaks += readBreak(s)
    else break
  }
  if (s.pos === s.lineStart && isDocumentMark(text, s.pos)) throw syntaxAt(text, opening, "a quote is not closed")
  return breaks
}

function skipEscapedBreak(s: Scanner, opening: number): string {
  s.pos++
  skipBreak(s)
  return skipEmptyLines(s, opening)
}

const escapes: ReadonlyMap<string, string> = new Map([
  ["0", "\0"],
  ["a", "\x07"],
  ["b", "\b"],
  ["t", "\t"],
  ["\t", "\t"],
  ["n", "\n"],
  ["v", "\v"],
  ["f", "\f"],
  ["r", "\r"],
  ["e", "\x1b"],
  [" ", " "],
  ['"', '"'],
  ["'", "'"],
  ["\\", "\\"],
  ["N", "\x85"],
  ["_", "\xa0"],
  ["L", "\u2028"],
  ["P", "\u2029"],
])

const hexDigits: ReadonlyMap<string, number> = new Map([
  ["x", 2],
  ["u", 4],
  ["U", 8],
])

/** go-yaml knows no `\/`, and no pair of surrogates. */
function readEscape(s: Scanner): string {
  const { text } = s
  const start = s.pos
  const letter = text.charAt(start + 1)
  const plain = escapes.get(letter)
  s.pos += 2
  if (plain !== undefined) return plain
  const digits = hexDigits.get(letter)
  if (digits === undefined) throw syntaxAt(text, start, "an escape that YAML does not have")
  let value = 0
  for (let i = 0; i < digits; i++) {
    const digit = hexValue(text.charCodeAt(s.pos + i))
    if (digit === -1) throw syntaxAt(text, start, "an escape that YAML does not have")
    value = value * 16 + digit
  }
  if ((value >= 0xd800 && value <= 0xdfff) || value > 0x10ffff)
    throw syntaxAt(text, start, "an escape that YAML does not have")
  s.pos += digits
  return String.fromCodePoint(value)
}

interface BlockContent extends PlainContent {
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
