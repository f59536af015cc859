// The only file that knows age-encryption. It is loaded for post-quantum and tagged recipients only: what nearly
// everybody uses is done by node:crypto and starts faster.
import { type Header } from "./header.ts"
import { broken } from "./stanza.ts"

/** Prefixes of the recipients that the library wraps for, beside X25519. */
export const libraryPrefixes: readonly string[] = ["age1pq1", "age1tag1", "age1tagpq1"]

/** @returns a whole age file, not armored; `null` when the library does not take the recipient */
export async function sealWithLibrary(plain: Uint8Array, recipient: string): Promise<Uint8Array | null> {
  const { Encrypter } = await import("age-encryption")
  const encrypter = new Encrypter()
  try {
    encrypter.addRecipient(recipient)
  } catch {
    return null
  }
  return encrypter.encrypt(plain)
}

/**
 * @returns the file key, or `null` when no stanza is for this identity
 * @throws {AppError} `STANZA_INVALID` for a stanza of its type that has the wrong shape
 */
export async function unwrapWithLibrary(header: Header, identity: string): Promise<Uint8Array | null> {
  const { Decrypter } = await import("age-encryption")
  const decrypter = new Decrypter()
  decrypter.addIdentity(identity)
  try {
    return await decrypter.decryptHeader(header.bytes)
  } catch (error) {
    // The library throws untyped errors; a test pins these two messages.
    const message = error instanceof Error ? error.message : ""
    if (message.startsWith("no identity matched")) return null
    throw broken(message === "invalid header HMAC" ? "MAC" : "header")
  }
}

/** @returns the recipient of a post-quantum identity; `null` when the text is none */
export async function hybridRecipientOf(identity: string): Promise<string | null> {
  const { identityToRecipient } = await import("age-encryption")
  try {
    return await identityToRecipient(identity)
  } catch {
    return null
  }
}

/** @returns the text of a new post-quantum identity, `AGE-SECRET-KEY-PQ-1...` */
export async function newHybridIdentity(): Promise<string> {
  const { generateHybridIdentity } = await import("age-encryption")
  return generateHybridIdentity()
}
