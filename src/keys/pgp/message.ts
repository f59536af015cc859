import { decodeBase64 } from "../../core/base64.ts"
import { AppError } from "../../errors/app-error.ts"

/** What an OpenPGP message says about itself before anything is decrypted. */
interface Message {
  /** Without armor. */
  readonly bytes: Uint8Array
  /** 16 hex digits each, in capitals, of the keys that it was made for; all zeros hide a key. */
  readonly keyIds: readonly string[]
}

const charsMax = 64 * 1024
const stanzasMax = 64

const begin = "-----BEGIN PGP MESSAGE-----"
const end = "-----END PGP MESSAGE-----"

/** Packet types of RFC 9580, section 5. */
const packet = { publicKeyStanza: 1, passphraseStanza: 3, marker: 10, data: 18, aeadData: 20, padding: 21 } as const

/**
 * Reads the frame of an armored message that holds a data key: stanzas for public keys, then encrypted data that
 * guards itself, and nothing else. A message that is not encrypted, asks for a passphrase, or holds more than one body
 * is refused before gpg sees it (security rule S7).
 *
 * @throws {AppError} `STANZA_INVALID`, which never quotes the message
 */
export function readMessage(armored: string): Message {
  const bytes = withoutArmor(armored)
  const keyIds: string[] = []
  let isEncrypted = false
  for (let at = 0; at < bytes.length;) {
    const { tag, body, next } = readPacket(bytes, at)
    at = next
    if (isEncrypted) throw brokenMessage("something follows its encrypted data")
    switch (tag) {
      case packet.marker:
      case packet.padding:
        break
      case packet.publicKeyStanza:
        keyIds.push(keyIdOf(body))
        if (keyIds.length > stanzasMax) throw brokenMessage(`it is made for more than ${stanzasMax} keys`)
        break
      case packet.passphraseStanza:
        throw brokenMessage("it asks for a passphrase")
      case packet.data:
      case packet.aeadData:
        isEncrypted = true
        break
      default:
        throw brokenMessage("it is not encrypted for a public key")
    }
  }
  if (!isEncrypted || keyIds.length === 0) throw brokenMessage("it is not encrypted for a public key")
  return { bytes, keyIds }
}

/** The error for a message that is broken or is not what it has to be. */
export function brokenMessage(reason: string): AppError {
  return new AppError("STANZA_INVALID", { provider: "pgp" }, { subject: `its PGP message is refused: ${reason}` })
}

function withoutArmor(armored: string): Uint8Array {
  if (armored.length > charsMax) throw brokenMessage(`it is longer than ${charsMax} characters`)
  const lines = armored.split("\n").map((line) => line.trimEnd())
  const first = lines.indexOf(begin)
  const last = lines.indexOf(end)
  const isAlone = (line: string, index: number): boolean => line === "" || (index >= first && index <= last)
  if (first === -1 || last <= first || !lines.every(isAlone)) throw brokenMessage("its armor is not valid")
  const blank = lines.indexOf("", first)
  const bodyStart = blank === -1 || blank > last ? first + 1 : blank + 1
  const headers = lines.slice(first + 1, Math.max(bodyStart - 1, first + 1))
  const body = lines.slice(bodyStart, last)
  // The line with the checksum is left to nobody: the data behind it guards itself.
  if (body.at(-1)?.startsWith("=") === true) body.pop()
  const text = body.join("")
  const bytes = decodeBase64(text, { isPadded: true })
  if (bytes === null || headers.some((line) => !line.includes(":"))) throw brokenMessage("its armor is not valid")
  return bytes
}

interface Packet {
  readonly tag: number
  /** Its first part, when it comes in parts. */
  readonly body: Uint8Array
  readonly next: number
}

function readPacket(bytes: Uint8Array, start: number): Packet {
  const head = bytes[start]!
  if ((head & 0x80) === 0) throw brokenMessage("its packets are not valid")
  return (head & 0x40) === 0 ? oldPacket(bytes, start, head) : newPacket(bytes, start, head & 0x3f)
}

function oldPacket(bytes: Uint8Array, start: number, head: number): Packet {
  const tag = (head >> 2) & 0x0f
  const kind = head & 0x03
  // The length is not given: the packet goes on to the end.
  if (kind === 3) return { tag, body: bytes.subarray(start + 1), next: bytes.length }
  const size = 1 << kind
  return packetAt(bytes, { tag, from: start + 1 + size, length: readNumber(bytes, start + 1, size) })
}

function newPacket(bytes: Uint8Array, start: number, tag: number): Packet {
  let at = start + 1
  let body: Uint8Array | null = null
  for (;;) {
    const octet = bytes[at]
    if (octet === undefined) throw brokenMessage("it is cut short")
    if (octet < 224 || octet === 255) {
      const { length, from } = newLength(bytes, at, octet)
      const last = packetAt(bytes, { tag, from, length })
      return body === null ? last : { ...last, body }
    }
    const part = packetAt(bytes, { tag, from: at + 1, length: 2 ** (octet & 0x1f) })
    body ??= part.body
    at = part.next
  }
}

function newLength(bytes: Uint8Array, at: number, octet: number): { length: number; from: number } {
  if (octet < 192) return { length: octet, from: at + 1 }
  if (octet === 255) return { length: readNumber(bytes, at + 1, 4), from: at + 5 }
  return { length: ((octet - 192) << 8) + readNumber(bytes, at + 1, 1) + 192, from: at + 2 }
}

function packetAt(
  bytes: Uint8Array,
  { tag, from, length }: { readonly tag: number; readonly from: number; readonly length: number },
): Packet {
  const next = from + length
  if (next > bytes.length) throw brokenMessage("it is cut short")
  return { tag, body: bytes.subarray(from, next), next }
}

function readNumber(bytes: Uint8Array, at: number, size: number): number {
  if (at + size > bytes.length) throw brokenMessage("it is cut short")
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, size).readUIntBE(0, size)
}

/** Version 3 is what every release of gpg and of sops writes. */
function keyIdOf(body: Uint8Array): string {
  if (body[0] !== 3 || body.length < 9) throw brokenMessage("it has a stanza of an unknown version")
  return Buffer.from(body.subarray(1, 9)).toString("hex").toUpperCase()
}
