import { newHybridIdentity, hybridRecipientOf } from "./age/library.ts"
import { newX25519Identity, parseX25519Identity, x25519RecipientOf } from "./age/x25519.ts"
import { assert } from "../errors/app-error.ts"

interface NewIdentity {
  readonly recipient: string
  /** The whole key file, as age-keygen writes it. Secret. */
  readonly keyFile: string
}

/**
 * Makes an age identity.
 *
 * @param now - goes into the first line, to the second and in UTC
 * @param isPostQuantum - a hybrid identity, which age 1.3, sops 3.12 and later can use
 */
export async function makeIdentity({
  now,
  isPostQuantum,
}: {
  now: Date
  isPostQuantum: boolean
}): Promise<NewIdentity> {
  const identity = isPostQuantum ? await newHybridIdentity() : newX25519Identity()
  const recipient = isPostQuantum ? await hybridRecipientOf(identity) : recipientOf(identity)
  assert(recipient !== null, "a new identity has a recipient")
  const created = `${now.toISOString().slice(0, 19)}Z`
  return { recipient, keyFile: `# created: ${created}\n# public key: ${recipient}\n${identity}\n` }
}

function recipientOf(identity: string): string | null {
  const key = parseX25519Identity(identity)
  return key === null ? null : x25519RecipientOf(key)
}
