/** Reads the wire encoding of SSH: lengths of four bytes, then bytes. Every method returns `null` past the end. */
export class WireReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get rest(): Uint8Array {
    return this.#bytes.subarray(this.#at)
  }

  number(): number | null {
    if (this.#at + 4 > this.#bytes.length) return null
    const value = this.#bytes.readUInt32BE(this.#at)
    this.#at += 4
    return value
  }

  /** Not copied: the bytes are part of what is read. */
  string(): Buffer | null {
    const length = this.number()
    if (length === null || this.#at + length > this.#bytes.length) return null
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  text(): string | null {
    return this.string()?.toString("latin1") ?? null
  }

  /** A positive number without its leading zero byte; `null` too for one that is negative or not canonical. */
  positive(): Buffer | null {
    const bytes = this.string()
    const [first = 0, second = 0] = bytes ?? []
    if (bytes === null || bytes.length === 0 || first >= 0x80) return null
    if (first !== 0) return bytes
    return bytes.length > 1 && second >= 0x80 ? bytes.subarray(1) : null
  }
}

/** @returns the bytes with their length in front */
export function wireString(bytes: Uint8Array | string): Buffer {
  const content = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.length)
  return Buffer.concat([length, content])
}

/** @returns a positive number, big end first and without leading zeros, as SSH spells it */
export function wirePositive(bytes: Uint8Array): Buffer {
  return wireString((bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes)
}
