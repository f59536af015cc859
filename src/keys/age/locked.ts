import { AppError } from "../../errors/app-error.ts"
import { type KeyContext } from "../provider.ts"
import { openAgeFile } from "./file.ts"
import { type Header, parseHeader } from "./header.ts"
import { type Identity, type Tools, sshIdentity } from "./identity.ts"
import { unwrapWithPassphrase } from "./scrypt.ts"
import { isForSsh } from "./ssh.ts"
import { type SshPrivateKey, parseSshPrivateKey } from "./ssh-private.ts"
import { type SshPublicKey, sshRecipientOf } from "./ssh-public.ts"

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
  if (sshRecipientOf(key.publicKey) !== sshRecipientOf(publicKey)) throw unusable("its public key is another one")
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
