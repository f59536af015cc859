import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto"

const nonceLength = 12
const tagLength = 16

/** A symmetric key of a service that never leaves it: AES-256-GCM, bound to a context. */
export class ServiceKey {
  readonly #key = randomBytes(32)
  isDisabled = false

  wrap(plain: Uint8Array, context = ""): Buffer {
    const nonce = randomBytes(nonceLength)
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonce, { authTagLength: tagLength })
    cipher.setAAD(Buffer.from(context))
    return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  }

  /** `null` for what it did not wrap. */
  unwrap(wrapped: Uint8Array, context = ""): Buffer | null {
    if (wrapped.length < nonceLength + tagLength) return null
    const nonce = wrapped.subarray(0, nonceLength)
    const decipher = createDecipheriv("aes-256-gcm", this.#key, nonce, { authTagLength: tagLength })
    decipher.setAAD(Buffer.from(context))
    decipher.setAuthTag(wrapped.subarray(-tagLength))
    try {
      return Buffer.concat([decipher.update(wrapped.subarray(nonceLength, -tagLength)), decipher.final()])
    } catch {
      return null
    }
  }
}
