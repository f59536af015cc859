import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire"
import { type Recipient, type RecipientType } from "../../core/recipient.ts"
import { type KindInProto } from "../kind.ts"
import { kindOf, kinds } from "../kinds.ts"
import { unknownKinds } from "../parse-recipient.ts"

/** Both methods take a key and bytes, and answer with bytes. */
export interface Request {
  readonly recipient: Recipient
  /** The data key or share, or the `enc` field of an entry. */
  readonly bytes: Uint8Array
}

const contextPairsMax = 100

export function encodeRequest({ recipient, bytes }: Request): Uint8Array {
  const proto = kindOf(recipient.type)?.proto ?? null
  if (proto === null) throw unknownKinds([recipient])
  const key = encodeField(proto.key, encodeKey(recipient, proto))
  return Buffer.concat([encodeField(1, key), encodeFields([[2, bytes]])])
}

/**
 * @returns `null` when the bytes are no request; `recipient` is `null` when it names no key, or one of an unknown type
 */
export function decodeRequest(message: Uint8Array): { recipient: Recipient | null; bytes: Uint8Array } | null {
  const fields = decodeFields(message)
  const key = fields === null ? null : decodeFields(bytesOf(fields, 1))
  if (fields === null || key === null) return null
  const bytes = bytesOf(fields, 2)
  const kind = kinds.find(({ proto }) => proto !== null && key.has(proto.key))
  if (kind === undefined || kind.proto === null) return { recipient: null, bytes }
  const inner = decodeFields(bytesOf(key, kind.proto.key))
  const recipient = inner === null ? null : decodeKey(kind.type, kind.proto, inner)
  return recipient === null ? null : { recipient, bytes }
}

export function encodeResponse(bytes: Uint8Array): Uint8Array {
  return encodeFields([[1, bytes]])
}

export function decodeResponse(message: Uint8Array): Uint8Array | null {
  const fields = decodeFields(message)
  return fields === null ? null : bytesOf(fields, 1)
}

function encodeKey(recipient: Recipient, { fields }: KindInProto): Uint8Array {
  const values = recipient as unknown as Readonly<Record<string, string | ReadonlyMap<string, string>>>
  const parts = fields.map(([number, name]) => {
    const value = values[name]!
    if (typeof value === "string") return encodeFields([[number, value]])
    // A pair of two empty texts is a pair all the same.
    return Buffer.concat([...value].map(([key, text]) => encodeField(number, encodePair(key, text))))
  })
  return Buffer.concat(parts)
}

function encodePair(name: string, value: string): Uint8Array {
  return encodeFields([
    [1, name],
    [2, value],
  ])
}

function decodeKey(type: RecipientType, proto: KindInProto, fields: Fields): Recipient | null {
  const values = proto.fields.map(([number, name, is]) => {
    return [name, is === "pairs" ? decodePairs(fields, number) : textOf(fields, number)] as const
  })
  if (values.some(([, value]) => value === null)) return null
  return { type, ...Object.fromEntries(values) } as unknown as Recipient
}

function decodePairs(fields: Fields, number: number): ReadonlyMap<string, string> | null {
  const pairs = fields.get(number) ?? []
  if (pairs.length > contextPairsMax) return null
  const context = new Map<string, string>()
  for (const pair of pairs) {
    const inner = decodeFields(pair)
    const name = inner === null ? null : textOf(inner, 1)
    const value = inner === null ? null : textOf(inner, 2)
    if (name === null || value === null) return null
    context.set(name, value)
  }
  return context
}

/** The part of the protocol buffers encoding that a key service needs: fields that hold bytes, text or messages. */
type Fields = ReadonlyMap<number, readonly Uint8Array[]>

/** A message whose fields are all length-delimited. An empty field is left out, as proto3 has it. */
function encodeFields(fields: readonly (readonly [number: number, value: Uint8Array | string])[]): Uint8Array {
  const writer = new BinaryWriter()
  for (const [number, value] of fields) {
    const bytes = typeof value === "string" ? Buffer.from(value, "utf8") : value
    if (bytes.length > 0) writer.tag(number, WireType.LengthDelimited).bytes(bytes)
  }
  return writer.finish()
}

/** One field, also when it is empty: the member of a `oneof` is set by being there. */
function encodeField(number: number, bytes: Uint8Array): Uint8Array {
  return new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(bytes).finish()
}

/**
 * Reads a message and skips fields of other kinds, which a later version may have added. Of a repeated field all values
 * are kept.
 *
 * @returns `null` when the bytes are no message; else views of them, so that who wipes the bytes wipes the values
 */
function decodeFields(bytes: Uint8Array): Fields | null {
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
function bytesOf(fields: Fields, number: number): Uint8Array {
  return fields.get(number)?.at(-1) ?? new Uint8Array(0)
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** @returns `null` for what is not UTF-8 */
function textOf(fields: Fields, number: number): string | null {
  try {
    return strictUtf8.decode(bytesOf(fields, number))
  } catch {
    return null
  }
}

/** What both sides of a gRPC call share. @see the gRPC over HTTP/2 protocol */

export const methods = { wrap: "/KeyService/Encrypt", unwrap: "/KeyService/Decrypt" } as const

export const contentType = "application/grpc"

export const grpcStatus = {
  ok: 0,
  invalidArgument: 3,
  unknown: 2,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
} as const

/** Far more than any wrapped data key. */
const messageBytesMax = 256 * 1024

const headBytes = 5

export function frame(message: Uint8Array): Uint8Array {
  const head = Buffer.alloc(headBytes)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

/** The one message of a unary call; `null` when it is compressed, cut, or followed by something. */
export function unframe(bytes: Uint8Array): Uint8Array | null {
  if (bytes.length < headBytes || bytes[0] !== 0) return null
  const length = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).readUInt32BE(1)
  return bytes.length === headBytes + length ? bytes.subarray(headBytes) : null
}

/** Collects a body, as far as it may go. */
export class MessageBody {
  readonly #parts: Uint8Array[] = []
  #total = 0

  /** @returns false when it is too large */
  add(chunk: Uint8Array): boolean {
    this.#total += chunk.length
    if (this.#total > messageBytesMax + headBytes) return false
    this.#parts.push(chunk)
    return true
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#parts)
  }

  wipe(): void {
    for (const part of this.#parts) part.fill(0)
  }
}

/** A message of a status, which is percent-encoded outside of printable ASCII. */
export function encodeMessage(text: string): string {
  let encoded = ""
  for (const byte of Buffer.from(text, "utf8")) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25
    encoded += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`
  }
  return encoded
}

export function decodeMessage(text: string): string {
  const bytes: number[] = []
  for (let at = 0; at < text.length; at++) {
    const digits = /^%([0-9A-Fa-f]{2})/.exec(text.slice(at, at + 3))?.[1]
    bytes.push(digits === undefined ? text.charCodeAt(at) & 0xff : Number.parseInt(digits, 16))
    if (digits !== undefined) at += 2
  }
  return Buffer.from(bytes).toString("utf8")
}
