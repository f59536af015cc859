import { createHash, type Hash } from "node:crypto"
import { writeUtf8 } from "./direct-buffer.ts"
import { utf8 } from "./text.ts"

/** Hashed first when only sealed values count: SHA-256 of "sops", so that the two kinds of MAC never meet. */
const macOnlySeed = "8a3fd2ad54ce66527b1034f3d147be0b0b975b3bf44f72c6fdadec8176f27d69"

const chunkBytes = 4 * 1024
const UTF8_BYTES_OF_UNIT = 3
const TEXT_CHARS_MAX = chunkBytes / UTF8_BYTES_OF_UNIT
/** Longer texts are not joined: the engine would copy them once more. */
const SHORT_CHARS = 128

/**
 * SHA-512 over the canonical bytes of all leaves, in the order of the walk, without separators.
 *
 * Small values are gathered first: one call into OpenSSL for each of 100,000 leaves costs more than the hash.
 *
 * @see sops v3.13.2 sops.go, Tree.Encrypt and ToBytes
 */
export class MacHash {
  readonly #hash: Hash = createHash("sha512")
  readonly #chunk = Buffer.allocUnsafeSlow(chunkBytes)
  #used = 0
  /** What comes after the chunk. */
  #text = ""

  constructor(macOnlyEncrypted: boolean) {
    if (macOnlyEncrypted) this.#hash.update(macOnlySeed, "hex")
  }

  add(bytes: Uint8Array): void {
    if (this.#text !== "" || bytes.length > chunkBytes - this.#used) this.#flush()
    if (bytes.length > chunkBytes) {
      this.#hash.update(bytes)
      return
    }
    this.#chunk.set(bytes, this.#used)
    this.#used += bytes.length
  }

  /** The UTF-8 of a well-formed text, without a buffer of its own. Short texts are joined first, which takes no call. */
  addText(text: string): void {
    if (text.length <= SHORT_CHARS) {
      this.#text += text
      if (this.#text.length > chunkBytes) this.#flush()
      return
    }
    if (text.length > TEXT_CHARS_MAX) {
      this.add(utf8.encode(text))
      return
    }
    if (this.#text !== "" || text.length * UTF8_BYTES_OF_UNIT > chunkBytes - this.#used) this.#flush()
    this.#used += writeUtf8(this.#chunk, text, this.#used)
  }

  #flush(): void {
    if (this.#used > 0) this.#hash.update(this.#chunk.subarray(0, this.#used))
    this.#used = 0
    if (this.#text !== "") this.#hash.update(this.#text, "utf8")
    this.#text = ""
  }

  /** Upper-case hex, as it is sealed. */
  digest(): string {
    this.#flush()
    this.#chunk.fill(0)
    return this.#hash.digest("hex").toUpperCase()
  }
}
