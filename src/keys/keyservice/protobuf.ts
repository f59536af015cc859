import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire"

/** The part of the protocol buffers encoding that a key service needs: fields that hold bytes, text or messages. */

export type Fields = ReadonlyMap<number, readonly Uint8Array[]>

/** A message whose fields are all length-delimited. An empty field is left out, as proto3 has it. */
export function encodeFields(fields: readonly (readonly [number: number, value: Uint8Array | string])[]): Uint8Array {
  const writer = new BinaryWriter()
  for (const [number, value] of fields) {
    const bytes = typeof value === "string" ? Buffer.from(value, "utf8") : value
    if (bytes.length > 0) writer.tag(number, WireType.LengthDelimited).bytes(bytes)
  }
  return writer.finish()
}

/** One field, also when it is empty: the member of a `oneof` is set by being there. */
export function encodeField(number: number, bytes: Uint8Array): Uint8Array {
  return new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(bytes).finish()
}

/**
 * Reads a message and skips fields of other kinds, which a later version may have added. Of a repeated field all values
 * are kept.
 *
 * @returns `null` when the bytes are no message; else views of them, so that who wipes the bytes wipes the values
 */
export function decodeFields(bytes: Uint8Array): Fields | null {
  const fields = new Map<number, Uint8Array[]>()
  const reader = new BinaryReader(bytes)
  try {
    while (reader.pos < reader.len) {
      const [number, type] = reader.tag()
      if (type === WireType.LengthDelimited) fields.set(number, [...(fields.get(number) ?? []), reader.bytes()])
      else if (!isSkipped(reader, number, type)) return null
    }
  } catch {
    return null
  }
  return fields
}

const varintBytesMax = 10

/** Groups are not of proto3. A number has ten bytes at most, which the reader does not count where it skips one. */
function isSkipped(reader: BinaryReader, number: number, type: WireType): boolean {
  if (type === WireType.StartGroup || type === WireType.EndGroup) return false
  return reader.skip(type, number).length <= varintBytesMax
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
