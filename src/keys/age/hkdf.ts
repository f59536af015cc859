import { hkdfSync } from "node:crypto"

/** HKDF-SHA-256 of 32 bytes, the only key derivation of age but for passphrases. */
export function hkdf(secret: Uint8Array, { salt, info }: { salt: Uint8Array; info: string }): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, salt, info, 32))
}
