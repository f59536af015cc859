import {
  formatF,
  parseFloat64,
  parseInt64In,
  parseIntBase0,
  parseUintBase0,
  parseUint64In,
} from "../../../core/gonumber.ts"
import { type Kind, type Scalar, textScalar } from "../../../core/scalar.ts"
import { utf8 } from "../../../core/text.ts"
import { DASH, DOT, PLUS, ZERO, isDigit } from "../scan/chars.ts"
import { type ScalarStyle } from "../scan/node.ts"
import { readTimestamp } from "./timestamp.ts"

/**
 * What a spelling stands for. `null` is YAML's null. `"mismatch"`: an explicit tag that the text does not fit, which
 * go-yaml refuses. `"unsupported"`: a value that go-yaml reads and sops cannot seal (an integer from 2^63 to 2^64 - 1, a
 * date with an offset of a day).
 */
export type Resolved = Scalar | null | "mismatch" | "unsupported"

/**
 * Resolves a scalar as go-yaml does: plain text by its form, quoted text and block text to a string, an explicit core
 * tag by force; other tags are dropped and leave a string.
 *
 * @param tag - short form (`!!int`), `""` when there is none
 * @see go-yaml v3.0.4 resolve.go, resolve; decode.go, decoder.scalar
 */
export function resolveScalar(tag: string, style: ScalarStyle, value: string): Resolved {
  if (tag === "") return style === "plain" ? resolvePlain(value) : text(value)
  switch (tag) {
    case "!!bool":
    case "!!int":
    case "!!null":
    case "!!timestamp":
      return forced(tag, value)
    case "!!float":
      return forcedFloat(value)
    case "!!binary": {
      const bytes = decodeAsGo(value)
      return bytes === null ? "mismatch" : { kind: "str", bytes }
    }
    default:
      return text(value)
  }
}

/** Whether plain text without a tag is a string. */
export function resolvesToString(value: string): boolean {
  if (!mayResolve(value)) return true
  const found = lookup(value, true)
  return found !== null && found !== "unsupported" && found.kind === "str"
}

function resolvePlain(value: string): Resolved {
  if (!mayResolve(value)) return text(value)
  if (isShortDecimal(value)) return ascii("int", value)
  return lookup(value, true)
}

const kindOfTag: ReadonlyMap<string, Kind | null> = new Map<string, Kind | null>([
  ["!!bool", "bool"],
  ["!!int", "int"],
  ["!!null", null],
  ["!!timestamp", "time"],
])

function forced(tag: string, value: string): Resolved {
  const found = lookup(value, tag === "!!timestamp")
  if (found === null) return tag === "!!null" ? null : "mismatch"
  if (found === "unsupported") return tag === "!!int" || tag === "!!timestamp" ? found : "mismatch"
  return found.kind === kindOfTag.get(tag) ? found : "mismatch"
}

function forcedFloat(value: string): Resolved {
  const found = lookup(value, false)
  if (found === null || found === "unsupported") return "mismatch"
  if (found.kind === "float") return found
  return found.kind === "int" ? ascii("float", formatF(Number(utf8.decode(found.bytes)))) : "mismatch"
}

/** By the first character: only a sign, a digit, a point, `~` and the first letters of the words can begin a non-string. */
function mayResolve(value: string): boolean {
  if (value === "") return true
  const first = value.charCodeAt(0)
  return first < 128 && starts[first] === 1
}

const starts = new Uint8Array(128)
for (const letter of "+-0123456789.~nNtTfF") starts[letter.charCodeAt(0)] = 1

const words: ReadonlyMap<string, Scalar | null> = new Map<string, Scalar | null>([
  ...["true", "True", "TRUE"].map((word) => [word, ascii("bool", "True")] as const),
  ...["false", "False", "FALSE"].map((word) => [word, ascii("bool", "False")] as const),
  ...["", "~", "null", "Null", "NULL"].map((word) => [word, null] as const),
  ...[".nan", ".NaN", ".NAN"].map((word) => [word, ascii("float", "NaN")] as const),
  ...[".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"].map((word) => [word, ascii("float", "+Inf")] as const),
  ...["-.inf", "-.Inf", "-.INF"].map((word) => [word, ascii("float", "-Inf")] as const),
])

