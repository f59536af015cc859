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
  const data = decodeBase64(text.slice(prefix.length, iv))
  const nonce = decodeBase64(text.slice(iv + 4, tag))
  const tail = decodeBase64(text.slice(tag + 5, type))
  if (data === null || nonce === null || tail === null) return "not canonical base64"
  if (nonce.length === 0 || nonce.length > nonceBytesMax) return "bad nonce"
  return { sealed: Buffer.concat([data, tail]), nonce, kind: kind as Kind }
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

/** `null` unless the text is exactly what encoding the result gives: padded, standard alphabet, no stray bits. */
function decodeBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0) return null
  const bytes = Buffer.from(text, "base64")
  return bytes.toString("base64") === text ? bytes : null
}
