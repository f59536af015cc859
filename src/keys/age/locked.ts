import { scrypt } from "node:crypto"
import { decodeBase64 } from "../../core/base64.ts"
import { AppError } from "../../errors/app-error.ts"
import { type Aead, zeroNonce } from "./aead.ts"
import { broken, type Stanza } from "./stanza.ts"
import { openAgeFile } from "./file.ts"
import { type Header, parseHeader } from "./header.ts"
import { type Identity, type Tools, sshIdentity } from "./identity.ts"
import { type SshPrivateKey, parseSshPrivateKey } from "./ssh-private.ts"
import { type SshPublicKey, sshRecipientOf } from "./ssh-public.ts"
import { isForSsh } from "./ssh.ts"
import { type KeyContext } from "../provider.ts"

/** No identity in a locked key file is for these: they are passed over without asking. */
const sshTypes: ReadonlySet<string> = new Set(["ssh-ed25519", "ssh-rsa", "scrypt"])

/**
 * A key file that is locked with a passphrase. It is asked for when the identities are tried, and once: the answer,
 * or that there was none, holds for the whole run.
 *
 * @param read - reads the unlocked text
 */
export function lockedIdentity(
  { place, file }: { place: string; file: Uint8Array },
  read: (text: string) => readonly Identity[],
): Identity {
  let unlocked: Promise<readonly Identity[]> | null = null
  return {
    bother: 3,
    recipient: () => Promise.resolve(null),
    async unwrap(header, tools) {
      if (header.stanzas.every(({ type }) => sshTypes.has(type))) return null
      unlocked ??= unlockFile({ place, file }, tools).then(read)
      for (const identity of await unlocked) {
        const fileKey = await identity.unwrap(header, tools)
        if (fileKey !== null) return fileKey
      }
      return null
    },
  }
}

/** An SSH private key that is locked with a passphrase, which is asked for when a stanza carries the key's tag. */
export function lockedSshIdentity({
  place,
  file,
  publicKey,
}: {
  place: string
  file: Uint8Array
  publicKey: SshPublicKey
}): Identity {
  let unlocked: Promise<SshPrivateKey> | null = null
  return {
    bother: 1,
    recipient: () => Promise.resolve(sshRecipientOf(publicKey)),
    async unwrap(header, tools) {
      if (!isForSsh(header.stanzas, publicKey)) return null
      unlocked ??= unlockSsh({ place, file, publicKey }, tools.context)
      return sshIdentity(await unlocked).unwrap(header, tools)
    },
  }
}

async function unlockFile({ place, file }: { place: string; file: Uint8Array }, tools: Tools): Promise<string> {
  const header = parse(file)
  if (!header.stanzas.some(({ type }) => type === "scrypt")) throw unusable("it is not locked with a passphrase")
  const question = tools.context.dialect.passphraseQuestion(place, "identity")
  const plain = await withPassphrase(question, tools.context, (passphrase) => open(header, passphrase, tools))
  const text = Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength).toString("utf8")
  plain.fill(0)
  return text
}

function parse(file: Uint8Array): Header {
  try {
    return parseHeader(file)
  } catch (error) {
    throw asUnusable(error)
  }
}

async function open(header: Header, passphrase: string, { aead }: Tools): Promise<Uint8Array | null> {
  try {
    const fileKey = await unwrapWithPassphrase(header.stanzas, passphrase, aead)
    return fileKey === null ? null : openAgeFile(header, fileKey, aead)
  } catch (error) {
    throw asUnusable(error)
  }
}

/** What is broken here is the key file, and not a data key's entry: another identity may do. */
function asUnusable(error: unknown): unknown {
  return error instanceof AppError && error.code === "STANZA_INVALID" ? unusable(error.detail.subject ?? "") : error
}

async function unlockSsh(
  { place, file, publicKey }: { place: string; file: Uint8Array; publicKey: SshPublicKey },
  context: KeyContext,
): Promise<SshPrivateKey> {
  const question = context.dialect.passphraseQuestion(place, "ssh key")
  const key = await withPassphrase(question, context, async (passphrase) => {
    const result = await parseSshPrivateKey(file, passphrase)
    if (result.state === "wrong passphrase") return null
    if (result.state !== "open") throw unusable(result.state === "unusable" ? result.reason : "it stays locked")
    return result.key
  })
  if (sshRecipientOf(key.publicKey) !== sshRecipientOf(publicKey)) throw unusable("its public key is a different one")
  return key
}

async function withPassphrase<T>(
  question: string,
  context: KeyContext,
  attempt: (passphrase: string) => Promise<T | null>,
): Promise<T> {
  for (let tries = context.dialect.passphraseTriesMax; tries > 0; tries--) {
    const passphrase = await context.prompt(question, { hidden: true })
    if (passphrase === null) throw unusable("it is locked, and there is no terminal to ask for the passphrase")
    const result = await attempt(passphrase)
    if (result !== null) return result
  }
  throw unusable("wrong passphrase")
}

function unusable(reason: string): AppError {
  return new AppError("IDENTITY_INVALID", { provider: "age" }, { subject: reason })
}

const label = "age-encryption.org/v1/scrypt"
/** As age: 2^22 takes some 15 seconds and 4 GB. */
const workFactorMax = 22

/**
 * Unwraps the file key of an identity file that is locked with a passphrase. Never used on a data key's own stanza.
 *
 * @returns `null` when the passphrase is wrong, or when the file is locked in another way
 * @throws {AppError} `STANZA_INVALID` for a scrypt stanza of the wrong shape, or one that is not alone
 */
export async function unwrapWithPassphrase(
  stanzas: readonly Stanza[],
  passphrase: string,
  aead: Aead,
): Promise<Uint8Array | null> {
  const stanza = stanzas.find(({ type }) => type === "scrypt")
  if (stanza === undefined) return null
  const { salt, workFactor } = parseScrypt(stanza)
  if (stanzas.length !== 1) throw broken("header", "a passphrase stanza is not alone")

  const key = await derive(passphrase, Buffer.concat([Buffer.from(label), salt]), 2 ** workFactor)
  const fileKey = aead.open(key, zeroNonce, stanza.body)
  key.fill(0)
  return fileKey
}

function parseScrypt({ args, body }: Stanza): { salt: Uint8Array; workFactor: number } {
  const [saltText, factorText] = args
  if (args.length !== 2 || saltText === undefined || factorText === undefined) throw broken("header")
  const salt = decodeBase64(saltText, { isPadded: false })
  if (salt?.length !== 16 || !/^[1-9][0-9]?$/.test(factorText) || body.length !== 32) throw broken("header")
  const workFactor = Number(factorText)
  if (workFactor > workFactorMax) throw broken("header", `a work factor over ${workFactorMax}`)
  return { salt, workFactor }
}

function derive(passphrase: string, salt: Uint8Array, cost: number): Promise<Buffer> {
  const options = { N: cost, r: 8, p: 1, maxmem: 128 * 8 * cost + 1024 * 1024 }
  return new Promise((resolve, reject) => {
    scrypt(passphrase, salt, 32, options, (error, key) => (error === null ? resolve(key) : reject(error)))
  })
}
