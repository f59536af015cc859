import { sliceBase64 } from "./direct-buffer.ts"

/** Standard base64 with padding. */
export function base64(bytes: Uint8Array): string {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return sliceBase64(buffer, 0, bytes.length)
}

/** Standard base64 without padding, as age headers have it. */
export function encodeRaw(bytes: Uint8Array): string {
  const padded = base64(bytes)
  const end = padded.indexOf("=")
  return end === -1 ? padded : padded.slice(0, end)
}

/**
 * Standard base64 in its canonical spelling: one text for one sequence of bytes, and nothing else. Tokens, which may be
 * long, are read in pieces by `token.ts`.
 *
 * @returns `null` for anything else: other characters, line breaks, wrong padding, bits that do not count
 */
export function decodeBase64(text: string, { isPadded }: { isPadded: boolean }): Uint8Array | null {
  const bytes = Buffer.from(text, "base64")
  return (isPadded ? base64(bytes) : encodeRaw(bytes)) === text ? bytes : null
}

/** Base64url without padding, in its one spelling; `null` for anything else. */
export function decodeBase64Url(text: string): Buffer | null {
  const bytes = Buffer.from(text, "base64url")
  return bytes.toString("base64url") === text ? bytes : null
}

/** Of base64, and of the bytes that they stand for. A multiple of a group of digits. */
export const PIECE_CHARS = 64 * 1024
export const PIECE_BYTES = (PIECE_CHARS / 4) * 3

let bytes: Buffer | null = null

/**
 * Whether a piece of a long text is base64 without padding. This is faster than a regular expression: the runtime's own
 * decoder passes over what is not a digit, so that fewer bytes come out. It also takes the digits of the alphabet for
 * URLs, and may take a character by its last eight bits.
 *
 * @param piece - at most `PIECE_CHARS` long
 */
export function isAllDigits(piece: string): boolean {
  bytes ??= Buffer.allocUnsafeSlow(PIECE_BYTES)
  return (
    piece.length % 4 === 0 &&
    bytes.write(piece, "base64") === (piece.length / 4) * 3 &&
    !piece.includes("-") &&
    !piece.includes("_") &&
    Buffer.byteLength(piece, "utf8") === piece.length
  )
}
