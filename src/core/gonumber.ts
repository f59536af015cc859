const INT64_MAX = 2n ** 63n - 1n
const UINT64_MAX = 2n ** 64n - 1n

/**
 * Go's `strconv.ParseFloat(text, 64)`: decimal, exponent and hexadecimal floats, underscores between digits only after
 * a base prefix or digit, `Inf`, `Infinity` with sign and `NaN` without one, in any case.
 *
 * @returns `null` for a syntax error and for a value beyond float64; a value that is too small is zero
 */
export function parseFloat64(text: string): number | null {
  const sign = text.startsWith("-") ? -1 : 1
  const start = text.startsWith("-") || text.startsWith("+") ? 1 : 0
  const first = lower(text.charCodeAt(start))
  if (first === 0x69 || first === 0x6e) return special(text, start, sign)
  if (!underscoresSeparateDigits(text)) return null
  const plain = text.includes("_") ? text.replaceAll("_", "") : text
  if (plain.charCodeAt(start) === 0x30 && lower(plain.charCodeAt(start + 1)) === 0x78) {
    return hexFloat(plain.slice(start + 2), sign)
  }
  if (!isDecimal(plain, start)) return null
  const value = Number(plain)
  return Number.isFinite(value) ? value : null
}

/** Go's `strconv.Atoi`: an optional sign and decimal digits, in the range of int64. */
export function parseInt64(text: string): bigint | null {
  return parseInt64In(text, 10)
}

const shortInt = /^(?:0|-?[1-9]\d{0,17})$/

/**
 * The same number as Go prints it; most texts have that form already, and need no big number. `null` as for
 * `parseInt64`.
 */
export function int64Text(text: string): string | null {
  return shortInt.test(text) ? text : (parseInt64(text)?.toString() ?? null)
}

/** Go's `strconv.ParseInt(text, radix, 64)` for one fixed base: no prefix, no underscore. */
export function parseInt64In(text: string, radix: Radix): bigint | null {
  const isNegative = text.startsWith("-")
  const value = magnitude(isNegative || text.startsWith("+") ? text.slice(1) : text, radix)
  return inInt64(value, isNegative)
}

/** Go's `strconv.ParseUint(text, radix, 64)` for one fixed base: no sign, no prefix, no underscore. */
export function parseUint64In(text: string, radix: Radix): bigint | null {
  return magnitude(text, radix)
}

/**
 * Go's `strconv.ParseInt(text, 0, 64)`: the base comes from a prefix `0x`, `0o`, `0b`, or `0` for octal, and underscores
 * may separate digits. go-yaml deletes all underscores before it asks.
 */
export function parseIntBase0(text: string): bigint | null {
  const isNegative = text.startsWith("-")
  const value = parseUintBase0(isNegative || text.startsWith("+") ? text.slice(1) : text)
  return inInt64(value, isNegative)
}

/** Go's `strconv.ParseUint(text, 0, 64)`: as `parseIntBase0`, without sign, up to 2^64 - 1. */
export function parseUintBase0(text: string): bigint | null {
  if (text.charCodeAt(0) === 0x2b || text.charCodeAt(0) === 0x2d || !underscoresSeparateDigits(text)) return null
  const plain = text.includes("_") ? text.replaceAll("_", "") : text
  if (plain.length < 2 || plain.charCodeAt(0) !== 0x30) return magnitude(plain, 10)
  if (plain.length > 2) {
    const radix = prefixes.get(lower(plain.charCodeAt(1)))
    if (radix !== undefined) return magnitude(plain.slice(2), radix)
  }
  return magnitude(plain.slice(1), 8)
}

/** Go's format 'f' with precision -1: never an exponent. This is what is sealed and hashed. */
export function formatF(value: number): string {
  const odd = oddName(value)
  if (odd !== null) return odd
  const { sign, digits, point } = decimal(value)
  return sign + withoutExponent(digits, point)
}

/** Go's format 'g' with precision -1, as go-yaml prints floats: `1e+06`, `1e-07`. */
export function formatG(value: number): string {
  const odd = oddName(value)
  if (odd !== null) return odd
  const { sign, digits, point } = decimal(value)
  const exponent = point - 1
  if (exponent >= -4 && exponent < SHORTEST_EXPONENT) return sign + withoutExponent(digits, point)
  return sign + withExponent(digits, exponent, 2)
}

/**
 * How sops prints a float where all values are text (dotenv, INI): format 'G', and `1.0` where that looks integral.
 *
 * @see sops v3.13.2 stores/stores.go, ValToString
 */
