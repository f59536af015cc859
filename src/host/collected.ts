/** What a program prints, up to a limit. */
export class Collected {
  readonly #bytesMax: number
  readonly #parts: Uint8Array[] = []
  #total = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** @returns false when the limit is passed; what fits is kept */
  add(chunk: Uint8Array): boolean {
    const part = chunk.subarray(0, this.#bytesMax - this.#total)
    this.#parts.push(part)
    this.#total += part.length
    return part.length === chunk.length
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#parts, this.#total)
  }
}
