import { type KeyObject, createDecipheriv, createHash, createPrivateKey } from "node:crypto"
import { type SshPublicKey, ed25519Public, parseSshBlob, rsaPublic, WireReader } from "./ssh-public.ts"
import { privateKey } from "./x25519.ts"

/** A private key that age can use. `key` is the X25519 scalar of an ed25519 key, or the RSA key. */
export interface SshPrivateKey {
  readonly publicKey: SshPublicKey
  readonly key: KeyObject
}

/**
 * What a private key file holds. `locked`: a passphrase is needed; its public side is known only where the file tells
 * it. `reason`: why it cannot be used; never text of the file.
 */
type SshKeyFile =
  | { readonly state: "open"; readonly key: SshPrivateKey }
  | { readonly state: "locked"; readonly publicKey: SshPublicKey | null }
  | { readonly state: "wrong passphrase" }
  | { readonly state: "unusable"; readonly reason: string }

const magic = "openssh-key-v1\0"

/**
 * Reads an OpenSSH private key, or an RSA or ed25519 key in PEM (PKCS#1, PKCS#8, locked or not).
 *
 * @param passphrase - `null` to look only
 */
export async function parseSshPrivateKey(file: Uint8Array, passphrase: string | null): Promise<SshKeyFile> {
  const found = findPem(Buffer.from(file.buffer, file.byteOffset, file.byteLength).toString("latin1"))
  if (found === null) return unusable("no private key found in it")
  const { block, label, body } = found
  if (label === "OPENSSH PRIVATE KEY") return parseOpenSsh(Buffer.from(body, "base64"), passphrase)
  if (label !== "RSA PRIVATE KEY" && label !== "PRIVATE KEY" && label !== "ENCRYPTED PRIVATE KEY") {
    return unusable("age can use ed25519 and RSA keys only")
  }
  const isLocked = label === "ENCRYPTED PRIVATE KEY" || body.includes("ENCRYPTED")
  if (isLocked && passphrase === null) return { state: "locked", publicKey: null }
  return parsePem(block, isLocked ? passphrase : null)
}

/** The first block between BEGIN and END lines. */
function findPem(text: string): { block: string; label: string; body: string } | null {
  const begin = /-----BEGIN ([A-Z0-9 ]{1,40})-----\r?\n/.exec(text)
  const [line = "", label = ""] = begin ?? []
  if (begin === null) return null
  const start = begin.index + line.length
  const last = `-----END ${label}-----`
  const end = text.indexOf(last, start)
  if (end === -1) return null
  return { block: `${text.slice(begin.index, end)}${last}\n`, label, body: text.slice(start, end) }
}

function parsePem(block: string, passphrase: string | null): SshKeyFile {
  let key: KeyObject
  try {
    key = createPrivateKey({ key: block, format: "pem", ...(passphrase === null ? {} : { passphrase }) })
  } catch {
    return passphrase === null ? unusable("its private key is malformed") : { state: "wrong passphrase" }
  }
  const jwk = key.export({ format: "jwk" })
  if (jwk.kty === "OKP" && jwk.crv === "Ed25519" && jwk.d !== undefined && jwk.x !== undefined) {
    return ed25519Key(Buffer.from(jwk.d, "base64url"), Buffer.from(jwk.x, "base64url"))
  }
  if (jwk.kty === "RSA" && jwk.n !== undefined && jwk.e !== undefined) {
    return rsaKey(key, Buffer.from(jwk.n, "base64url"), Buffer.from(jwk.e, "base64url"))
  }
  return unusable("age can use ed25519 and RSA keys only")
}

/** @see OpenSSH PROTOCOL.key */
async function parseOpenSsh(bytes: Buffer, passphrase: string | null): Promise<SshKeyFile> {
  if (bytes.toString("latin1", 0, magic.length) !== magic) return unusable("its private key is malformed")
  const reader = new WireReader(bytes.subarray(magic.length))
  const cipher = reader.text()
  const kdf = reader.text()
  const kdfOptions = reader.string()
  const count = reader.number()
  const publicBlob = reader.string()
  const section = reader.string()
  if (cipher === null || kdfOptions === null || count !== 1 || publicBlob === null || section === null) {
    return unusable("its private key is malformed")
  }
  if (cipher === "none") return parseSection(section, { isLocked: false })

  if (passphrase === null) {
    const publicKey = parseSshBlob(publicBlob)
    return typeof publicKey === "string" ? unusable(publicKey) : { state: "locked", publicKey }
  }
  if (kdf !== "bcrypt") return unusable("it is locked in a way that is not known")
  const plain = await unlock({ cipher, kdfOptions, section }, passphrase)
  if (typeof plain === "string") return unusable(plain)
  const result = parseSection(plain, { isLocked: true })
  plain.fill(0)
  return result
}

