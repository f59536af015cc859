import {
  BANG,
  DOT,
  GREATER,
  HASH,
  LESS,
  PERCENT,
  ZERO,
  hexValue,
  isBlank,
  isBlankOrEnd,
  isBreak,
  isBreakOrEnd,
  isDigit,
  isWord,
} from "./chars.ts"
import { passComment, type Scanner, type TokenType, skipBreak, syntaxAt } from "./scanner-state.ts"

interface TagParts {
  readonly handle: string
  readonly suffix: string
}

/**
 * Scans a tag: `!<uri>`, `!handle!suffix`, `!suffix`, or `!` alone, which has no handle.
 *
 * @see go-yaml v3.0.4 scannerc.go, yaml_parser_scan_tag
 */
export function scanTag(s: Scanner): TagParts {
  const { text } = s
  const start = s.pos
  let parts: TagParts
  if (text.charCodeAt(start + 1) === LESS) {
    s.pos += 2
    const suffix = scanUri(s, start, "", false)
    if (text.charCodeAt(s.pos) !== GREATER) throw syntaxAt(text, s.pos, "a tag is not valid")
    s.pos++
    parts = { handle: "", suffix }
  } else {
    const handle = scanHandle(s)
    if (handle.length > 1 && handle.endsWith("!")) parts = { handle, suffix: scanUri(s, start, "", false) }
    else {
      const suffix = scanUri(s, start, handle.slice(1), true)
      parts = suffix === "" ? { handle: "", suffix: handle } : { handle: "!", suffix }
    }
  }
  if (!isBlankOrEnd(text.charCodeAt(s.pos))) throw syntaxAt(text, s.pos, "a tag is not valid")
  return parts
}

/** `!`, `!!` or `!name!`; what is not a handle comes back without the second `!`. */
function scanHandle(s: Scanner): string {
  const { text } = s
  const start = s.pos++
  while (isWord(text.charCodeAt(s.pos))) s.pos++
  if (text.charCodeAt(s.pos) === BANG) s.pos++
  return text.slice(start, s.pos)
}

const uriSigns = new Set(Array.from(";/?:@&=+$,.!~*'()[]%", (sign) => sign.charCodeAt(0)))

function scanUri(s: Scanner, start: number, head: string, mayBeEmpty: boolean): string {
  const { text } = s
  const from = s.pos
  let uri = head
  for (;;) {
    const code = text.charCodeAt(s.pos)
    if (code === PERCENT) uri += scanUriEscape(s)
    else if (isWord(code) || uriSigns.has(code)) uri += text.charAt(s.pos++)
    else break
  }
  if (s.pos === from && !mayBeEmpty) throw syntaxAt(text, start, "a tag is not valid")
  return uri
}

/** `%C3%A9`: the bytes of one character. */
function scanUriEscape(s: Scanner): string {
  const { text } = s
  const bytes: number[] = []
  let width = 1
  while (bytes.length < width) {
    const high = hexValue(text.charCodeAt(s.pos + 1))
    const low = hexValue(text.charCodeAt(s.pos + 2))
    if (text.charCodeAt(s.pos) !== PERCENT || high === -1 || low === -1)
      throw syntaxAt(text, s.pos, "a tag is not valid")
    const octet = high * 16 + low
    if (bytes.length === 0) width = octetWidth(octet)
    else if ((octet & 0xc0) !== 0x80) width = 0
    if (width === 0) throw syntaxAt(text, s.pos, "a tag is not valid")
    bytes.push(octet)
    s.pos += 3
  }
  return Buffer.from(bytes).toString("utf8")
}

function octetWidth(octet: number): number {
  if ((octet & 0x80) === 0) return 1
  if ((octet & 0xe0) === 0xc0) return 2
  if ((octet & 0xf0) === 0xe0) return 3
  return (octet & 0xf8) === 0xf0 ? 4 : 0
}

interface Directive extends TagParts {
  readonly type: Extract<TokenType, "version" | "tag-directive">
  readonly end: number
}

/**
 * Scans a `%YAML` or `%TAG` line with its break; go-yaml refuses all other directives. The version comes as its handle.
 *
 * @see go-yaml v3.0.4 scannerc.go, yaml_parser_scan_directive
 */
export function scanDirective(s: Scanner): Directive {
  const { text } = s
  const start = s.pos++
  while (isWord(text.charCodeAt(s.pos))) s.pos++
  const name = text.slice(start + 1, s.pos)
  if (!isBlankOrEnd(text.charCodeAt(s.pos))) throw syntaxAt(text, s.pos, "a directive is not valid")
  let parts: TagParts
  if (name === "YAML") parts = { handle: scanVersion(s, start), suffix: "" }
  else if (name === "TAG") parts = scanTagDirective(s, start)
  else throw syntaxAt(text, start, "a directive is not valid")
  const end = s.pos

  skipBlanks(s)
  if (text.charCodeAt(s.pos) === HASH) passComment(s)
  if (!isBreakOrEnd(text.charCodeAt(s.pos))) throw syntaxAt(text, s.pos, "a directive is not valid")
  s.newlines = 0
  if (isBreak(text.charCodeAt(s.pos))) skipBreak(s)
  return { type: name === "YAML" ? "version" : "tag-directive", end, ...parts }
}

/** `1.1` without leading zeros. */
function scanVersion(s: Scanner, start: number): string {
  const { text } = s
  skipBlanks(s)
  const major = scanVersionNumber(s, start)
  if (text.charCodeAt(s.pos) !== DOT) throw syntaxAt(text, s.pos, "a directive is not valid")
  s.pos++
  return `${major}.${scanVersionNumber(s, start)}`
}

function scanVersionNumber(s: Scanner, start: number): number {
  let value = 0
  let length = 0
  for (let code = s.text.charCodeAt(s.pos); isDigit(code); code = s.text.charCodeAt(++s.pos)) {
    if (++length > 2) throw syntaxAt(s.text, start, "a directive is not valid")
    value = value * 10 + code - ZERO
  }
  if (length === 0) throw syntaxAt(s.text, start, "a directive is not valid")
  return value
}

function scanTagDirective(s: Scanner, start: number): TagParts {
  const { text } = s
  skipBlanks(s)
  if (text.charCodeAt(s.pos) !== BANG) throw syntaxAt(text, s.pos, "a directive is not valid")
  const handle = scanHandle(s)
  if (handle !== "!" && !handle.endsWith("!")) throw syntaxAt(text, s.pos, "a directive is not valid")
  if (!isBlank(text.charCodeAt(s.pos))) throw syntaxAt(text, s.pos, "a directive is not valid")
  skipBlanks(s)
  const suffix = scanUri(s, start, "", false)
  if (!isBlankOrEnd(text.charCodeAt(s.pos))) throw syntaxAt(text, s.pos, "a directive is not valid")
  return { handle, suffix }
}

function skipBlanks(s: Scanner): void {
  while (isBlank(s.text.charCodeAt(s.pos))) s.pos++
}
