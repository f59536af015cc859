import { type KeyObject, createPrivateKey, createPublicKey, diffieHellman, randomBytes } from "node:crypto"
import { type Aead, zeroNonce, hkdf } from "./aead.ts"
import { decodeBase64, encodeRaw } from "../../core/base64.ts"
import { decodeBech32, encodeBech32 } from "./bech32.ts"
import { broken, type Stanza } from "./stanza.ts"

const label = "age-encryption.org/v1/X25519"
const pointLength = 32
/** `age1`, the point and a checksum in letters of five bits. */
const recipientChars = 62
const fileKeyLength = 16

const curve = { kty: "OKP", crv: "X25519" } as const
/** 32 zero bytes in base64url. */
const anyPoint = "A".repeat(43)
// DER of a private key of this curve (RFC 8410), up to its 32 bytes.
const privateDer = "302e020100300506032b656e04220420"

/** Of the texts that were read last: the recipients of many files are the same few, and each is asked for often. */
const points = new Map<string, Uint8Array | null>()
const pointsMax = 500

/** Of recipients that something was wrapped for: there are more files for them. */
const publicKeys = new WeakMap<Uint8Array, KeyObject>()

/** @returns the point of an `age1...` recipient, or `null` when the text is none */
export function parseX25519Recipient(text: string): Uint8Array | null {
  if (text.length !== recipientChars || !text.startsWith("age1")) return null
  const known = points.get(text)
  if (known !== undefined) return known
  if (points.size === pointsMax) points.clear()
  const point = pointIn(text)
  points.set(text, point)
  return point
}

function pointIn(text: string): Uint8Array | null {
  const decoded = decodeBech32(text)
  return decoded?.prefix === "age" && decoded.bytes.length === pointLength ? decoded.bytes : null
}

/** @returns the key of an `AGE-SECRET-KEY-1...` identity, or `null` when the text is none */
export function parseX25519Identity(text: string): KeyObject | null {
  const decoded = text.startsWith("AGE-SECRET-KEY-1") ? decodeBech32(text) : null
  if (decoded?.prefix !== "AGE-SECRET-KEY-" || decoded.bytes.length !== pointLength) return null
  const key = privateKey(decoded.bytes)
  decoded.bytes.fill(0)
  return key
}

const identityPoints = new WeakMap<KeyObject, Uint8Array>()

/** The public side of an identity, which each file asks for. */
function pointOf(identity: KeyObject): Uint8Array {
  const known = identityPoints.get(identity)
  if (known !== undefined) return known
  const point = publicPoint(identity)
  identityPoints.set(identity, point)
  return point
}

const recipients = new WeakMap<KeyObject, string>()

export function x25519RecipientOf(identity: KeyObject): string {
  const known = recipients.get(identity)
  if (known !== undefined) return known
  const recipient = encodeBech32({ prefix: "age", bytes: pointOf(identity) })
  recipients.set(identity, recipient)
  return recipient
}

/** @returns the text of a new identity, `AGE-SECRET-KEY-1...` */
export function newX25519Identity(): string {
  const scalar = randomBytes(pointLength)
  const text = encodeBech32({ prefix: "AGE-SECRET-KEY-", bytes: scalar })
  scalar.fill(0)
  return text
}

/**
 * A key for one exchange. Not by `generateKeyPairSync`: Node 20 exports a key under its lock, and a collection of
 * garbage at that moment takes the same lock for what is left of the generation, so that the process waits for ever.
 */
export function ephemeralKey(): KeyObject {
  const scalar = randomBytes(pointLength)
  const key = privateKey(scalar)
  scalar.fill(0)
  return key
}

/** @param point - of `parseX25519Recipient` */
export function wrapForX25519(fileKey: Uint8Array, point: Uint8Array, aead: Aead): Stanza {
  if (!publicKeys.has(point)) publicKeys.set(point, publicKey(point))
  const ephemeral = ephemeralKey()
  const share = publicPoint(ephemeral)
  const key = wrappingKey(ephemeral, { theirs: point, share, recipient: point })
  if (key === null) throw new RangeError("the recipient is a point of low order")
  return { type: "X25519", args: [encodeRaw(share)], body: aead.seal(key, zeroNonce, fileKey) }
}

/**
 * @returns the file key, or `null` when no stanza is for this identity
 * @throws {AppError} `STANZA_INVALID` for an X25519 stanza of the wrong shape
 */
export function unwrapWithX25519(stanzas: readonly Stanza[], identity: KeyObject, aead: Aead): Uint8Array | null {
  for (const stanza of stanzas) {
    if (stanza.type !== "X25519") continue
    const share = parseShare(stanza)
    const key = wrappingKey(identity, { theirs: share, share, recipient: pointOf(identity) })
    if (key === null) throw broken("header")
    const fileKey = aead.open(key, zeroNonce, stanza.body)
    key.fill(0)
    if (fileKey !== null) return fileKey
  }
  return null
}

/** Raw X25519; `null` for a point of low order, which would give a secret that everybody knows. */
export function exchange(key: KeyObject, point: Uint8Array): Uint8Array | null {
  try {
    return diffieHellman({ privateKey: key, publicKey: publicKeys.get(point) ?? publicKey(point) })
  } catch {
    return null
  }
}

/**
 * Raw bytes go in by way of a JWK, since the first DER key of a process costs some milliseconds. The public part is
 * computed from the scalar, so any text does for `x`; a runtime that compares the two gets DER.
 */
export function privateKey(scalar: Uint8Array): KeyObject {
  const d = Buffer.from(scalar.buffer, scalar.byteOffset, scalar.byteLength).toString("base64url")
  try {
    return createPrivateKey({ key: { ...curve, d, x: anyPoint }, format: "jwk" })
  } catch {
    const der = Buffer.concat([Buffer.from(privateDer, "hex"), scalar])
    const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" })
    der.fill(0)
    return key
  }
}

export function publicPoint(key: KeyObject): Uint8Array {
  return Buffer.from(key.export({ format: "jwk" }).x ?? "", "base64url")
}

function publicKey(point: Uint8Array): KeyObject {
  return createPublicKey({ key: { ...curve, x: Buffer.from(point).toString("base64url") }, format: "jwk" })
}

interface Exchange {
  readonly theirs: Uint8Array
  readonly share: Uint8Array
  readonly recipient: Uint8Array
}

function wrappingKey(own: KeyObject, { theirs, share, recipient }: Exchange): Uint8Array | null {
  const secret = exchange(own, theirs)
  if (secret === null) return null
  const key = hkdf(secret, { salt: Buffer.concat([share, recipient]), info: label })
  secret.fill(0)
  return key
}

function parseShare({ args, body }: Stanza): Uint8Array {
  const [text] = args
  const share = args.length === 1 && text !== undefined ? decodeBase64(text, { isPadded: false }) : null
  if (share?.length !== pointLength || body.length !== fileKeyLength + 16) throw broken("header")
  return share
}
