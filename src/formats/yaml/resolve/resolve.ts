import {
  formatF,
  parseFloat64,
  parseInt64In,
  parseIntBase0,
  parseUint64In,
  parseUintBase0,
} from "../../../core/gonumber.ts"
import { type Kind, type Scalar, textScalar } from "../../../core/scalar.ts"
import { utf8 } from "../../../core/text.ts"
import { COLON, COMMA, DASH, DOT, PLUS, SPACE, ZERO, isDigit } from "../scan/chars.ts"
import { type ScalarStyle } from "../scan/node.ts"

/**
 * What a spelling stands for. `null` is YAML's null. `"mismatch"`: an explicit tag that the text does not fit, which
 * go-yaml refuses. `"unsupported"`: a value that go-yaml reads and sops cannot seal (an integer from 2^63 to 2^64 - 1, a
 * date with an offset of a day).
 */
type Resolved = Scalar | null | "mismatch" | "unsupported"

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

/**
 * Reads a date as go-yaml does, with Go's `time.Parse` and four layouts: a date alone; date, `T` or `t`, clock and zone;
 * date, spaces and clock without zone. Months, days and clock fields may have one digit, fractions a comma.
 *
 * @returns RFC 3339 as it is sealed and hashed; `"unsupported"` for an offset of 24 hours and more, which Go reads and
 *   cannot print; `null` when the text is not a date
 * @see go-yaml v3.0.4 resolve.go, parseTimestamp; Go's time/format.go, parse
 */
function readTimestamp(text: string): string | null {
  if (text.length < 8 || text.charCodeAt(4) !== DASH) return null
  for (let at = 0; at < 4; at++) if (!isDigit(text.charCodeAt(at))) return null
  const month = number(text, 5)
  if (month === null || text.charCodeAt(month.end) !== DASH) return null
  const day = number(text, month.end + 1)
  if (day === null || !isDate(Number(text.slice(0, 4)), month.value, day.value)) return null
  const date = `${text.slice(0, 4)}-${two(month.value)}-${two(day.value)}`
  if (day.end === text.length) return `${date}T00:00:00Z`

  const letter = text.charCodeAt(day.end)
  const hasZone = letter === 0x54 || letter === 0x74
  if (!hasZone && letter !== SPACE) return null
  let at = day.end + 1
  while (!hasZone && text.charCodeAt(at) === SPACE) at++
  const clock = readClock(text, at)
  if (clock === null) return null
  if (!hasZone) return clock.end === text.length ? `${date}T${clock.text}Z` : null
  const zone = readZone(text, clock.end)
  if (zone === null || zone === "unsupported") return zone
  return `${date}T${clock.text}${zone}`
}

function readClock(text: string, start: number): { text: string; end: number } | null {
  const hour = number(text, start)
  if (hour === null || hour.value > 23 || text.charCodeAt(hour.end) !== COLON) return null
  const minute = number(text, hour.end + 1)
  if (minute === null || minute.value > 59 || text.charCodeAt(minute.end) !== COLON) return null
  const second = number(text, minute.end + 1)
  if (second === null || second.value > 59) return null
  const clock = `${two(hour.value)}:${two(minute.value)}:${two(second.value)}`
  const mark = text.charCodeAt(second.end)
  if ((mark !== DOT && mark !== COMMA) || !isDigit(text.charCodeAt(second.end + 1)))
    return { text: clock, end: second.end }
  let end = second.end + 1
  while (isDigit(text.charCodeAt(end))) end++
  let last = Math.min(end, second.end + 10)
  while (text.charCodeAt(last - 1) === ZERO) last--
  const fraction = text.slice(second.end + 1, last)
  return { text: fraction === "" ? clock : `${clock}.${fraction}`, end }
}

/** `Z`, or a sign and `hh:mm` up to the end of the text. */
function readZone(text: string, start: number): string | null {
  const sign = text.charCodeAt(start)
  if (sign === 0x5a) return text.length === start + 1 ? "Z" : null
  if (text.length !== start + 6 || (sign !== PLUS && sign !== DASH) || text.charCodeAt(start + 3) !== COLON) return null
  for (const at of [1, 2, 4, 5]) if (!isDigit(text.charCodeAt(start + at))) return null
  const hours = Number(text.slice(start + 1, start + 3))
  const minutes = Number(text.slice(start + 4, start + 6))
  if (hours > 24 || minutes > 60) return null
  const total = hours * 60 + minutes
  if (total === 0) return "Z"
  if (total >= 24 * 60) return "unsupported"
  return `${text.charAt(start)}${two(Math.floor(total / 60))}:${two(total % 60)}`
}

/** One or two digits. */
function number(text: string, at: number): { value: number; end: number } | null {
  const first = text.charCodeAt(at)
  if (!isDigit(first)) return null
  const second = text.charCodeAt(at + 1)
  if (!isDigit(second)) return { value: first - ZERO, end: at + 1 }
  return { value: (first - ZERO) * 10 + second - ZERO, end: at + 2 }
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

function isDate(year: number, month: number, day: number): boolean {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const days = monthDays[month - 1]
  return days !== undefined && day >= 1 && day <= (month === 2 && isLeap ? 29 : days)
}
