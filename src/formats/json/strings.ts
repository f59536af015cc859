import { isAllDigits, PIECE_CHARS } from "../../core/base64.ts"
import { isUtf8, utf8 } from "../../core/text.ts"

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** What follows a backslash, other than `u`. */
const escapes = '"\\/bfnrt'

/**
 * The value of a string from its quote to its end quote. A surrogate escape without its other half is U+FFFD, as in Go.
 *
 * @param start - of a string that was checked, with its quotes
 */
export function unquote(source: string, start: number, end: number): string {
  const text = source.slice(start + 1, end - 1)
  if (!text.includes("\\")) return text
  return (JSON.parse(source.slice(start, end)) as string).toWellFormed()
}

/** Why a text is not a string: an offset and a reason. */
interface StringFault {
  readonly fault: number
  readonly reason: string
}

const withoutEscapes = /"[^"\\\0-\x1f]*"/y
const withEscapes = /"[^"\\\0-\x1f]*(?:\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4})[^"\\\0-\x1f]*)*"/y

/**
 * Finds the end of a string that starts at a quote, and checks its characters and escapes as encoding/json does.
 *
 * @returns the offset after its end
 */
export function stringEnd(source: string, start: number): number | StringFault {
  const end = source.indexOf('"', start + 1) + 1
  if (end - start > LONG_CHARS) return isLongString(source, start + 1, end - 1) ? end : slowStringEnd(source, start)
  withoutEscapes.lastIndex = start
  if (withoutEscapes.test(source)) return end
  const last = closingQuote(source, end - 1) + 1
  if (end === 0 || last === 0 || last - start > LONG_CHARS) return slowStringEnd(source, start)
  withEscapes.lastIndex = start
  return withEscapes.test(source) ? withEscapes.lastIndex : slowStringEnd(source, start)
}

/** The first quote from there on that no backslash escapes; -1 when there is none. */
function closingQuote(source: string, from: number): number {
  for (let at = source.indexOf('"', from); at !== -1; at = source.indexOf('"', at + 1)) {
    let before = at
    while (source.charCodeAt(before - 1) === BACKSLASH) before--
    if ((at - before) % 2 === 0) return at
  }
  return -1
}

function slowStringEnd(source: string, start: number): number | StringFault {
  for (let at = start + 1; at < source.length; at++) {
    const code = source.charCodeAt(at)
    if (code === QUOTE) return at + 1
    if (code < 0x20) return { fault: at, reason: "a control character in a string: write it as an escape" }
    if (code !== BACKSLASH) continue
    at++
    const escaped = source.charCodeAt(at)
    if (escaped === 0x75) {
      for (let digit = 1; digit <= 4; digit++) {
        if (!isHex(source.charCodeAt(at + digit)))
          return { fault: at, reason: "\\u is not followed by four hex digits" }
      }
      at += 4
    } else if (!escapes.includes(String.fromCharCode(escaped))) {
      return { fault: at, reason: "JSON has no such escape" }
    }
  }
  return { fault: start, reason: "a string does not end" }
}

const LONG_CHARS = 4096

/** Whether a long text is the content of a string without escapes. */
function isLongString(source: string, start: number, end: number): boolean {
  try {
    for (let at = start; at < end; at += PIECE_CHARS) {
      const piece = source.slice(at, Math.min(at + PIECE_CHARS, end))
      // Most long strings are tokens.
      if (isAllDigits(piece)) continue
      // The engine's own parser checks a text ten times as fast. Its result and its errors are dropped.
      if (piece.includes("\\")) return false
      JSON.parse(`"${piece}"`)
    }
    return true
  } catch {
    return false
  }
}

function isHex(code: number): boolean {
  const letter = code | 0x20
  return (code >= 0x30 && code <= 0x39) || (letter >= 0x61 && letter <= 0x66)
}

/** A string as most programs write it, with the escapes that it needs. */
export function quotePlain(text: string): string {
  return JSON.stringify(text)
}

/** What `isPrintedAsIs` leaves out. */
// eslint-disable-next-line no-control-regex -- they are what it looks for
const needsEscape = /["\\&<>\0-\x1f\u2028\u2029]/

/** A string as encoding/json prints it: `<`, `>`, `&`, U+2028 and U+2029 are escaped too. */
export function quote(text: string): string {
  if (!needsEscape.test(text)) return `"${text}"`
  let quoted = '"'
  let from = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (isPrintedAsIs(code)) continue
    quoted += text.slice(from, at) + escape(code)
    from = at + 1
  }
  return `${quoted}${text.slice(from)}"`
}

/**
 * The same for bytes that are not UTF-8. Each that belongs to no character becomes the escape of U+FFFD, as in Go.
 *
 * @see Go encoding/json, appendString
 */
export function quoteBytes(bytes: Uint8Array): string {
  let quoted = '"'
  for (let at = 0; at < bytes.length;) {
    const length = runeLength(bytes, at)
    if (length === 0) quoted += "\\ufffd"
    else quoted += quote(utf8.decode(bytes.subarray(at, at + length))).slice(1, -1)
    at += length === 0 ? 1 : length
  }
  return `${quoted}"`
}

/** Bytes of the character that starts there; 0 when none does. */
function runeLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!
  const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
  return at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length)) ? length : 0
}

function isPrintedAsIs(code: number): boolean {
  if (code < 0x20) return false
  switch (code) {
    case QUOTE:
    case BACKSLASH:
    case 0x26:
    case 0x3c:
    case 0x3e:
    case 0x2028:
    case 0x2029:
      return false
    default:
      return true
  }
}

const shortEscapes: ReadonlyMap<number, string> = new Map([
  [QUOTE, '\\"'],
  [BACKSLASH, "\\\\"],
  [0x08, "\\b"],
  [0x0c, "\\f"],
  [0x0a, "\\n"],
  [0x0d, "\\r"],
  [0x09, "\\t"],
])

function escape(code: number): string {
  return shortEscapes.get(code) ?? `\\u${code.toString(16).padStart(4, "0")}`
}
