import { type Kind } from "./scalar.ts"

/** The four fields of `ENC[AES256_GCM,data:...,iv:...,tag:...,type:...]`, decoded. */
export interface Token {
  /** Ciphertext and GCM tag, in this order; the tag is the last 16 bytes, however the file divides them. */
  readonly sealed: Uint8Array
  readonly nonce: Uint8Array
  readonly kind: Kind
}

/** Why a text is no token; each is a stable word that errors may show. */
export type TokenFault = "not a token" | "text behind the token" | "not canonical base64" | "unknown type" | "bad nonce"

const prefix = "ENC[AES256_GCM,data:"
const kinds: ReadonlySet<string> = new Set<Kind>(["str", "int", "float", "bool", "time", "comment"])

export function looksLikeToken(text: string): boolean {
  return text.startsWith(prefix)
}

/** A list element like this is how upstream writes a sealed comment of a list. */
export function isCommentToken(text: string): boolean {
  return text.startsWith(prefix) && (text.endsWith(",type:comment]") || text.endsWith(",type:comment]\n"))
}

/**
 * Reads a token strictly. Upstream ignores whatever follows the bracket; that would be clear text that looks
 * authenticated, so only the newlines at the end of a block scalar are let through (security.md S19): a YAML block with
 * `+` keeps the empty lines below its text, and they are layout.
 *
 * @see sops v3.13.2 aes/cipher.go, `parse`
 */
export function parseToken(text: string, nonceBytesMax: number): Token | TokenFault {
  if (!text.startsWith(prefix)) return "not a token"
  const iv = text.indexOf(",iv:", prefix.length)
  const tag = iv < 0 ? -1 : text.indexOf(",tag:", iv + 4)
  const type = tag < 0 ? -1 : text.indexOf(",type:", tag + 5)
  const end = type < 0 ? -1 : text.indexOf("]", type + 6)
  if (end < 0 || iv === prefix.length || tag === iv + 4 || type === tag + 5 || end === type + 6) return "not a token"
  if (withoutNewlines(text).length > end + 1) {
    return text.indexOf("]", end + 1) < 0 ? "text behind the token" : "unknown type"
  }
  const kind = text.slice(type + 6, end)
  if (!kinds.has(kind)) return "unknown type"
  const data = text.slice(prefix.length, iv)
  const nonce = text.slice(iv + 4, tag)
  const tail = text.slice(tag + 5, type)
  const [dataBytes, nonceBytes, tailBytes] = [bytesIn(data), bytesIn(nonce), bytesIn(tail)]
  if (dataBytes === -1 || nonceBytes === -1 || tailBytes === -1) return "not canonical base64"
  if (nonceBytes === 0 || nonceBytes > nonceBytesMax) return "bad nonce"
  const bytes = Buffer.allocUnsafe(dataBytes + tailBytes + nonceBytes)
  bytes.write(data, 0, "base64")
  bytes.write(tail, dataBytes, "base64")
  const border = dataBytes + tailBytes
  if (!isEncoded(bytes.subarray(0, dataBytes), data) || !isEncoded(bytes.subarray(dataBytes, border), tail)) {
    return "not canonical base64"
  }
  bytes.write(nonce, border, "base64")
  return { sealed: bytes.subarray(0, border), nonce: bytes.subarray(border), kind: kind as Kind }
}

/** A token as it was written, without the newlines at the end of its block scalar. */
export function withoutNewlines(text: string): string {
  let end = text.length
  while (end > 0 && text.charCodeAt(end - 1) === 0x0a) end--
  return end === text.length ? text : text.slice(0, end)
}

export function formatToken(data: Uint8Array, nonce: Uint8Array, tag: Uint8Array, kind: Kind): string {
  return `${prefix}${base64(data)},iv:${base64(nonce)},tag:${base64(tag)},type:${kind}]`
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64")
}

const notBase64 = /[^A-Za-z0-9+/]/

/** The last character of an incomplete group: only these leave no bits over. */
const lastOfTwo = "AQgw"
const lastOfThree = "AEIMQUYcgkosw048"

/**
 * How many bytes a text stands for.
 *
 * @returns -1 unless it is exactly what encoding those bytes gives: padded, standard alphabet, no stray bits
 */
function bytesIn(text: string): number {
  const { length } = text
  if (length % 4 !== 0) return -1
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0
  if (padding > 0 && !(padding === 2 ? lastOfTwo : lastOfThree).includes(text[length - padding - 1]!)) return -1
  // Node passes over what is no base64; to look for it in a long text takes longer than to encode it again.
  if (length <= LONG_CHARS && notBase64.test(padding === 0 ? text : text.slice(0, length - padding))) return -1
  return (length / 4) * 3 - padding
}

const LONG_CHARS = 4096
const pieceBytes = 48 * 1024

/** Whether a long text is the encoding of these bytes; piece by piece, since both may be large. */
function isEncoded(bytes: Buffer, text: string): boolean {
  if (text.length <= LONG_CHARS) return true
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const start = (at / 3) * 4
    const piece = bytes.subarray(at, at + pieceBytes).toString("base64")
    if (text.slice(start, start + piece.length) !== piece) return false
  }
  return true
}
