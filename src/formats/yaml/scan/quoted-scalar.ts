import { BACKSLASH, DOUBLE_QUOTE, SINGLE_QUOTE, hexValue, isBlank, isBreak, isHighSurrogate } from "./chars.ts"
import { type PlainContent, folded, readBreak } from "./plain-scalar.ts"
import { type Scanner, isDocumentMark, skipBreak, syntaxAt } from "./scanner-state.ts"

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
