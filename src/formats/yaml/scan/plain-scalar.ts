import {
  COLON,
  HASH,
  LINE_SEPARATOR,
  TAB,
  isBlank,
  isBlankOrEnd,
  isBreak,
  isHighBreak,
  isHighSurrogate,
} from "./chars.ts"
import { type Scanner, isDocumentMark, skipBreak, syntaxAt } from "./scanner-state.ts"

export interface PlainContent {
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
export function folded({ first, rest }: Fold): string {
  if (first !== "\n") return first + rest
  return rest === "" ? " " : rest
}

/** Passes a break. @returns LF for all kinds of it but LS and PS */
export function readBreak(s: Scanner): string {
  const code = s.text.charCodeAt(s.pos)
  skipBreak(s)
  return code >= LINE_SEPARATOR ? String.fromCharCode(code) : "\n"
}