function lookup(value: string, datesToo: boolean): Scalar | null | "unsupported" {
  const word = value.length <= 5 ? words.get(value) : undefined
  if (word !== undefined) return word
  const first = value.charCodeAt(0)
  if (first === DOT) return float(parseFloat64(value)) ?? text(value)
  if (!isDigit(first) && first !== PLUS && first !== DASH) return text(value)
  const date = datesToo ? readTimestamp(value) : null
  if (date !== null) return date === "unsupported" ? date : ascii("time", date)
  return readNumber(value.includes("_") ? value.replaceAll("_", "") : value) ?? text(value)
}

function readNumber(plain: string): Scalar | "unsupported" | null {
  const int = parseIntBase0(plain)
  if (int !== null) return ascii("int", int.toString())
  if (parseUintBase0(plain) !== null) return "unsupported"
  if (looksLikeFloat(plain)) {
    const found = float(parseFloat64(plain))
    if (found !== null) return found
  }
  return readPrefixed(plain)
}

/**
 * The prefixes that Go's own reader leaves: go-yaml cuts `0b` and `0o` off and reads the rest as a signed number,
 * so that `0o-7` is -7.
 */
function readPrefixed(plain: string): Scalar | "unsupported" | null {
  const isNegative = plain.charCodeAt(0) === DASH
  const start = isNegative ? 1 : 0
  if (plain.charCodeAt(start) !== ZERO) return null
  const letter = plain.charAt(start + 1)
  if (letter !== "b" && letter !== "o") return null
  const radix = letter === "b" ? 2 : 8
  const rest = plain.slice(start + 2)
  const int = parseInt64In(isNegative ? `-${rest}` : rest, radix)
  if (int !== null) return ascii("int", int.toString())
  return !isNegative && parseUint64In(rest, radix) !== null ? "unsupported" : null
}

/** go-yaml's form of floats: `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?` */
function looksLikeFloat(plain: string): boolean {
  let at = isSign(plain.charCodeAt(0)) ? 1 : 0
  const whole = digitsEnd(plain, at)
  const hasWhole = whole > at
  at = whole
  if (plain.charCodeAt(at) === DOT) {
    const end = digitsEnd(plain, at + 1)
    if (!hasWhole && end === at + 1) return false
    at = end
  } else if (!hasWhole) return false
  if (at === plain.length) return true
  if ((plain.charCodeAt(at) | 0x20) !== 0x65) return false
  at++
  if (isSign(plain.charCodeAt(at))) at++
  const end = digitsEnd(plain, at)
  return end > at && end === plain.length
}

function isSign(code: number): boolean {
  return code === PLUS || code === DASH
}

function digitsEnd(plain: string, start: number): number {
  let at = start
  while (isDigit(plain.charCodeAt(at))) at++
  return at
}

/** Digits without a leading zero that always fit: the canonical text is the text. */
function isShortDecimal(value: string): boolean {
  if (value.length > 18 || (value.charCodeAt(0) === ZERO && value.length > 1)) return false
  for (let at = 0; at < value.length; at++) if (!isDigit(value.charCodeAt(at))) return false
  return value !== ""
}

/**
 * Standard base64 with padding, as Go's StdEncoding: line ends are skipped, other characters refused, bits that are left
 * over ignored.
 */
function decodeAsGo(value: string): Uint8Array | null {
  const packed = value.replaceAll("\n", "").replaceAll("\r", "")
  if (packed.length % 4 !== 0) return null
  let length = packed.length
  if (packed.endsWith("==")) length -= 2
  else if (packed.endsWith("=")) length -= 1
  for (let at = 0; at < length; at++) {
    const code = packed.charCodeAt(at)
    const lower = code | 0x20
    const isLetter = lower >= 0x61 && lower <= 0x7a && code < 128
    if (!isLetter && !isDigit(code) && code !== PLUS && code !== 0x2f) return null
  }
  return Uint8Array.from(Buffer.from(packed, "base64"))
}

function float(value: number | null): Scalar | null {
  return value === null ? null : ascii("float", formatF(value))
}

function text(value: string): Scalar {
  return textScalar(value)
}

function ascii(kind: Kind, value: string): Scalar {
  return { kind, bytes: utf8.encode(value) }
}
