import { base64, isAllDigits, PIECE_BYTES, PIECE_CHARS } from "./base64.ts"
import { sliceBase64, writeBase64 } from "./direct-buffer.ts"
import { type Kind } from "./scalar.ts"

/** The four fields of `ENC[AES256_GCM,data:...,iv:...,tag:...,type:...]`, decoded. */
export interface Token {
  /** Long data stays text, and is decoded piece by piece. */
  readonly data: Uint8Array | LongData
  readonly nonce: Uint8Array
  /** The last 16 bytes of both fields together, however the file divides them; fewer where there are no more. */
  readonly tag: Uint8Array
  readonly kind: Kind
}

/** Base64 that is known to be canonical. */
export class LongData {
  readonly #text: string
  /** How many bytes it stands for. */
  readonly length: number

  constructor(text: string, length: number) {
    this.#text = text
    this.length = length
  }

  /** The bytes in order; each piece is valid until the next one is requested. */
  *pieces(): Generator<Uint8Array> {
    const buffer = Buffer.allocUnsafeSlow(PIECE_BYTES)
    for (let at = 0; at < this.#text.length; at += PIECE_CHARS) {
      yield buffer.subarray(0, buffer.write(this.#text.slice(at, at + PIECE_CHARS), "base64"))
    }
  }
}

/** Why a text is not a token; each is a stable word that errors may show. */
export type TokenFault = "not a token" | "text after the token" | "not canonical base64" | "unknown type" | "bad nonce"

/** Every token begins so, and nothing else in a sealed file does. */
export const tokenMark = "ENC[AES256_GCM,"
const prefix = `${tokenMark}data:`
const kinds: ReadonlySet<string> = new Set<Kind>(["str", "int", "float", "bool", "time", "comment"])

export function looksLikeToken(text: string): boolean {
  return text.startsWith(prefix)
}

/** A list element like this is how upstream writes a sealed comment of a list. */
export function isCommentToken(text: string): boolean {
  return text.startsWith(prefix) && (text.endsWith(",type:comment]") || text.endsWith(",type:comment]\n"))
}

/** As `TokenReader.read`, for a token by itself: the fields are the caller's. */
export function parseToken(text: string, nonceBytesMax: number): Token | TokenFault {
  return new TokenReader(nonceBytesMax).read(text)
}

const NONCE_BYTES = 32
const TAG_BYTES = 16
const NONCE_CHARS = 44
const TAG_CHARS = 24
const NONCE_MARK = ",iv:"
const TAG_MARK = ",tag:"
const JOINED_CHARS_MAX = 64 * 1024
/** After one byte of zero bits; two follow the tag. */
const TAG_AT = NONCE_BYTES + 1
const DATA_AT = TAG_AT + TAG_BYTES + 2
/** Beyond that the engine's own decoder is faster. */
const DATA_CHARS_MAX = 2048

/** Reads the tokens of a document one after the other. Decodes the usual ones in one buffer, without new objects. */
export class TokenReader {
  readonly #nonceBytesMax: number
  readonly #bytes = Buffer.allocUnsafe(DATA_AT + (DATA_CHARS_MAX / 4) * 3)
  readonly #nonce = this.#bytes.subarray(0, NONCE_BYTES)
  readonly #tag = this.#bytes.subarray(TAG_AT, TAG_AT + TAG_BYTES)
  /** Views of the data, by their end. */
  readonly #views: Uint8Array[] = []

  constructor(nonceBytesMax: number) {
    this.#nonceBytesMax = nonceBytesMax
  }

  /**
   * Reads a token strictly. Upstream ignores whatever follows the bracket; that would be clear text that looks
   * authenticated, so it lets only the newlines at the end of a block scalar through (docs/design/security.md S19): a YAML
   * block with `+` keeps the empty lines below its text, and they are layout.
   *
   * @returns fields that hold until the next token is read
   * @see sops v3.13.2 aes/cipher.go, `parse`
   */
  read(text: string): Token | TokenFault {
    const usual = this.#readUsual(text)
    if (usual !== null) return usual
    if (!text.startsWith(prefix)) return "not a token"
    const iv = text.indexOf(",iv:", prefix.length)
    const tag = iv < 0 ? -1 : text.indexOf(",tag:", iv + 4)
    const type = tag < 0 ? -1 : text.indexOf(",type:", tag + 5)
    const end = type < 0 ? -1 : text.indexOf("]", type + 6)
    if (end < 0 || iv === prefix.length || tag === iv + 4 || type === tag + 5 || end === type + 6) return "not a token"
    if (text.length > end + 1 && withoutNewlines(text).length > end + 1) {
      return text.indexOf("]", end + 1) < 0 ? "text after the token" : "unknown type"
    }
    const kind = text.slice(type + 6, end) as Kind
    if (!kinds.has(kind)) return "unknown type"
    return this.#readAny(text.slice(prefix.length, iv), text.slice(iv + 4, tag), text.slice(tag + 5, type), kind)
  }

  /**
   * With a nonce and a tag of the usual lengths, so that all places follow from that of the type. Digits for zero bits in
   * place of their padding make the three fields one text, which is decoded at once; it is canonical if encoding gives it
   * back and those bits are zero.
   *
   * @returns `null` unless each field is what encoding gives
   */
  #readUsual(text: string): Token | null {
    const type = text.lastIndexOf(",type:")
    const tag = type - TAG_CHARS
    const iv = tag - TAG_MARK.length - NONCE_CHARS
    const dataEnd = iv - NONCE_MARK.length
    const dataChars = dataEnd - prefix.length
    if (dataChars <= 0 || dataChars > DATA_CHARS_MAX || !text.startsWith(prefix) || !text.endsWith("]")) return null
    if (!text.startsWith(`=${TAG_MARK}`, tag - TAG_MARK.length - 1) || !text.startsWith("==", type - 2)) return null
    const kind = text.slice(type + 6, -1) as Kind
    if (!text.startsWith(NONCE_MARK, dataEnd) || !kinds.has(kind)) return null
    const bytes = this.#bytes
    const data = text.slice(prefix.length, dataEnd)
    const fields = `${text.slice(iv, iv + NONCE_CHARS - 1)}A${text.slice(tag, type - 2)}AA${data}`
    const end = writeBase64(bytes, fields, 0)
    if (bytes[NONCE_BYTES] !== 0 || bytes[TAG_AT + TAG_BYTES] !== 0 || sliceBase64(bytes, 0, end) !== fields)
      return null
    const view = (this.#views[end] ??= bytes.subarray(DATA_AT, end))
    return { data: view, nonce: this.#nonce, tag: this.#tag, kind }
  }

  #readAny(data: string, nonce: string, tail: string, kind: Kind): Token | TokenFault {
    const [dataBytes, nonceBytes, tailBytes] = [bytesIn(data), bytesIn(nonce), bytesIn(tail)]
    if (dataBytes === -1 || nonceBytes === -1 || tailBytes === -1) return "not canonical base64"
    if (nonceBytes === 0 || nonceBytes > this.#nonceBytesMax) return "bad nonce"
    if (data.length > LONG_CHARS && tailBytes === TAG_BYTES) {
      if (!isCanonical(data)) return "not canonical base64"
      const [tag, iv] = [Buffer.from(tail, "base64"), Buffer.from(nonce, "base64")]
      return { data: new LongData(data, dataBytes), nonce: iv, tag, kind }
    }
    const bytes = Buffer.allocUnsafe(dataBytes + tailBytes + nonceBytes)
    bytes.write(data, 0, "base64")
    bytes.write(tail, dataBytes, "base64")
    const border = dataBytes + tailBytes
    if (!isCanonical(data) || !isCanonical(tail)) return "not canonical base64"
    bytes.write(nonce, border, "base64")
    const tagAt = Math.max(0, border - TAG_BYTES)
    return { data: bytes.subarray(0, tagAt), nonce: bytes.subarray(border), tag: bytes.subarray(tagAt, border), kind }
  }
}

/** A token as it was written, without the newlines at the end of its block scalar. */
export function withoutNewlines(text: string): string {
  let end = text.length
  while (end > 0 && text.charCodeAt(end - 1) === 0x0a) end--
  return end === text.length ? text : text.slice(0, end)
}

/** @param data - bytes, or base64 of them */
export function formatToken(data: Uint8Array | string, nonce: Uint8Array, tag: Uint8Array, kind: Kind): string {
  const text = typeof data === "string" ? data : base64(data)
  const pieces = [prefix, text, NONCE_MARK, base64(nonce), TAG_MARK, base64(tag), ",type:", kind, "]"]
  // Added up they are a rope, which is nine objects for many small values, and no copy for a large one.
  return text.length <= JOINED_CHARS_MAX ? pieces.join("") : pieces.reduce((all, piece) => all + piece)
}

const notBase64 = /[^A-Za-z0-9+/]/

/** The last character of an incomplete group: only these leave no bits over. */
const lastOfTwo = "AQgw"
const lastOfThree = "AEIMQUYcgkosw048"

/**
 * How many bytes a text stands for.
 *
 * @returns -1 unless it is exactly the encoding of those bytes: padded, standard alphabet, no stray bits
 */
function bytesIn(text: string): number {
  const { length } = text
  if (length % 4 !== 0) return -1
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0
  if (padding > 0 && !(padding === 2 ? lastOfTwo : lastOfThree).includes(text[length - padding - 1]!)) return -1
  // `isCanonical` checks long texts.
  if (length <= LONG_CHARS && notBase64.test(padding === 0 ? text : text.slice(0, length - padding))) return -1
  return (length / 4) * 3 - padding
}

const LONG_CHARS = 4096

/** Whether the end of a long text is what encoding gives. */
function isCanonical(text: string): boolean {
  if (text.length <= LONG_CHARS) return true
  const lastGroup = text.length - 4
  for (let at = 0; at < lastGroup; at += PIECE_CHARS) {
    if (!isAllDigits(text.slice(at, Math.min(at + PIECE_CHARS, lastGroup)))) return false
  }
  return !notBase64.test(text.slice(lastGroup).replace(/==?$/, ""))
}
