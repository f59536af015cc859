/** Codes of the characters with a meaning in YAML. */
export const TAB = 0x09
export const LF = 0x0a
export const CR = 0x0d
export const SPACE = 0x20
export const BANG = 0x21
export const DOUBLE_QUOTE = 0x22
export const HASH = 0x23
export const PERCENT = 0x25
export const AMPERSAND = 0x26
export const SINGLE_QUOTE = 0x27
export const STAR = 0x2a
export const PLUS = 0x2b
export const COMMA = 0x2c
export const DASH = 0x2d
export const DOT = 0x2e
export const ZERO = 0x30
export const COLON = 0x3a
export const LESS = 0x3c
export const GREATER = 0x3e
export const QUESTION = 0x3f
export const AT = 0x40
export const OPEN_BRACKET = 0x5b
export const BACKSLASH = 0x5c
export const CLOSE_BRACKET = 0x5d
export const BACKQUOTE = 0x60
export const OPEN_BRACE = 0x7b
export const PIPE = 0x7c
export const CLOSE_BRACE = 0x7d
const NEL = 0x85
export const LINE_SEPARATOR = 0x2028
const PARAGRAPH_SEPARATOR = 0x2029
export const BOM = 0xfeff

/** The reader of go-yaml takes no other characters (readerc.go, yaml_parser_update_buffer). */
export const unprintable =
  // eslint-disable-next-line no-control-regex -- they are what it looks for
  /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/

export function isBlank(code: number): boolean {
  return code === SPACE || code === TAB
}

/** YAML 1.1 counts CR, NEL, LS and PS as line breaks too. */
export function isBreak(code: number): boolean {
  return code === LF || code === CR || (code >= NEL && isHighBreak(code))
}

/** Of the codes from 0x80 on. */
export function isHighBreak(code: number): boolean {
  return code === NEL || code === LINE_SEPARATOR || code === PARAGRAPH_SEPARATOR
}

/** A break, or the NUL that the scanner puts after the text. */
export function isBreakOrEnd(code: number): boolean {
  return code === 0 || isBreak(code)
}

export function isBlankOrEnd(code: number): boolean {
  return code === SPACE || code === TAB || code === 0 || isBreak(code)
}

/** The characters in names of anchors, directives and tag handles. */
export function isWord(code: number): boolean {
  return (
    isDigit(code) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a) || code === 0x5f || code === DASH
  )
}

export function isDigit(code: number): boolean {
  return code >= ZERO && code <= 0x39
}

/** -1 for anything that is not a hexadecimal digit. */
export function hexValue(code: number): number {
  if (isDigit(code)) return code - ZERO
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : -1
}

export function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff
}
