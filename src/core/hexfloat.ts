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
export function hexFloat(text: string, sign: number): number | null {
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
