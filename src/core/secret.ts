import { timingSafeEqual } from "node:crypto"

/**
 * Owned secret bytes (a data key, a share) that can be wiped, and that no `inspect`, JSON or string shows.
 * The caller hands the buffer over and must not keep it.
 */
export class SecretBytes {
  #bytes: Uint8Array | null

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get length(): number {
    return this.#bytes?.length ?? 0
  }

  /** Lends the bytes for the length of a call; the callee must not keep them. */
  use<T>(work: (bytes: Uint8Array) => T): T {
    if (this.#bytes === null) throw new Error("secret bytes were used after they were wiped")
    return work(this.#bytes)
  }

  copy(): SecretBytes {
    return this.use((bytes) => new SecretBytes(new Uint8Array(bytes)))
  }

  equals(other: SecretBytes): boolean {
    return this.use((a) => other.use((b) => a.length === b.length && timingSafeEqual(a, b)))
  }

  wipe(): void {
    this.#bytes?.fill(0)
    this.#bytes = null
  }

  toJSON(): string {
    return "[secret]"
  }

  toString(): string {
    return "[secret]"
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return "[secret]"
  }
}
