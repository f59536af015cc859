import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto"

const algorithm = "chacha20-poly1305"
const tagLength = 16

/** ChaCha20-Poly1305 as age uses it: nonce of 12 bytes, no additional data, the tag behind the ciphertext. */
export interface Aead {
  seal(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array): Uint8Array
  /** `null` when the tag does not hold. */
  open(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Uint8Array | null
}

export const zeroNonce: Uint8Array = new Uint8Array(12)

const native: Aead = {
  seal(key, nonce, plain) {
    const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagLength })
    const body = cipher.update(plain)
    cipher.final()
    return Buffer.concat([body, cipher.getAuthTag()])
  },

  open(key, nonce, sealed) {
    if (sealed.length < tagLength) return null
    const border = sealed.length - tagLength
    const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagLength })
    decipher.setAuthTag(sealed.subarray(border))
    const plain = decipher.update(sealed.subarray(0, border))
    try {
      decipher.final()
    } catch {
      plain.fill(0)
      return null
    }
    return plain
  },
}

/**
 * The cipher of this runtime, or age-encryption's own one where the runtime's TLS library was built without it
 * (FIPS builds, some embedders).
 */
export async function loadAead(): Promise<Aead> {
  return isNativeThere() ? native : loadPortableAead()
}

export async function loadPortableAead(): Promise<Aead> {
  const { chacha20poly1305 } = await import("@noble/ciphers/chacha.js")
  return {
    seal: (key, nonce, plain) => chacha20poly1305(key, nonce).encrypt(plain),
    open(key, nonce, sealed) {
      try {
        return chacha20poly1305(key, nonce).decrypt(sealed)
      } catch {
        return null
      }
    },
  }
}

let isNative: boolean | null = null

/** Asks once, and only for what opening a file key does next: the first use of a cipher costs half a millisecond. */
function isNativeThere(): boolean {
  // Bun's library has it not, and finding that out by failing costs more than all of the cipher's work.
  if (process.versions["bun"] !== undefined) return false
  try {
    isNative ??= createDecipheriv(algorithm, new Uint8Array(32), zeroNonce, { authTagLength: tagLength }) !== null
  } catch {
    isNative = false
  }
  return isNative
}

/** HKDF-SHA-256 of 32 bytes, the only key derivation of age but for passphrases. */
export function hkdf(secret: Uint8Array, { salt, info }: { salt: Uint8Array; info: string }): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, salt, info, 32))
}