interface LockedSection {
  readonly cipher: string
  readonly kdfOptions: Uint8Array
  readonly section: Uint8Array
}

async function unlock({ cipher, kdfOptions, section }: LockedSection, passphrase: string): Promise<Buffer | string> {
  const mode = /^aes(128|192|256)-(ctr|cbc)$/.exec(cipher)
  const options = new WireReader(kdfOptions)
  const salt = options.string()
  const rounds = options.number()
  if (mode === null) return "it is locked with a cipher that is not known"
  if (salt === null || rounds === null) return "its private key is malformed"
  if (rounds > roundsMax) return `it is locked with more than ${roundsMax} rounds`
  const keyLength = Number(mode[1]) / 8
  if (section.length % 16 !== 0) return "its private key is malformed"

  const derived = await bcryptPbkdf(Buffer.from(passphrase, "utf8"), { salt, rounds, length: keyLength + 16 })
  if (derived === null) return "its private key is malformed"
  const name = `aes-${mode[1]}-${mode[2]}`
  const decipher = createDecipheriv(name, derived.subarray(0, keyLength), derived.subarray(keyLength))
  decipher.setAutoPadding(false)
  const plain = Buffer.concat([decipher.update(section), decipher.final()])
  derived.fill(0)
  return plain
}

function parseSection(section: Uint8Array, { isLocked }: { isLocked: boolean }): SshKeyFile {
  const reader = new WireReader(section)
  const check = reader.number()
  if (check === null || check !== reader.number()) {
    return isLocked ? { state: "wrong passphrase" } : unusable("its private key is malformed")
  }
  const type = reader.text()
  if (type === "ssh-ed25519") {
    const publicKey = reader.string()
    const pair = reader.string()
    if (publicKey?.length !== 32 || pair?.length !== 64) return unusable("its private key is malformed")
    return ed25519Key(pair.subarray(0, 32), publicKey)
  }
  if (type !== "ssh-rsa") return unusable("age can use ed25519 and RSA keys only")
  const [n, e, exponent, inverse, p, q] = [1, 2, 3, 4, 5, 6].map(() => reader.positive())
  if (!n || !e || !exponent || !inverse || !p || !q) return unusable("its private key is malformed")
  try {
    return rsaKey(importRsa({ n, e, d: exponent, qi: inverse, p, q }), n, e)
  } catch {
    return unusable("its private key is malformed")
  }
}

/** The X25519 scalar of an ed25519 key is the half of the hash that signing uses as its own scalar. */
function ed25519Key(seed: Uint8Array, publicKey: Uint8Array): SshKeyFile {
  const hash = createHash("sha512").update(seed).digest()
  const key = privateKey(hash.subarray(0, 32))
  hash.fill(0)
  const parsed = parseSshBlob(ed25519Public(publicKey).blob)
  return typeof parsed === "string" ? unusable(parsed) : { state: "open", key: { publicKey: parsed, key } }
}

function rsaKey(key: KeyObject, n: Uint8Array, e: Uint8Array): SshKeyFile {
  const parsed = parseSshBlob(rsaPublic(n, e).blob)
  return typeof parsed === "string" ? unusable(parsed) : { state: "open", key: { publicKey: parsed, key } }
}

type RsaParts = Readonly<Record<"n" | "e" | "d" | "p" | "q" | "qi", Uint8Array>>

/** OpenSSH leaves out two numbers of the short cut by remainders, which follow from the others. */
function importRsa(parts: RsaParts): KeyObject {
  const { n, e, d, p, q, qi } = parts
  const dp = remainder(d, p)
  const dq = remainder(d, q)
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url")
  const jwk = { kty: "RSA", n: text(n), e: text(e), d: text(d), p: text(p), q: text(q), qi: text(qi) }
  return createPrivateKey({ key: { ...jwk, dp: text(dp), dq: text(dq) }, format: "jwk" })
}

function remainder(exponent: Uint8Array, prime: Uint8Array): Uint8Array {
  const value = number(exponent) % (number(prime) - 1n)
  const hex = value.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex")
}

function number(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex")}`)
}

function unusable(reason: string): SshKeyFile {
  return { state: "unusable", reason }
}

// The only file that knows bcrypt-pbkdf. OpenSSH locks its private keys with it, and Node has no other.

/** OpenSSH's default is 24; more than this is minutes in JavaScript. */
const roundsMax = 2048

/** @returns `null` when the library refuses the arguments */
async function bcryptPbkdf(
  passphrase: Uint8Array,
  { salt, rounds, length }: { salt: Uint8Array; rounds: number; length: number },
): Promise<Uint8Array | null> {
  const { default: bcrypt } = await import("bcrypt-pbkdf")
  const key = new Uint8Array(length)
  const status = bcrypt.pbkdf(passphrase, passphrase.length, salt, salt.length, key, length, rounds)
  return status === 0 ? key : null
}
