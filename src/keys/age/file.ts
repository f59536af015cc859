import { randomBytes } from "node:crypto"
import { decodeBase64 } from "../../core/base64.ts"
import { type Aead, hkdf } from "./aead.ts"
import { broken, type Stanza } from "./stanza.ts"
import { type Header, checkMac, encodeHeader } from "./header.ts"

const fileKeyLength = 16

/** Makes an age file around a fresh file key; `wrap` gives the stanzas that hold it. */
export async function sealFile(
  plain: Uint8Array,
  wrap: (fileKey: Uint8Array) => Promise<readonly Stanza[]>,
  aead: Aead,
): Promise<Uint8Array> {
  const fileKey = randomBytes(fileKeyLength)
  try {
    const header = encodeHeader(await wrap(fileKey), fileKey)
    return Buffer.concat([header, sealPayload(plain, fileKey, aead)])
  } finally {
    fileKey.fill(0)
  }
}

/**
 * Opens what follows a header.
 *
 * @param fileKey - of 16 bytes; it is wiped
 * @throws {AppError} `STANZA_INVALID` when header or payload were changed
 */
export function openAgeFile(header: Header, fileKey: Uint8Array, aead: Aead): Uint8Array {
  try {
    if (fileKey.length !== fileKeyLength) throw broken("header")
    checkMac(header, fileKey)
    return openPayload(header.rest, fileKey, aead)
  } finally {
    fileKey.fill(0)
  }
}

const nonceLength = 16
const tagLength = 16
const chunkBytes = 64 * 1024

/** Seals the content behind a header: a nonce, then chunks of 64 KiB, the last one marked. */
function sealPayload(plain: Uint8Array, fileKey: Uint8Array, aead: Aead): Uint8Array {
  const nonce = randomBytes(nonceLength)
  const key = hkdf(fileKey, { salt: nonce, info: "payload" })
  const parts: Uint8Array[] = [nonce]
  const chunks = Math.max(1, Math.ceil(plain.length / chunkBytes))
  for (let i = 0; i < chunks; i++) {
    const chunk = plain.subarray(i * chunkBytes, (i + 1) * chunkBytes)
    parts.push(aead.seal(key, chunkNonce(i, { isLast: i === chunks - 1 }), chunk))
  }
  key.fill(0)
  return Buffer.concat(parts)
}

/** @throws {AppError} `STANZA_INVALID` when a chunk is not the one that was sealed here, or some are missing */
function openPayload(sealed: Uint8Array, fileKey: Uint8Array, aead: Aead): Uint8Array {
  if (sealed.length < nonceLength) throw broken("header")
  const key = hkdf(fileKey, { salt: sealed.subarray(0, nonceLength), info: "payload" })
  const body = sealed.subarray(nonceLength)
  const sealedChunk = chunkBytes + tagLength
  const chunks = Math.max(1, Math.ceil(body.length / sealedChunk))
  const parts: Uint8Array[] = []
  for (let i = 0; i < chunks; i++) {
    const isLast = i === chunks - 1
    const chunk = aead.open(key, chunkNonce(i, { isLast }), body.subarray(i * sealedChunk, (i + 1) * sealedChunk))
    // Only an empty content may end in an empty chunk: a longer one would have two spellings.
    if (chunk === null || (isLast && i > 0 && chunk.length === 0)) throw broken("payload")
    parts.push(chunk)
  }
  key.fill(0)
  const [only] = parts
  return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts)
}

/** A counter of 11 bytes, then 1 for the last chunk. */
function chunkNonce(index: number, { isLast }: { isLast: boolean }): Uint8Array {
  const nonce = Buffer.alloc(12)
  nonce.writeUInt32BE(index, 7)
  nonce[11] = isLast ? 1 : 0
  return nonce
}

const begin = "-----BEGIN AGE ENCRYPTED FILE-----"
const end = "-----END AGE ENCRYPTED FILE-----"
const lineBytes = 48
const lineColumns = 64
const blanksMax = 1024

/** The text form of an age file, as every release of sops writes it: 64 columns, LF, and a final newline. */
export function encodeArmor(file: Uint8Array): string {
  const lines = [begin]
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  for (let at = 0; at < bytes.length; at += lineBytes) lines.push(bytes.toString("base64", at, at + lineBytes))
  lines.push(end, "")
  return lines.join("\n")
}

/**
 * Reads the text form, as strictly as age does: full lines but the last, canonical base64, nothing around it but
 * up to 1,024 blank characters. Lines may end in CRLF.
 *
 * @throws {AppError} `STANZA_INVALID`, also when the text is longer than `charsMax`
 */
export function decodeArmor(text: string, charsMax: number): Uint8Array {
  if (text.length > charsMax) throw broken("armor", `longer than ${charsMax} characters`)
  const lines = trimBlanks(text).split("\n")
  for (const [index, line] of lines.entries()) if (line.endsWith("\r")) lines[index] = line.slice(0, -1)
  if (lines.shift() !== begin || lines.pop() !== end) throw broken("armor")

  const parts: Uint8Array[] = []
  for (const [index, line] of lines.entries()) {
    const part = decodeBase64(line, { isPadded: true })
    const isLast = index === lines.length - 1
    if (part === null || line.length > lineColumns || part.length === 0) throw broken("armor")
    if (!isLast && part.length !== lineBytes) throw broken("armor")
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/** Blank lines before and spaces after are no part of the armor; spaces in the first line are. */
function trimBlanks(text: string): string {
  let start = 0
  let lineStart = 0
  while (start < text.length && isBlank(text.charCodeAt(start))) {
    if (text[start] === "\n") lineStart = start + 1
    start++
  }
  let stop = text.length
  while (stop > start && isBlank(text.charCodeAt(stop - 1))) stop--
  // What follows the last line on the line itself is not blank space around the file.
  const lineEnd = text.indexOf("\n", stop)
  const rest = text.slice(stop, lineEnd === -1 ? text.length : lineEnd)
  if (rest !== "" && rest !== "\r") throw broken("armor")
  if (lineStart > blanksMax || text.length - stop > blanksMax) throw broken("armor")
  return text.slice(lineStart, stop)
}

function isBlank(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d)
}
