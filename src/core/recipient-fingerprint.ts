import { sha256Hex } from "./fingerprint.ts"

/**
 * Eight groups of four digits that two people can read to each other: the first 128 bits of the SHA-256 of a
 * recipient's text.
 */
export function fingerprintOf(recipient: string): string {
  return sha256Hex(recipient.trim()).slice(0, 32).match(/.{4}/g)!.join("-")
}
