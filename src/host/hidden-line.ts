/** Line editing for an answer that is not shown: bytes of the terminal in raw mode come in, a line comes out. */
export class HiddenLine {
  #bytes: number[] = []
  #rest: Uint8Array = new Uint8Array()
  #escape: "no" | "begun" | "sequence" = "no"

  /** @returns what the bytes led to; bytes behind the end of the line are kept for `linesAhead` */
  feed(chunk: Uint8Array): "line" | "end" | "interrupt" | null {
    for (const [at, byte] of chunk.entries()) {
      const event = this.#key(byte)
      if (event === null) continue
      this.#rest = chunk.subarray(at + 1)
      return event
    }
    return null
  }

  text(): string {
    return Buffer.from(this.#bytes).toString("utf8")
  }

  /** Whole lines that came behind this one, as when several are pasted at once. */
  linesAhead(): string[] {
    const lines = Buffer.from(this.#rest)
      .toString("utf8")
      .split(/\r\n?|\n/)
    return lines.slice(0, -1)
  }

  wipe(): void {
    this.#bytes.fill(0)
    this.#bytes = []
    this.#rest.fill(0)
  }

  #key(byte: number): "line" | "end" | "interrupt" | null {
    if (this.#escape !== "no") {
      this.#skipEscape(byte)
      return null
    }
    switch (byte) {
      case 0x0d:
      case 0x0a:
        return "line"
      case 0x03:
        return "interrupt"
      case 0x04:
        return this.#bytes.length === 0 ? "end" : "line"
      case 0x08:
      case 0x7f:
        this.#eraseCharacter()
        return null
      case 0x15:
      case 0x17:
        this.#bytes.fill(0)
        this.#bytes = []
        return null
      case 0x1b:
        this.#escape = "begun"
        return null
    }
    if (byte >= 0x20) this.#bytes.push(byte)
    return null
  }

  /** Arrow and function keys send `ESC [ ... letter` or `ESC O letter`. */
  #skipEscape(byte: number): void {
    if (this.#escape === "begun") this.#escape = byte === 0x5b || byte === 0x4f ? "sequence" : "no"
    else if (byte >= 0x40 && byte <= 0x7e) this.#escape = "no"
  }

  #eraseCharacter(): void {
    let byte = this.#bytes.pop()
    while (byte !== undefined && (byte & 0xc0) === 0x80) byte = this.#bytes.pop()
  }
}
