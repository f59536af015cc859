import { constants, createPublicKey, privateDecrypt, publicEncrypt } from "node:crypto"
import { type Aead, zeroNonce, hkdf } from "./aead.ts"
import { decodeBase64, encodeRaw } from "../../core/base64.ts"
import { broken, type Stanza } from "./stanza.ts"
import { montgomeryPoint } from "./ed25519-point.ts"
import { type SshPrivateKey } from "./ssh-private.ts"
import { type SshPublicKey, sshTag } from "./ssh-public.ts"
import { ephemeralKey, exchange, privateKey, publicPoint } from "./x25519.ts"

const ed25519Label = "age-encryption.org/v1/ssh-ed25519"
const rsaLabel = Buffer.from("age-encryption.org/v1/ssh-rsa")

/** @see age agessh/agessh.go */
export function wrapForSsh(fileKey: Uint8Array, recipient: SshPublicKey, aead: Aead): Stanza {
  if (recipient.type === "ssh-rsa") {
    const jwk = { kty: "RSA", n: base64Url(recipient.n), e: base64Url(recipient.e) }
    const key = createPublicKey({ key: jwk, format: "jwk" })
    return { type: "ssh-rsa", args: [sshTag(recipient)], body: publicEncrypt({ key, ...oaep }, fileKey) }
  }
  const point = montgomeryPoint(recipient.publicKey)
  if (point === null) throw new RangeError("the recipient is not a point on the curve")
  const ephemeral = ephemeralKey()
  const share = publicPoint(ephemeral)
  const secret = exchange(ephemeral, point)
  const key = secret === null ? null : wrappingKey(recipient, { secret, share, point })
  if (key === null) throw new RangeError("the recipient is a point of low order")
  const body = aead.seal(key, zeroNonce, fileKey)
  return { type: "ssh-ed25519", args: [sshTag(recipient), encodeRaw(share)], body }
}

/**
 * @returns the file key, or `null` when no stanza is for this identity
 * @throws {AppError} `STANZA_INVALID` for a stanza that carries this identity's tag and cannot be unwrapped, as age
 */
export function unwrapWithSsh(stanzas: readonly Stanza[], identity: SshPrivateKey, aead: Aead): Uint8Array | null {
  for (const stanza of stanzas) {
    if (stanza.type !== identity.publicKey.type) continue
    checkShape(stanza)
    if (stanza.args[0] !== sshTag(identity.publicKey)) continue
    const fileKey = stanza.type === "ssh-rsa" ? unwrapRsa(stanza, identity) : unwrapEd25519(stanza, identity, aead)
    if (fileKey === null) throw broken("header", "its stanza does not open with the key that it names")
    return fileKey
  }
  return null
}

/** Whether a stanza carries the tag of this key: then a passphrase may be asked for. */
export function isForSsh(stanzas: readonly Stanza[], publicKey: SshPublicKey): boolean {
  const tag = sshTag(publicKey)
  return stanzas.some(({ type, args }) => type === publicKey.type && args[0] === tag)
}

const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256", oaepLabel: rsaLabel }

function unwrapRsa({ body }: Stanza, { key }: SshPrivateKey): Uint8Array | null {
  try {
    return privateDecrypt({ key, ...oaep }, body)
  } catch {
    return null
  }
}

function unwrapEd25519({ args, body }: Stanza, { key, publicKey }: SshPrivateKey, aead: Aead): Uint8Array | null {
  const share = decodeBase64(args[1] ?? "", { isPadded: false })
  const secret = share === null ? null : exchange(key, share)
  if (share === null || secret === null) return null
  const wrapping = wrappingKey(publicKey, { secret, share, point: publicPoint(key) })
  return wrapping === null ? null : aead.open(wrapping, zeroNonce, body)
}

function checkShape({ type, args, body }: Stanza): void {
  if (type === "ssh-rsa") {
    if (args.length !== 1) throw broken("header")
    return
  }
  const share = args.length === 2 ? decodeBase64(args[1] ?? "", { isPadded: false }) : null
  if (share?.length !== 32 || body.length !== 32) throw broken("header")
}

interface Exchange {
  readonly secret: Uint8Array
  readonly share: Uint8Array
  readonly point: Uint8Array
}

/** The second exchange binds the secret to the SSH key, since one curve point has two Ed25519 keys. */
function wrappingKey(recipient: SshPublicKey, { secret, share, point }: Exchange): Uint8Array | null {
  const tweak = hkdf(new Uint8Array(0), { salt: recipient.blob, info: ed25519Label })
  const tweaked = exchange(privateKey(tweak), secret)
  secret.fill(0)
  if (tweaked === null) return null
  const key = hkdf(tweaked, { salt: Buffer.concat([share, point]), info: ed25519Label })
  tweaked.fill(0)
  return key
}

function base64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url")
}
