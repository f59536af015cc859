import { createHash, createHmac } from "node:crypto"

/** SHA-256 of a text, in hex: for what anybody may know, such as a token. */
export function sha256Hex(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex")
}

/**
 * Tells values apart without telling what they are: HMAC-SHA-256 in hex. Without the key a short value cannot be guessed
 * from it, so the key is random and known to one run alone.
 */
export function keyedFingerprint(key: Uint8Array, bytes: Uint8Array): string {
  return createHmac("sha256", key).update(bytes).digest("hex")
}
