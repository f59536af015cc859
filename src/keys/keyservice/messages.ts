import { type Recipient, type RecipientType } from "../../core/recipient.ts"
import { type KindInProto } from "../kind.ts"
import { kindOf, kinds } from "../kinds.ts"
import { unknownKinds } from "../parse-recipient.ts"
import { bytesOf, decodeFields, encodeField, encodeFields, type Fields, textOf } from "./protobuf.ts"

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
