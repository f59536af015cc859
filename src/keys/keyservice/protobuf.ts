/** The part of the protocol buffers encoding that a key service needs: fields that hold bytes, text or messages. */

export type Fields = ReadonlyMap<number, readonly Uint8Array[]>

/** A message whose fields are all length-delimited. An empty field is left out, as proto3 has it. */
export function encodeFields(fields: readonly (readonly [number: number, value: Uint8Array | string])[]): Uint8Array {
  const parts: Uint8Array[] = []
  for (const [number, value] of fields) {
    const bytes = typeof value === "string" ? Buffer.from(value, "utf8") : value
    if (bytes.length > 0) parts.push(encodeField(number, bytes))
  }
  return Buffer.concat(parts)
}

/** One field, also when it is empty: the member of a `oneof` is set by being there. */
export function encodeField(number: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([varint(number * 8 + wire.bytes), varint(bytes.length), bytes])
}

const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const

/**
 * Reads a message and skips fields of other kinds, which a later version may have added. Of a repeated field all values
 * are kept.
 *
 * @returns `null` when the bytes are no message
 */
export function decodeFields(bytes: Uint8Array): Fields | null {
  const fields = new Map<number, Uint8Array[]>()
  const reader = new Reader(bytes)
  while (!reader.isAtEnd) {
    const key = reader.varint()
    if (key === null || key < 8) return null
    const number = Math.floor(key / 8)
    const value = reader.value(key % 8)
    if (value === null) return null
    if (value !== "skipped") fields.set(number, [...(fields.get(number) ?? []), value])
  }
  return fields
}

/** The last value of a field, as proto3 has it; empty when it is not there. */
export function bytesOf(fields: Fields, number: number): Uint8Array {
  return fields.get(number)?.at(-1) ?? new Uint8Array(0)
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** @returns `null` for what is not UTF-8 */
export function textOf(fields: Fields, number: number): string | null {
  try {
    return strictUtf8.decode(bytesOf(fields, number))
  } catch {
    return null
  }
}

function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  bytes.push(rest)
  return Uint8Array.from(bytes)
}

class Reader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  /** Numbers that do not fit into a double are skipped over, but never used: no field here needs one. */
  varint(): number | null {
    let value = 0
    for (let size = 0; size < 10; size++) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) return null
      value += (byte & 0x7f) * 2 ** (7 * size)
      if (byte < 0x80) return value
    }
    return null
  }

  value(kind: number): Uint8Array | "skipped" | null {
    switch (kind) {
      case wire.varint:
        return this.varint() === null ? null : "skipped"
      case wire.fixed64:
        return this.#take(8) === null ? null : "skipped"
      case wire.fixed32:
        return this.#take(4) === null ? null : "skipped"
      case wire.bytes: {
        const length = this.varint()
        return length === null ? null : this.#take(length)
      }
      default:
        return null
    }
  }

  #take(length: number): Uint8Array | null {
    const end = this.#at + length
    if (end > this.#bytes.length) return null
    const part = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return part
  }
}
