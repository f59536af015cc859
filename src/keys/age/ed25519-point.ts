import { ed25519 } from "@noble/curves/ed25519.js"

/**
 * Maps the public key of an Ed25519 identity to the X25519 point that the same secret has.
 *
 * @returns `null` when the bytes are no point of the curve
 * @see RFC 7748 section 4.1: u = (1 + y) / (1 - y)
 */
export function montgomeryPoint(publicKey: Uint8Array): Uint8Array | null {
  const point = pointOf(publicKey)
  if (point === null) return null
  // There is no such u for the neutral point; Go's age, whose division by zero is zero, has this one.
  return Buffer.from(point.is0() ? new Uint8Array(32) : ed25519.utils.toMontgomery(point.toBytes()))
}

/** In any spelling that Go's library takes. */
function pointOf(publicKey: Uint8Array): InstanceType<typeof ed25519.Point> | null {
  try {
    return ed25519.Point.fromBytes(publicKey, true)
  } catch {
    return null
  }
}
