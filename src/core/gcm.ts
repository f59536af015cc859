import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  randomFillSync,
  type Decipher,
  type KeyObject,
} from "node:crypto"
import { type SecretBytes } from "./secret.ts"
import { LongData, type Token } from "./token.ts"

const tagBytes = 16
const nonceBytes = 32
const poolBytes = nonceBytes * 256
const aadChars = 512
const utf8BytesOfUnit = 3

/** Fills a buffer with random bytes; `node:crypto` outside of test vectors. */
export type Random = (buffer: Uint8Array) => void

export const systemRandom: Random = (buffer) => {
  randomFillSync(buffer)
}

/** What one data key seals and opens with. The key object is made once; it lives in OpenSSL's memory. */
export class Cipher {
  readonly #key: KeyObject
  readonly #random: Random
  #pool: Uint8Array = new Uint8Array(0)
  #used = 0
  readonly #aad = Buffer.allocUnsafe(aadChars * utf8BytesOfUnit)

  constructor(dataKey: SecretBytes, random: Random = systemRandom) {
    this.#key = dataKey.use((bytes) => createSecretKey(bytes))
    this.#random = random
  }

  /** 32 fresh random bytes; each is handed out once. One system call fills many. */
  #nonce(): Uint8Array {
    if (this.#used === this.#pool.length) {
      this.#pool = new Uint8Array(poolBytes)
      this.#random(this.#pool)
      this.#used = 0
    }
    const nonce = this.#pool.subarray(this.#used, this.#used + nonceBytes)
    this.#used += nonceBytes
    return nonce
  }

  /** AES-256-GCM with a 32-byte nonce, as the sops format demands. */
  seal(plain: Uint8Array, aad: string): { data: Uint8Array; nonce: Uint8Array; tag: Uint8Array } {
    const nonce = this.#nonce()
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonce, { authTagLength: tagBytes })
    cipher.setAAD(this.#bytesOf(aad))
    const data = cipher.update(plain)
    cipher.final()
    return { data, nonce, tag: cipher.getAuthTag() }
  }

  /** @returns `null` when the tag does not hold for this key, nonce and AAD */
  open({ data, nonce, tag }: Omit<Token, "kind">, aad: string): Uint8Array | null {
    if (tag.length !== tagBytes) return null
    // Node takes shorter tags unless the length is given.
    const decipher = createDecipheriv("aes-256-gcm", this.#key, nonce, { authTagLength: tagBytes })
    decipher.setAAD(this.#bytesOf(aad))
    decipher.setAuthTag(tag)
    const plain = data instanceof LongData ? openPieces(decipher, data) : decipher.update(data)
    try {
      decipher.final()
    } catch {
      plain.fill(0)
      return null
    }
    return plain
  }

  /** UTF-8 of a text, in a buffer that the next call uses again: OpenSSL copies what it is given. */
  #bytesOf(aad: string): Uint8Array {
    if (aad.length > aadChars) return Buffer.from(aad, "utf8")
    return this.#aad.subarray(0, this.#aad.write(aad, "utf8"))
  }
}

function openPieces(decipher: Decipher, data: LongData): Uint8Array {
  const plain = Buffer.allocUnsafeSlow(data.length)
  let at = 0
  for (const piece of data.pieces()) {
    const part = decipher.update(piece)
    plain.set(part, at)
    at += part.length
  }
  return plain
}