export function formatUpperG(value: number): string {
  const text = formatG(value)
  if (oddName(value) !== null) return text
  const upper = text.replace("e", "E")
  return upper.includes(".") || upper.includes("E") ? upper : `${upper}.0`
}

/** As encoding/json prints a float64: plain digits for 1e-6 <= |x| < 1e21, else `1e-7`. NaN and infinities have no JSON. */
export function formatJson(value: number): string {
  const size = Math.abs(value)
  if (size === 0 || (size >= 1e-6 && size < 1e21)) return formatF(value)
  const { sign, digits, point } = decimal(value)
  return sign + withExponent(digits, point - 1, 1)
}

/** Bases that a prefix can name. */
type Radix = 2 | 8 | 10 | 16

/** Where the shortest 'g' begins to write an exponent. Go's own `%v` begins at 21, which is another rule. */
const SHORTEST_EXPONENT = 6

const prefixes: ReadonlyMap<number, Radix> = new Map([
  [0x62, 2],
  [0x6f, 8],
  [0x78, 16],
])

function lower(code: number): number {
  return code | 0x20
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

function special(text: string, start: number, sign: number): number | null {
  if (text.length - start > "infinity".length) return null
  const word = text.slice(start).toLowerCase()
  if (word === "inf" || word === "infinity") return sign * Infinity
  return word === "nan" && start === 0 ? NaN : null
}

/** Go's rule: every underscore is between two digits, where a base prefix counts as a digit. */
function underscoresSeparateDigits(text: string): boolean {
  if (!text.includes("_")) return true
  let at = text.startsWith("-") || text.startsWith("+") ? 1 : 0
  const prefix = text.charCodeAt(at) === 0x30 ? prefixes.get(lower(text.charCodeAt(at + 1))) : undefined
  if (prefix !== undefined) at += 2
  let afterDigit = prefix !== undefined
  let afterUnderscore = false
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    const isUnderscore = code === 0x5f
    const isNumeral = isDigit(code) || (prefix === 16 && lower(code) >= 0x61 && lower(code) <= 0x66)
    if (isUnderscore ? !afterDigit : afterUnderscore && !isNumeral) return false
    afterDigit = isNumeral
    afterUnderscore = isUnderscore
  }
  return !afterUnderscore
}

/** Digits with at most one point, then an exponent or none; JavaScript and Go round such a text to the same float. */
function isDecimal(text: string, start: number): boolean {
  let at = start
  let digits = 0
  let points = 0
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (isDigit(code)) digits++
    else if (code === 0x2e && points === 0) points++
    else break
  }
  if (digits === 0) return false
  if (at === text.length) return true
  if (lower(text.charCodeAt(at)) !== 0x65) return false
  at++
  if (text.charCodeAt(at) === 0x2b || text.charCodeAt(at) === 0x2d) at++
  if (at === text.length) return false
  for (; at < text.length; at++) if (!isDigit(text.charCodeAt(at))) return false
  return true
}

/** Digits of one base as an unsigned number up to 2^64 - 1; the length is checked first, since BigInt is not linear. */
function magnitude(digits: string, radix: Radix): bigint | null {
  if (digits === "") return null
  let first = 0
  while (first < digits.length - 1 && digits.charCodeAt(first) === 0x30) first++
  for (let at = first; at < digits.length; at++) if (digitOf(digits.charCodeAt(at)) >= radix) return null
  if (digits.length - first > 64) return null
  const text = digits.slice(first)
  const value = BigInt(radix === 10 ? text : `${literalPrefix[radix]}${text}`)
  return value <= UINT64_MAX ? value : null
}

const literalPrefix = { 2: "0b", 8: "0o", 16: "0x" } as const

function digitOf(code: number): number {
  if (isDigit(code)) return code - 0x30
  const letter = lower(code)
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : Infinity
}

function inInt64(value: bigint | null, isNegative: boolean): bigint | null {
  if (value === null || value > INT64_MAX + (isNegative ? 1n : 0n)) return null
  return isNegative ? -value : value
}

function oddName(value: number): string | null {
  if (Number.isNaN(value)) return "NaN"
  if (value === Infinity) return "+Inf"
  return value === -Infinity ? "-Inf" : null
}

