import { isBreak } from "../scan/chars.ts"

/** What the characters of a text allow; whether its *words* need quotes is another question. */
interface Shape {
  readonly flowPlainAllowed: boolean
  readonly blockPlainAllowed: boolean
  readonly singleQuotedAllowed: boolean
  readonly blockAllowed: boolean
  readonly hasBreak: boolean
}

/** Such a text has no special meaning anywhere unless it ends in a space, and most values are such texts. */
const plainEverywhere = /^[A-Za-z0-9_/+][\w./+=@% -]*$/
const anyStyle: Shape = {
  flowPlainAllowed: true,
  blockPlainAllowed: true,
  singleQuotedAllowed: true,
  blockAllowed: true,
  hasBreak: false,
}

const FIRST_FORBIDDEN = ",#[]{}&*!|>'\"%@`"

/**
 * Which styles can hold a text, as go-yaml's emitter judges.
 *
 * @see go-yaml v3.0.4 emitterc.go, yaml_emitter_analyze_scalar
 */
export function shapeOf(text: string): Shape {
  if (text === "") {
    const noBreak = { flowPlainAllowed: false, blockPlainAllowed: true, singleQuotedAllowed: true }
    return { ...noBreak, blockAllowed: false, hasBreak: false }
  }
  const last = text.charCodeAt(text.length - 1)
  if (last !== 0x20 && plainEverywhere.test(text)) return anyStyle
  const first = text.charCodeAt(0)
  let flowIndicator = text.startsWith("---") || text.startsWith("...")
  let blockIndicator = flowIndicator
  if (FIRST_FORBIDDEN.includes(text[0]!)) flowIndicator = blockIndicator = true
  else if (first === 0x3f || first === 0x3a) {
    flowIndicator = true
    if (isBlankOrEnd(text.charCodeAt(1))) blockIndicator = true
  } else if (first === 0x2d && isBlankOrEnd(text.charCodeAt(1))) flowIndicator = blockIndicator = true

  let hasBreak = false
  let hasTab = false
  let hasSpecial = false
  let blankBeforeBreak = false
  let breakBeforeBlank = false
  let previous = Number.NaN
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit === 0x3a) {
      flowIndicator = true
      if (isBlankOrEnd(text.charCodeAt(i + 1))) blockIndicator = true
    } else if (unit === 0x23) {
      if (isBlank(previous) || isBreak(previous) || previous === 0) flowIndicator = blockIndicator = true
    } else if (isFlowSign(unit)) flowIndicator = true
    else if (unit === 0x09) hasTab = true
    else if (unit === 0x20) breakBeforeBlank ||= isBreak(previous)
    else if (isBreak(unit)) {
      hasBreak = true
      blankBeforeBreak ||= previous === 0x20
    }
    if (unit !== 0x09 && !isPrintable(unit)) hasSpecial = true
    previous = unit
  }

  const spoiled = blankBeforeBreak || hasSpecial
  const edge = first === 0x20 || last === 0x20 || hasBreak
  return {
    flowPlainAllowed: !flowIndicator && !edge && !spoiled && !hasTab,
    blockPlainAllowed: !blockIndicator && !edge && !spoiled && !hasTab,
    singleQuotedAllowed: !breakBeforeBlank && !spoiled && !hasTab,
    blockAllowed: last !== 0x20 && !spoiled,
    hasBreak,
  }
}

function isBlank(unit: number): boolean {
  return unit === 0x20 || unit === 0x09
}

/** `charCodeAt` gives `NaN` after the end. */
function isBlankOrEnd(unit: number): boolean {
  return Number.isNaN(unit) || isBlank(unit)
}

function isFlowSign(unit: number): boolean {
  return unit === 0x2c || unit === 0x3f || unit === 0x5b || unit === 0x5d || unit === 0x7b || unit === 0x7d
}

/** A surrogate is half of an astral character, which go-yaml always escapes. */
function isPrintable(unit: number): boolean {
  if (unit <= 0x7e) return unit >= 0x20 || unit === 0x0a
  if (unit < 0xa0) return false
  return unit < 0xd800 || (unit >= 0xe000 && unit !== 0xfeff && unit < 0xfffe)
}

export function singleQuoted(text: string): string {
  return `'${text.includes("'") ? text.replaceAll("'", "''") : text}'`
}

const escapes = new Map([
  [0x00, "\\0"],
  [0x07, "\\a"],
  [0x08, "\\b"],
  [0x09, "\\t"],
  [0x0a, "\\n"],
  [0x0b, "\\v"],
  [0x0c, "\\f"],
  [0x0d, "\\r"],
  [0x1b, "\\e"],
  [0x22, '\\"'],
  [0x5c, "\\\\"],
  [0x85, "\\N"],
  [0x2028, "\\L"],
  [0x2029, "\\P"],
])

/** Quotes, backslashes, and all but printable ASCII: only a text with one of these is read letter by letter. */
const needsEscape = /[^ !#-[\]-~]/

/**
 * Double quotes with go-yaml's escapes, on one line.
 *
 * A text that starts with a BOM gets every character escaped: go-yaml looks at the first one each time. With
 * `keepsReadable` it escapes only what cannot be in a file, as people do: astral characters stay.
 */
export function doubleQuoted(text: string, { keepsReadable = false }: { keepsReadable?: boolean } = {}): string {
  if (!needsEscape.test(text)) return `"${text}"`
  const all = !keepsReadable && text.charCodeAt(0) === 0xfeff
  const parts = ['"']
  let from = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    const isClear =
      unit !== 0x22 && unit !== 0x5c && !isBreak(unit) && (isPrintable(unit) || (keepsReadable && isAstral(unit)))
    if (isClear && !all) continue
    parts.push(text.slice(from, i))
    const code = text.codePointAt(i)!
    parts.push(escapes.get(code) ?? hexEscape(code))
    if (code > 0xffff) i++
    from = i + 1
  }
  parts.push(text.slice(from), '"')
  return parts.join("")
}

/** Whether a text fits on one line as it is, inside single quotes. */
export function fitsOneLine(text: string): boolean {
  return !text.includes("\n") && fitsLines(text)
}

/** All but tabs, line ends and printable ASCII: only a text with one of these is read letter by letter. */
const mayNotFit = /[^\t\n -~]/

/** Whether a text fits in a block as it is: no character that go-yaml refuses, no line end but LF. */
export function fitsLines(text: string): boolean {
  if (!mayNotFit.test(text)) return true
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    const isLineEnd = isBreak(unit) && unit !== 0x0a
    if (isLineEnd || !(isPrintable(unit) || unit === 0x09 || isAstral(unit))) return false
  }
  return true
}

/** Half of an astral character. A text that was decoded from bytes has no other surrogates. */
function isAstral(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff
}

function hexEscape(code: number): string {
  const hex = code.toString(16).toUpperCase()
  if (code <= 0xff) return `\\x${hex.padStart(2, "0")}`
  return code <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`
}
