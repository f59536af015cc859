import { randomBytes } from "node:crypto"
import { type Aead } from "./aead.ts"
import { broken } from "./broken.ts"
import { type Header, checkMac, encodeHeader } from "./header.ts"
import { openPayload, sealPayload } from "./payload.ts"
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
