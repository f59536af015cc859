import { sliceUtf8 } from "./direct-buffer.ts"

/** Half-open `[start, end)` in UTF-16 units of the decoded text. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** Replaces a span of a text; an empty span is an insertion. */
export interface Edit extends Span {
  readonly text: string
}

let encoder: InstanceType<typeof TextEncoder> | null = null

/** Property by property: a spread takes engines ten times as long, and every value has one of these. */
export function replaced({ start, end }: Span, text: string): Edit {
  return { start, end, text }
}

export const utf8 = {
  encode: encodeUtf8,
  /** Lossy: for bytes that are known to be UTF-8, or for display. */
  decode: (bytes: Uint8Array): string => bufferOf(bytes).toString("utf8"),
}

/** V8 keeps arrays up to this size in its own heap, which is several times faster than a buffer outside. */
const SHORT_BYTES = 64

/** Longer bytes go to a strict decoder first. It stops at the first bad byte; replacing each one takes long. */
const SMALL_BYTES = 64 * 1024

/** From this length on the exact size is worth a look at all of the text. */
const LONG_CHARS = 64 * 1024

function encodeUtf8(text: string): Uint8Array {
  if (text.length > LONG_CHARS) return Buffer.from(text, "utf8")
  if (text.length > SHORT_BYTES) return encodeWhole(text)
  const bytes = new Uint8Array(text.length)
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code > 127) return encodeWhole(text)
    bytes[at] = code
  }
  return bytes
}

/** Makes the encoder on first use: many runs need none, and making one takes longer than using it. */
function encodeWhole(text: string): Uint8Array {
  return (encoder ??= new TextEncoder()).encode(text)
}

/**
 * Decodes a whole file. A BOM stays part of the text, so text and bytes are a bijection.
 *
 * @returns `null` when the bytes are not UTF-8: such a file can only be `binary`
 */
export function decodeText(bytes: Uint8Array): string | null {
  if (bytes.length > SMALL_BYTES) return decodeStrictly(bytes)
  // What cannot be read becomes U+FFFD, which may also be in the bytes themselves.
  const text = sliceUtf8(bufferOf(bytes), 0, bytes.length)
  return text.includes("\ufffd") ? decodeStrictly(bytes) : text
}

/**
 * Decodes a whole file, even one that a BOM marks as UTF-16: PowerShell's `>` makes such files, and go-yaml reads them.
 * In UTF-16 the BOM is not part of the text, which cannot become the same bytes again.
 *
 * @returns `null` when the bytes are neither
 */
export function decodeFile(bytes: Uint8Array): string | null {
  return decodeText(bytes) ?? decodeUtf16(bytes)
}

/** @returns `null` without a BOM, and for bytes that are not well-formed */
export function decodeUtf16(bytes: Uint8Array): string | null {
  if (!hasUtf16Mark(bytes) || bytes.length % 2 === 1) return null
  const pairs = Buffer.from(bytes.subarray(2))
  const text = (bytes[0] === 0xff ? pairs : pairs.swap16()).toString("utf16le")
  return text.isWellFormed() ? text : null
}

export function hasUtf16Mark([first, second]: Uint8Array): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)
}

function decodeStrictly(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

export function isUtf8(bytes: Uint8Array): boolean {
  return decodeText(bytes) !== null
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true
  const { length } = a
  if (length !== b.length) return false
  if (length > SHORT_BYTES) return Buffer.compare(a, b) === 0
  for (let at = 0; at < length; at++) if (a[at] !== b[at]) return false
  return true
}

/** 1-based line of an offset; only LF counts, as editors count. */
export function lineAt(source: string, offset: number): number {
  let line = 1
  for (let at = source.indexOf("\n"); at !== -1 && at < offset; at = source.indexOf("\n", at + 1)) line++
  return line
}

/** The text with line ends of Unix, which those of Windows were, or of an old Mac where there are no others. */
export function unixLines(text: string): string {
  return text.includes("\n") ? text.replaceAll("\r\n", "\n") : text.replaceAll("\r", "\n")
}
