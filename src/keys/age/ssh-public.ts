import { createHash } from "node:crypto"
import { decodeBase64, encodeRaw } from "../../core/base64.ts"
import { montgomeryPoint } from "./ed25519-point.ts"

export type SshPublicKey =
  | { readonly type: "ssh-ed25519"; readonly blob: Uint8Array; readonly publicKey: Uint8Array }
  | { readonly type: "ssh-rsa"; readonly blob: Uint8Array; readonly n: Uint8Array; readonly e: Uint8Array }

/** As age: shorter moduli are not worth the trouble, longer ones only cost time. */
const modulusBytesMin = 256
const modulusBytesMax = 1024

/**
 * Reads one line of an `authorized_keys` or `.pub` file, without options: type, base64, comment.
 *
 * @returns the key, or why the line is none that age can use
 */
export function parseSshRecipient(line: string): SshPublicKey | string {
  const [type, text] = line.trim().split(/[ \t]+/, 2)
  const blob = text === undefined ? null : decodeBase64(text, { isPadded: true })
  if (blob === null) return "its base64 part is missing or not valid"
  const key = parseSshBlob(blob)
  if (typeof key !== "string" && key.type !== type) return "its type is not that of its key"
  return key
}

/** Reads the wire form of a public key. */
export function parseSshBlob(blob: Uint8Array): SshPublicKey | string {
  const reader = new WireReader(blob)
  const type = reader.text()
  if (type === "ssh-ed25519") {
    const publicKey = reader.string()
    if (publicKey === null || reader.rest.length > 0 || montgomeryPoint(publicKey) === null) {
      return "its ed25519 key is not valid"
    }
    return { type, blob, publicKey }
  }
  if (type === "ssh-rsa") {
    const e = reader.positive()
    const n = reader.positive()
    if (e === null || n === null || reader.rest.length > 0 || e.length > 3) return "its RSA key is not valid"
    if (n.length < modulusBytesMin) return "its RSA key has fewer than 2048 bits"
    if (n.length > modulusBytesMax) return "its RSA key has more than 8192 bits"
    return { type, blob, n, e }
  }
  return "age can use ssh-ed25519 and ssh-rsa keys only"
}

export function ed25519Public(publicKey: Uint8Array): SshPublicKey {
  const blob = Buffer.concat([wireString("ssh-ed25519"), wireString(publicKey)])
  return { type: "ssh-ed25519", blob, publicKey }
}

export function rsaPublic(n: Uint8Array, e: Uint8Array): SshPublicKey {
  return { type: "ssh-rsa", blob: Buffer.concat([wireString("ssh-rsa"), wirePositive(e), wirePositive(n)]), n, e }
}

/** The line without its comment: what two spellings of one recipient have in common. */
export function sshRecipientOf({ type, blob }: SshPublicKey): string {
  return `${type} ${Buffer.from(blob).toString("base64")}`
}

/** Four bytes that a stanza carries, so that an identity knows its own. */
export function sshTag({ blob }: SshPublicKey): string {
  return encodeRaw(createHash("sha256").update(blob).digest().subarray(0, 4))
}

/** Reads the wire encoding of SSH: lengths of four bytes, then bytes. Every method returns `null` past the end. */
export class WireReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get rest(): Uint8Array {
    return this.#bytes.subarray(this.#at)
  }

  number(): number | null {
    if (this.#at + 4 > this.#bytes.length) return null
    const value = this.#bytes.readUInt32BE(this.#at)
    this.#at += 4
    return value
  }

  /** Not copied: the bytes are part of what is read. */
  string(): Buffer | null {
    const length = this.number()
    if (length === null || this.#at + length > this.#bytes.length) return null
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  text(): string | null {
    return this.string()?.toString("latin1") ?? null
  }

  /** A positive number without its leading zero byte; `null` too for one that is negative or not canonical. */
  positive(): Buffer | null {
    const bytes = this.string()
    const [first = 0, second = 0] = bytes ?? []
    if (bytes === null || bytes.length === 0 || first >= 0x80) return null
    if (first !== 0) return bytes
    return bytes.length > 1 && second >= 0x80 ? bytes.subarray(1) : null
  }
}

/** @returns the bytes with their length in front */
function wireString(bytes: Uint8Array | string): Buffer {
  const content = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.length)
  return Buffer.concat([length, content])
}

/** @returns a positive number, big end first and without leading zeros, as SSH spells it */
function wirePositive(bytes: Uint8Array): Buffer {
  return wireString((bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes)
}
