import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  randomFillSync,
  type CipherGCM,
  type Decipher,
  type KeyObject,
} from "node:crypto"
import { heldText, type Kind, type Scalar } from "./scalar.ts"
import { type SecretBytes } from "./secret.ts"
import { equalBytes, utf8 } from "./text.ts"
import { base64 } from "./base64.ts"
import { sliceUtf8, writeUtf8 } from "./direct-buffer.ts"
import { formatToken, LongData, type Token } from "./token.ts"

const tagBytes = 16
const nonceBytes = 32
const poolBytes = nonceBytes * 256
const aadChars = 512
const utf8BytesOfUnit = 3
/** Base64 has no padding between such pieces. */
const pieceBytes = 768 * 1024

/** Fills a buffer with random bytes; `node:crypto` outside of test vectors. */
type Random = (buffer: Uint8Array) => void

const systemRandom: Random = (buffer) => {
  randomFillSync(buffer)
}

/** What one data key seals and opens with. The key object is made once; it lives in OpenSSL's memory. */
export class Cipher {
  readonly #key: KeyObject
  readonly #random: Random
  #pool = Buffer.alloc(0)
  #used = 0
  readonly #aad = Buffer.allocUnsafe(aadChars * utf8BytesOfUnit)
  /** Views of it, by their length. */
  readonly #aads: Uint8Array[] = []

  constructor(dataKey: SecretBytes, random: Random = systemRandom) {
    this.#key = dataKey.use((bytes) => createSecretKey(bytes))
    this.#random = random
  }

  /** 32 fresh random bytes, each handed out once. One system call fills many. */
  #nonce(): Uint8Array {
    if (this.#used === this.#pool.length) {
      this.#pool = Buffer.allocUnsafeSlow(poolBytes)
      this.#random(this.#pool)
      this.#used = 0
    }
    const nonce = this.#pool.subarray(this.#used, this.#used + nonceBytes)
    this.#used += nonceBytes
    return nonce
  }

  /** AES-256-GCM with a 32-byte nonce, as the sops format demands. */
  seal(plain: Uint8Array | string, aad: string): { data: Uint8Array; nonce: Uint8Array; tag: Uint8Array } {
    const nonce = this.#nonce()
    const cipher = this.#cipher(nonce, aad)
    const data = typeof plain === "string" ? cipher.update(plain, "utf8") : cipher.update(plain)
    cipher.final()
    return { data, nonce, tag: cipher.getAuthTag() }
  }

  /**
   * The token of a value. For a long one, only the text is in memory whole, not the sealed bytes.
   *
   * @param plain - bytes, or a text for its UTF-8
   */
  sealToken(plain: Uint8Array | string, aad: string, kind: Kind): string {
    if (plain.length <= pieceBytes) {
      const { data, nonce, tag } = this.seal(plain, aad)
      return formatToken(data, nonce, tag, kind)
    }
    if (typeof plain === "string") return this.sealToken(utf8.encode(plain), aad, kind)
    const nonce = this.#nonce()
    const cipher = this.#cipher(nonce, aad)
    let data = ""
    for (let at = 0; at < plain.length; at += pieceBytes) {
      data += base64(cipher.update(plain.subarray(at, at + pieceBytes)))
    }
    cipher.final()
    return formatToken(data, nonce, cipher.getAuthTag(), kind)
  }

  #cipher(nonce: Uint8Array, aad: string): CipherGCM {
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonce, { authTagLength: tagBytes })
    cipher.setAAD(this.#bytesOf(aad))
    return cipher
  }

  /** @returns `null` when the tag does not hold for this key, nonce and AAD */
  open({ data, nonce, tag }: Omit<Token, "kind">, aad: string): Uint8Array | null {
    if (tag.length !== tagBytes) return null
    const decipher = this.#decipher(nonce, tag, aad)
    const plain = data instanceof LongData ? openPieces(decipher, data) : decipher.update(data)
    if (isWhole(decipher)) return plain
    plain.fill(0)
    return null
  }

  /** Whether a token opens to exactly the bytes of a scalar. Nothing that it opens is kept. */
  opensTo({ data, nonce, tag }: Omit<Token, "kind">, aad: string, scalar: Scalar): boolean {
    if (tag.length !== tagBytes) return false
    const text = data instanceof LongData ? null : heldText(scalar)
    // U+FFFD is what bytes become that are not text, too.
    if (text !== null && !(data instanceof LongData) && !text.includes("\ufffd")) {
      const decipher = this.#decipher(nonce, tag, aad)
      const plain = decipher.update(data)
      return sliceUtf8(plain, 0, plain.length) === text && isWhole(decipher)
    }
    const expected = scalar.bytes
    if (data.length !== expected.length) return false
    const decipher = this.#decipher(nonce, tag, aad)
    let at = 0
    let isSame = true
    for (const piece of data instanceof LongData ? data.pieces() : [data]) {
      const part = decipher.update(piece)
      isSame &&= equalBytes(part, expected.subarray(at, at + part.length))
      at += part.length
    }
    return isSame && isWhole(decipher)
  }

  #decipher(nonce: Uint8Array, tag: Uint8Array, aad: string): Decipher {
    // Node takes shorter tags unless the length is given.
    const decipher = createDecipheriv("aes-256-gcm", this.#key, nonce, { authTagLength: tagBytes })
    decipher.setAAD(this.#bytesOf(aad))
    decipher.setAuthTag(tag)
    return decipher
  }

  /** UTF-8 of a text, in a buffer that the next call uses again: OpenSSL copies what it is given. */
  #bytesOf(aad: string): Uint8Array {
    if (aad.length > aadChars) return Buffer.from(aad, "utf8")
    const length = writeUtf8(this.#aad, aad, 0)
    return (this.#aads[length] ??= this.#aad.subarray(0, length))
  }
}

/** The tag holds. */
function isWhole(decipher: Decipher): boolean {
  try {
    decipher.final()
    return true
  } catch {
    return false
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
