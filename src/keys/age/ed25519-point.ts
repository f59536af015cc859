// Public keys only: nothing here has to take constant time.
const p = 2n ** 255n - 19n
const d = 37095705934669439343138083508754565189542113879843219016388785533085940283555n

/**
 * Maps the public key of an Ed25519 identity to the X25519 point that the same secret has.
 *
 * @returns `null` when the bytes are no point of the curve
 * @see RFC 7748 section 4.1: u = (1 + y) / (1 - y)
 */
export function montgomeryPoint(publicKey: Uint8Array): Uint8Array | null {
  const encoded = fromLittleEndian(publicKey)
  const y = (encoded & (2n ** 255n - 1n)) % p
  if (publicKey.length !== 32 || !isOnCurve(y)) return null
  return toLittleEndian(mod((1n + y) * power(mod(1n - y), p - 2n)))
}

/** x^2 = (y^2 - 1) / (d y^2 + 1) must have a root (RFC 8032 section 5.1.3). */
function isOnCurve(y: bigint): boolean {
  const numerator = mod(y * y - 1n)
  const denominator = mod(d * y * y + 1n)
  const square = mod(numerator * power(denominator, p - 2n))
  return square === 0n || power(square, (p - 1n) / 2n) === 1n
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  let square = base
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = mod(result * square)
    square = mod(square * square)
  }
  return result
}

function mod(value: bigint): bigint {
  const rest = value % p
  return rest < 0n ? rest + p : rest
}

function fromLittleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`)
}

function toLittleEndian(value: bigint): Uint8Array {
  return Buffer.from(value.toString(16).padStart(64, "0"), "hex").reverse()
}
