import { type Recipient } from "../../core/recipient.ts"
import { bytesOf, decodeFields, encodeField, encodeFields, type Fields, textOf } from "./protobuf.ts"

/** Both methods take a key and bytes, and answer with bytes. */
export interface Request {
  readonly recipient: Recipient
  /** The data key or share, or the `enc` field of an entry. */
  readonly bytes: Uint8Array
}

/** Field of the `Key` message for each type. @see sops v3.13.2 keyservice/keyservice.proto */
const keyField = { kms: 1, pgp: 2, gcp_kms: 3, azure_kv: 4, hc_vault: 5, age: 6, hckms: 7 } as const

const contextPairsMax = 100

export function encodeRequest({ recipient, bytes }: Request): Uint8Array {
  const key = encodeField(keyField[recipient.type], encodeKey(recipient))
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
  const number = [...key.keys()].find((each) => each <= keyField.hckms)
  if (number === undefined) return { recipient: null, bytes }
  const inner = decodeFields(bytesOf(key, number))
  const recipient = inner === null ? null : decodeKey(number, inner)
  return recipient === null ? null : { recipient, bytes }
}

export function encodeResponse(bytes: Uint8Array): Uint8Array {
  return encodeFields([[1, bytes]])
}

export function decodeResponse(message: Uint8Array): Uint8Array | null {
  const fields = decodeFields(message)
  return fields === null ? null : bytesOf(fields, 1)
}

function encodeKey(recipient: Recipient): Uint8Array {
  switch (recipient.type) {
    case "age":
      return encodeFields([[1, recipient.recipient]])
    case "pgp":
      return encodeFields([[1, recipient.fp]])
    case "kms":
      return Buffer.concat([
        encodeFields([
          [1, recipient.arn],
          [2, recipient.role],
        ]),
        // A pair of two empty texts is a pair all the same.
        ...[...recipient.context].map(([name, value]) => encodeField(3, encodePair(name, value))),
        encodeFields([[4, recipient.awsProfile]]),
      ])
    case "gcp_kms":
      return encodeFields([[1, recipient.resourceId]])
    case "azure_kv":
      return encodeFields([
        [1, recipient.vaultUrl],
        [2, recipient.name],
        [3, recipient.version],
      ])
    case "hc_vault":
      return encodeFields([
        [1, recipient.vaultAddress],
        [2, recipient.enginePath],
        [3, recipient.keyName],
      ])
    case "hckms":
      return encodeFields([[1, recipient.keyId]])
  }
}

function encodePair(name: string, value: string): Uint8Array {
  return encodeFields([
    [1, name],
    [2, value],
  ])
}

function decodeKey(number: number, fields: Fields): Recipient | null {
  const texts = [1, 2, 3, 4].map((field) => (isPair(number, field) ? "" : textOf(fields, field)))
  if (texts.includes(null)) return null
  const [one, two, three, four] = texts.map((text) => text ?? "") as [string, string, string, string]
  switch (number) {
    case keyField.age:
      return { type: "age", recipient: one }
    case keyField.pgp:
      return { type: "pgp", fp: one }
    case keyField.kms: {
      const context = decodeContext(fields)
      return context === null ? null : { type: "kms", arn: one, role: two, context, awsProfile: four }
    }
    case keyField.gcp_kms:
      return { type: "gcp_kms", resourceId: one }
    case keyField.azure_kv:
      return { type: "azure_kv", vaultUrl: one, name: two, version: three }
    case keyField.hc_vault:
      return { type: "hc_vault", vaultAddress: one, enginePath: two, keyName: three }
    case keyField.hckms:
      return { type: "hckms", keyId: one }
    default:
      return null
  }
}

function isPair(number: number, field: number): boolean {
  return number === keyField.kms && field === 3
}

function decodeContext(fields: Fields): ReadonlyMap<string, string> | null {
  const pairs = fields.get(3) ?? []
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
