import { randomBytes } from "node:crypto"
import { type Aead, hkdf } from "./aead.ts"
import { broken } from "./broken.ts"
import { type Header, checkMac, encodeHeader } from "./header.ts"
import { type Stanza } from "./stanza.ts"

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
