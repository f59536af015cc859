/** What both sides of a gRPC call share. @see the gRPC over HTTP/2 protocol */

export const methods = { wrap: "/KeyService/Encrypt", unwrap: "/KeyService/Decrypt" } as const

export const contentType = "application/grpc"

export const grpcStatus = {
  ok: 0,
  invalidArgument: 3,
  unknown: 2,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
} as const

/** Far more than any wrapped data key. */
const messageBytesMax = 256 * 1024

const headBytes = 5

export function frame(message: Uint8Array): Uint8Array {
  const head = Buffer.alloc(headBytes)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

/** The one message of a unary call; `null` when it is compressed, cut, or followed by something. */
export function unframe(bytes: Uint8Array): Uint8Array | null {
  if (bytes.length < headBytes || bytes[0] !== 0) return null
  const length = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).readUInt32BE(1)
  return bytes.length === headBytes + length ? bytes.subarray(headBytes) : null
}

/** Collects a body, as far as it may go. */
export class MessageBody {
  readonly #parts: Uint8Array[] = []
  #total = 0

  /** @returns false when it is too large */
  add(chunk: Uint8Array): boolean {
    this.#total += chunk.length
    if (this.#total > messageBytesMax + headBytes) return false
    this.#parts.push(chunk)
    return true
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#parts)
  }

  wipe(): void {
    for (const part of this.#parts) part.fill(0)
  }
}

/** A message of a status, which is percent-encoded outside of printable ASCII. */
export function encodeMessage(text: string): string {
  let encoded = ""
  for (const byte of Buffer.from(text, "utf8")) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25
    encoded += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`
  }
  return encoded
}

export function decodeMessage(text: string): string {
  const bytes: number[] = []
  for (let at = 0; at < text.length; at++) {
    const digits = /^%([0-9A-Fa-f]{2})/.exec(text.slice(at, at + 3))?.[1]
    bytes.push(digits === undefined ? text.charCodeAt(at) & 0xff : Number.parseInt(digits, 16))
    if (digits !== undefined) at += 2
  }
  return Buffer.from(bytes).toString("utf8")
}
