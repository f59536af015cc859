import { type KeyContext } from "../provider.ts"
import { type Aead } from "./aead.ts"
import { decodeBech32, parsePluginIdentity } from "./bech32.ts"
import { type Header } from "./header.ts"
import { hybridRecipientOf, unwrapWithLibrary } from "./library.ts"
import { unwrapWithPlugin } from "./plugin.ts"
import { unwrapWithSsh } from "./ssh.ts"
import { type SshPrivateKey } from "./ssh-private.ts"
import { sshRecipientOf } from "./ssh-public.ts"
import { parseX25519Identity, unwrapWithX25519, x25519RecipientOf } from "./x25519.ts"

export interface Tools {
  readonly aead: Aead
  readonly context: KeyContext
}

/** The private side of age. What is secret lives in closures and key objects, so that no `inspect` shows it. */
export interface Identity {
  /**
   * What trying it may cost the user, and so its turn. 0: nothing. 1: a passphrase, when a stanza names this identity.
   * 2: whatever its plugin wants. 3: a passphrase in any case. All but 0 need the effort `any`.
   */
  readonly bother: 0 | 1 | 2 | 3
  /** Its public side, where that can be known; for errors only. */
  recipient(): Promise<string | null>
  /**
   * @returns the file key, or `null` when no stanza is for this identity
   * @throws {AppError} when a stanza is for this identity and broken, or when it could not be used
   */
  unwrap(header: Header, tools: Tools): Promise<Uint8Array | null>
}

/**
 * Reads one identity as it is in a key file.
 *
 * @returns the identity, or why the text is none; the reason never quotes it
 */
export function parseIdentity(text: string): Identity | string {
  if (text.startsWith("AGE-PLUGIN-")) {
    const name = parsePluginIdentity(text)
    return name === null ? "a plugin identity is malformed" : pluginIdentity(name, text)
  }
  if (text.startsWith("AGE-SECRET-KEY-PQ-1")) return hybridIdentity(text)
  if (text.startsWith("AGE-SECRET-KEY-1")) return x25519Identity(text)
  return "unknown identity type"
}

export function sshIdentity(key: SshPrivateKey): Identity {
  return {
    bother: 0,
    recipient: () => Promise.resolve(sshRecipientOf(key.publicKey)),
    unwrap: ({ stanzas }, { aead }) => Promise.resolve().then(() => unwrapWithSsh(stanzas, key, aead)),
  }
}

function x25519Identity(text: string): Identity | string {
  const key = parseX25519Identity(text)
  if (key === null) return "a secret key is malformed"
  return {
    bother: 0,
    recipient: () => Promise.resolve(x25519RecipientOf(key)),
    unwrap: ({ stanzas }, { aead }) => Promise.resolve().then(() => unwrapWithX25519(stanzas, key, aead)),
  }
}

function pluginIdentity(name: string, text: string): Identity {
  return {
    bother: 2,
    recipient: () => Promise.resolve(null),
    unwrap: ({ stanzas }, { context }) => unwrapWithPlugin({ name, identity: text, stanzas }, context),
  }
}

function hybridIdentity(text: string): Identity | string {
  const decoded = decodeBech32(text)
  if (decoded?.prefix !== "AGE-SECRET-KEY-PQ-" || decoded.bytes.length !== 32) return "a secret key is malformed"
  decoded.bytes.fill(0)
  return {
    bother: 0,
    recipient: () => hybridRecipientOf(text),
    // The library takes long to load, and has nothing to say about other stanzas.
    async unwrap(header) {
      return header.stanzas.some(({ type }) => type === "mlkem768x25519") ? unwrapWithLibrary(header, text) : null
    },
  }
}
