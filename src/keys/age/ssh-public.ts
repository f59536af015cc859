import { createHash } from "node:crypto"
import { decodeBase64, encodeRaw } from "../../core/base64.ts"
import { montgomeryPoint } from "./ed25519-point.ts"
import { WireReader, wirePositive, wireString } from "./ssh-wire.ts"

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
