import { createHash, type Hash } from "node:crypto"

/** Hashed first when only sealed values count: SHA-256 of "sops", so that the two kinds of MAC never meet. */
const macOnlySeed = "8a3fd2ad54ce66527b1034f3d147be0b0b975b3bf44f72c6fdadec8176f27d69"

const chunkBytes = 4 * 1024
const TEXT_CHARS = 4 * 1024

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

  /** The UTF-8 of a well-formed text, without a buffer of its own: texts are joined first, which takes no call. */
  addText(text: string): void {
    this.#text += text
    if (this.#text.length > TEXT_CHARS) this.#flush()
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
