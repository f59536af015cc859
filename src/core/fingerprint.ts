import { createHash, createHmac } from "node:crypto"

/** SHA-256 of a text in hex, for what anybody may know, such as a token. */
export function sha256Hex(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex")
}

/**
 * Distinguishes values without showing them: HMAC-SHA-256 in hex. Without the key nobody can guess a short value
 * from it, so the key is random and known to one run alone.
 */
export function keyedFingerprint(key: Uint8Array, bytes: Uint8Array): string {
  return createHmac("sha256", key).update(bytes).digest("hex")
}

/**
 * Eight groups of four digits that two people can read to each other: the first 128 bits of the SHA-256 of a
 * recipient's text.
 */
export function fingerprintOf(recipient: string): string {
  return sha256Hex(recipient.trim()).slice(0, 32).match(/.{4}/g)!.join("-")
}