/** The shortest digits that give the float back, and how many of them come before the decimal point. */
function decimal(value: number): { sign: string; digits: string; point: number } {
  const sign = value < 0 || Object.is(value, -0) ? "-" : ""
  const [mantissa = "", exponent = "0"] = Math.abs(value).toExponential().split("e")
  return { sign, digits: mantissa.replace(".", ""), point: Number(exponent) + 1 }
}

function withoutExponent(digits: string, point: number): string {
  if (point <= 0) return digits === "0" ? "0" : `0.${"0".repeat(-point)}${digits}`
  if (digits.length <= point) return digits.padEnd(point, "0")
  return `${digits.slice(0, point)}.${digits.slice(point)}`
}

function withExponent(digits: string, exponent: number, exponentDigits: number): string {
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : ""
  const size = String(Math.abs(exponent)).padStart(exponentDigits, "0")
  return `${digits.slice(0, 1)}${fraction}e${exponent < 0 ? "-" : "+"}${size}`
}

/** More digits than a float64 can hold; what follows only tells whether the value is above a tie. */
const DIGITS_KEPT = 20
const MANTISSA_BITS = 53
const EXPONENT_MIN = -1074
/** Go adds no more digits to an exponent from here on. */
const EXPONENT_CAP = 10_000

/**
 * The hexadecimal floats of Go's `strconv.ParseFloat`, after `0x`: digits with at most one point, then a binary
 * exponent, which must be there. Rounds half to even as IEEE 754 asks.
 *
 * @returns `null` for a syntax error and for a value beyond float64
 */
function hexFloat(text: string, sign: number): number | null {
  const at = mantissaEnd(text)
  if (at === null || (text.charCodeAt(at) | 0x20) !== 0x70) return null
  const exponent = decimalExponent(text.slice(at + 1))
  if (exponent === null) return null
  const { digits, scale, isCut } = significant(text.slice(0, at))
  if (digits === "") return sign < 0 ? -0 : 0
  // One more bit stands for everything that was cut off, so that a tie is a tie only if nothing followed.
  const mantissa = (BigInt(`0x${digits}`) << 1n) | (isCut ? 1n : 0n)
  const value = rounded(mantissa, exponent + scale - 1)
  return Number.isFinite(value) ? sign * value : null
}

function mantissaEnd(text: string): number | null {
  let digits = 0
  let points = 0
  let at = 0
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    const letter = code | 0x20
    if ((code >= 0x30 && code <= 0x39) || (letter >= 0x61 && letter <= 0x66)) digits++
    else if (code === 0x2e && points === 0) points++
    else break
  }
  return digits === 0 ? null : at
}

function decimalExponent(text: string): number | null {
  const isNegative = text.startsWith("-")
  const start = isNegative || text.startsWith("+") ? 1 : 0
  if (start === text.length) return null
  let value = 0
  for (let at = start; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 0x30
    if (digit < 0 || digit > 9) return null
    if (value < EXPONENT_CAP) value = value * 10 + digit
  }
  return isNegative ? -value : value
}

/** Digits without leading zeros, cut to what matters, and the power of two that one unit of the last of them counts. */
function significant(mantissa: string): { digits: string; scale: number; isCut: boolean } {
  const point = mantissa.indexOf(".")
  const all = mantissa.replace(".", "")
  const fractionDigits = point === -1 ? 0 : all.length - point
  let first = 0
  while (first < all.length && all.charCodeAt(first) === 0x30) first++
  const digits = all.slice(first, first + DIGITS_KEPT)
  let isCut = false
  for (let at = first + DIGITS_KEPT; at < all.length && !isCut; at++) isCut = all.charCodeAt(at) !== 0x30
  return { digits, scale: 4 * (all.length - fractionDigits - first - digits.length), isCut }
}

/** `mantissa` times two to the power of `exponent`, to the nearest float64. */
function rounded(mantissa: bigint, exponent: number): number {
  const bits = mantissa.toString(2).length
  const dropped = Math.max(bits - MANTISSA_BITS, EXPONENT_MIN - exponent)
  // Below half of the smallest float64 there is only zero, and beyond the largest only infinity.
  if (dropped > bits + 1) return 0
  if (exponent + bits > 1100) return Infinity
  if (dropped <= 0) return Number(mantissa) * 2 ** exponent
  const by = BigInt(dropped)
  const kept = mantissa >> by
  const rest = mantissa - (kept << by)
  const half = 1n << (by - 1n)
  const up = rest > half || (rest === half && (kept & 1n) === 1n)
  return Number(up ? kept + 1n : kept) * 2 ** (exponent + dropped)
}
