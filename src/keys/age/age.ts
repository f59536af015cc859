import { type Recipient } from "../../core/recipient.ts"
import { runSlot } from "../../core/run-memory.ts"
import { SecretBytes } from "../../core/secret.ts"
import { AppError } from "../../errors/app-error.ts"
import { type Aead, loadAead } from "./aead.ts"
import { parsePluginRecipient } from "./bech32.ts"
import { explainAsUpstream } from "./explain.ts"
import { decodeArmor, encodeArmor, openAgeFile, sealFile } from "./file.ts"
import { type Header, parseHeader } from "./header.ts"
import { type Identity } from "./identity.ts"
import { libraryPrefixes, sealWithLibrary } from "./library.ts"
import { allowPlugin, wrapWithPlugin } from "./plugin.ts"
import { parseSshRecipient } from "./ssh-public.ts"
import { wrapForSsh } from "./ssh.ts"
import { type Stanza, broken } from "./stanza.ts"
import { parseX25519Recipient, wrapForX25519 } from "./x25519.ts"
import { ringOf } from "../identities.ts"
import { sourceReason } from "../identity-sources.ts"
import { type KeyContext, type KeyProvider } from "../provider.ts"

/** Far more than a data key needs, also with plugins and post-quantum recipients. */
const armorCharsMax = 64 * 1024

/** A data key in an age file of its own, armored. */
export const age: KeyProvider = {
  async wrap(dataKey, recipient, context) {
    const text = nameOf(recipient)
    const aead = await loadAead()
    const file = await dataKey.use((bytes) => seal(bytes, text, { aead, context }))
    return encodeArmor(file)
  },

  async unwrap(entry, context) {
    const file = decodeArmor(entry.enc, armorCharsMax)
    const header = parseHeader(file)
    if (header.stanzas.some(({ type }) => type === "scrypt")) throw broken("header", "it asks for a passphrase")

    const aead = await loadAead()
    const ring = ringOf(context)
    const tried = triedInRun.of(context.session, () => new Map())
    for await (const { identity, place } of ring.identities(nameOf(entry.recipient), context)) {
      if (tried.get(entry.enc)?.has(identity) === true) continue
      const fileKey = await attempt({ identity, header, aead, context }, (reason) => ring.fail(place, reason))
      if (fileKey !== null) {
        openersOf(context).set(entry.enc, identity)
        return new SecretBytes(openAgeFile(header, fileKey, aead))
      }
      tried.set(entry.enc, (tried.get(entry.enc) ?? new WeakSet()).add(identity))
    }
    return null
  },

  async isFor(entry, context) {
    const recipient = await openersOf(context).get(entry.enc)?.recipient()
    return recipient !== undefined && recipient !== null && isSame(recipient, nameOf(entry.recipient))
  },

  async explain(entry, context) {
    const places = await ringOf(context).places(nameOf(entry.recipient), context)
    return { places, asUpstream: explainAsUpstream(places) }
  },
}

/** @throws {AppError} `RECIPIENT_INVALID`, or what a plugin failed with */
async function seal(
  plain: Uint8Array,
  recipient: string,
  { aead, context }: { aead: Aead; context: KeyContext },
): Promise<Uint8Array> {
  const point = parseX25519Recipient(recipient)
  if (point !== null) return sealFile(plain, async (fileKey) => [wrapForX25519(fileKey, point, aead)], aead)

  if (libraryPrefixes.some((prefix) => recipient.startsWith(prefix))) {
    const file = await sealWithLibrary(plain, recipient)
    if (file === null) throw unknown(recipient)
    return file
  }

  if (recipient.startsWith("ssh-")) {
    const key = parseSshRecipient(recipient)
    if (typeof key === "string") throw unknown(recipient, key)
    return sealFile(plain, async (fileKey) => [wrapForSsh(fileKey, key, aead)], aead)
  }
  const plugin = parsePluginRecipient(recipient)
  if (plugin === null) throw unknown(recipient)
  await allowPlugin(plugin, context)
  const wrap = (fileKey: Uint8Array): Promise<Stanza[]> => wrapWithPlugin({ name: plugin, recipient, fileKey }, context)
  return sealFile(plain, wrap, aead)
}

interface Attempt {
  readonly identity: Identity
  readonly header: Header
  readonly aead: Aead
  readonly context: KeyContext
}

/** An identity that cannot be used is not a reason to give up: another may do. A broken stanza is one. */
async function attempt(
  { identity, header, aead, context }: Attempt,
  fail: (reason: string) => void,
): Promise<Uint8Array | null> {
  try {
    return await identity.unwrap(header, { aead, context })
  } catch (error) {
    if (!(error instanceof AppError) || error.code === "STANZA_INVALID") throw error
    fail(sourceReason(error))
    return null
  }
}

/** By entry: unwrapping comes by again with more effort, and what did not fit then does not fit now. */
const triedInRun = runSlot<Map<string, WeakSet<Identity>>>()

const openers = runSlot<Map<string, Identity>>()

/** Which identity opened an entry in this run. */
function openersOf({ session }: KeyContext): Map<string, Identity> {
  return openers.of(session, () => new Map())
}

/** An SSH recipient may carry a comment. */
function isSame(one: string, other: string): boolean {
  const bare = (name: string): string => name.trim().split(" ").slice(0, 2).join(" ")
  return bare(one) === bare(other)
}

function nameOf(recipient: Recipient): string {
  if (recipient.type !== "age") throw new TypeError("not an age recipient")
  return recipient.recipient
}

function unknown(recipient: string, reason?: string): AppError {
  return new AppError("RECIPIENT_INVALID", { provider: "age", recipient }, { subject: reason })
}
