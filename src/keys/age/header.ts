import { createHmac, timingSafeEqual } from "node:crypto"
import { decodeBase64, encodeRaw } from "../../core/base64.ts"
import { broken, type Stanza, StanzaReader, encodeStanza } from "./stanza.ts"
import { hkdf } from "./aead.ts"

const intro = "age-encryption.org/v1"
const stanzasMax = 64
const headerBytesMax = 256 * 1024
const macLength = 32

export interface Header {
  readonly stanzas: readonly Stanza[]
  /** What the MAC covers: all bytes up to and with "---". */
  readonly covered: Uint8Array
  readonly mac: Uint8Array
  /** All bytes of the header. */
  readonly bytes: Uint8Array
  /** What follows the header. */
  readonly rest: Uint8Array
}

/**
 * Reads the header of an age file, accepting exactly what age accepts, but at most 64 stanzas and 256 KB.
 *
 * @throws {AppError} `STANZA_INVALID`
 * @see C2SP age.md, and age internal/format
 */
export function parseHeader(file: Uint8Array): Header {
  const all = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  const stanzas: Stanza[] = []
  const reader = new StanzaReader()
  let isInside = false
  let isFirst = true
  for (let at = 0; ;) {
    const end = all.indexOf(10, at)
    if (end === -1 || end > headerBytesMax) throw broken("header")
    const line = all.toString("latin1", at, end)
    if (isFirst) {
      if (line !== intro) throw broken("header")
      isFirst = false
    } else if (!isInside && line.startsWith("---")) {
      const covered = all.subarray(0, at + 3)
      return { stanzas, covered, mac: parseMac(line), bytes: all.subarray(0, end + 1), rest: all.subarray(end + 1) }
    } else {
      const stanza = reader.take(line)
      if (stanza === "invalid") throw broken("header")
      isInside = stanza === "more"
      if (stanza !== "more" && stanzas.push(stanza) > stanzasMax) throw broken("header", `over ${stanzasMax} stanzas`)
    }
    at = end + 1
  }
}

/** Spells a header and seals it with a MAC under the file key. */
export function encodeHeader(stanzas: readonly Stanza[], fileKey: Uint8Array): Uint8Array {
  const covered = Buffer.from(`${intro}\n${stanzas.map(encodeStanza).join("")}---`, "latin1")
  return Buffer.concat([covered, Buffer.from(` ${encodeRaw(headerMac(covered, fileKey))}\n`, "latin1")])
}

/** @throws {AppError} `STANZA_INVALID` when the header is not the one that was made with this file key */
export function checkMac(header: Header, fileKey: Uint8Array): void {
  if (!timingSafeEqual(headerMac(header.covered, fileKey), header.mac)) throw broken("MAC")
}

function headerMac(covered: Uint8Array, fileKey: Uint8Array): Uint8Array {
  const key = hkdf(fileKey, { salt: new Uint8Array(0), info: "header" })
  return createHmac("sha256", key).update(covered).digest()
}

function parseMac(line: string): Uint8Array {
  const mac = line.startsWith("--- ") ? decodeBase64(line.slice(4), { isPadded: false }) : null
  if (mac?.length !== macLength) throw broken("header")
  return mac
}
