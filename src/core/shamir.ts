import { randomBytes } from "node:crypto"
import { AppError } from "../errors/app-error.ts"

/** A share holds its x coordinate in one byte, and 0 is the secret itself. */
const partsMax = 255

interface SplitOptions {
  /** How many shares are made; share `i` has x = i + 1. */
  readonly parts: number
  /** How many of them are needed to get the secret back. */
  readonly threshold: number
  /** Coefficients of the polynomials. Only test vectors pass their own. */
  readonly random?: (size: number) => Uint8Array
}

/**
 * Splits a secret so that any `threshold` shares give it back and fewer reveal nothing.
 *
 * Every byte is the constant term of its own random polynomial over GF(2^8) with the AES polynomial 0x11B.
 * No branch and no table index depends on a secret byte.
 *
 * @returns the shares: the y bytes, then one byte x
 * @throws {AppError} `KEY_GROUPS_INVALID` unless 2 <= threshold <= parts <= 255 and the secret is not empty
 * @see sops v3.13.2 shamir/shamir.go, Split
 */
export function split(secret: Uint8Array, { parts, threshold, random = randomBytes }: SplitOptions): Uint8Array[] {
  checkThreshold(parts, threshold)
  if (secret.length === 0) throw new AppError("KEY_GROUPS_INVALID", {}, { subject: "nothing to split" })

  const degree = threshold - 1
  const coefficients = random(secret.length * degree)
  const shares: Uint8Array[] = []
  for (let x = 1; x <= parts; x++) {
    const share = new Uint8Array(secret.length + 1)
    for (let i = 0; i < secret.length; i++) {
      let y = 0
      for (let power = degree - 1; power >= 0; power--) y = multiply(y ^ coefficients[i * degree + power]!, x)
      share[i] = y ^ secret[i]!
    }
    share[secret.length] = x
    shares.push(share)
  }
  coefficients.fill(0)
  return shares
}

/**
 * Gives the secret back, by Lagrange interpolation at 0 over all shares.
 *
 * Nothing tells whether the shares belong together: wrong ones give a wrong secret, which the first token refuses.
 *
 * @throws {AppError} `DATA_KEY` for fewer than two shares, shares of unequal length or under two bytes, or a share
 *   whose x is 0 or appears twice
 * @see sops v3.13.2 shamir/shamir.go, Combine
 */
export function combine(shares: readonly Uint8Array[]): Uint8Array {
  const length = shares[0]?.length ?? 0
  if (shares.length < 2) throw misfit("fewer than two shares")
  if (length < 2 || shares.some((share) => share.length !== length)) throw misfit("shares of unequal length")
  const xs = shares.map((share) => share[length - 1]!)
  if (xs.includes(0) || new Set(xs).size !== xs.length) throw misfit("a share appears twice")

  const secret = new Uint8Array(length - 1)
  for (const [index, share] of shares.entries()) {
    const weight = lagrangeAtZero(xs, index)
    for (let i = 0; i < secret.length; i++) secret[i] = secret[i]! ^ multiply(share[i]!, weight)
  }
  return secret
}

/** @throws {AppError} `KEY_GROUPS_INVALID` unless 2 <= threshold <= parts <= 255 */
export function checkThreshold(parts: number, threshold: number): void {
  if (parts > partsMax) throw new AppError("KEY_GROUPS_INVALID", {}, { subject: `more than ${partsMax} groups` })
  if (!Number.isInteger(threshold) || threshold < 2) {
    throw new AppError("KEY_GROUPS_INVALID", {}, { subject: "the threshold of several groups must be at least 2" })
  }
  if (threshold > parts) {
    throw new AppError("KEY_GROUPS_INVALID", {}, { subject: `a threshold of ${threshold} with ${parts} groups` })
  }
}

/** The x coordinates are public, so only `multiply` has to be careful; it is. */
function lagrangeAtZero(xs: readonly number[], index: number): number {
  const own = xs[index]!
  let weight = 1
  for (const [other, x] of xs.entries()) {
    if (other !== index) weight = multiply(weight, multiply(x, inverse(x ^ own)))
  }
  return weight
}

/** The power 254 is the inverse, since the multiplicative group has 255 elements. */
function inverse(a: number): number {
  let result = 1
  for (let i = 0; i < 7; i++) result = multiply(multiply(result, result), a)
  return multiply(result, result)
}

/** Bit by bit with masks: always eight rounds, whatever the operands are. */
function multiply(a: number, b: number): number {
  let product = 0
  for (let bit = 7; bit >= 0; bit--) {
    product = ((product << 1) ^ (-(product >> 7) & 0x11b)) & 0xff
    product ^= -((b >> bit) & 1) & a
  }
  return product
}

function misfit(subject: string): AppError {
  return new AppError("DATA_KEY", {}, { subject: `the shares do not fit together: ${subject}` })
}
