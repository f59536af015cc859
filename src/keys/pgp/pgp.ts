import { type WrappedKey, type Recipient } from "../../core/recipient.ts"
import { AppError } from "../../errors/app-error.ts"
import { type Explanation, type KeyContext, type SearchedPlace, type KeyProvider } from "../provider.ts"
import { findings, decrypt } from "./decrypt.ts"
import { findGpg, runGpg, certificateOf, isNameOf, keyIdOf } from "./gpg.ts"
import { SecretBytes } from "../../core/secret.ts"
import { brokenMessage, readMessage } from "./message.ts"

/** A data key in an OpenPGP message that the `gpg` program makes and opens. */
export const pgp: KeyProvider = {
  async wrap(dataKey, recipient, context) {
    const fp = fingerprintOf(recipient)
    const isExact = fp.endsWith("!")
    const name = isExact ? fp.slice(0, -1) : fp
    const certificate = await certificateOf(name, context)
    const options = [
      "--yes",
      "--no-default-recipient",
      "--no-encrypt-to",
      "--no-throw-keyids",
      "--armor",
      "--recipient",
      `0x${name}${isExact ? "!" : ""}`,
      "--encrypt",
    ]
    const { exit, stdout, words } = await dataKey.use((bytes) => runGpg(context, { options }, { input: bytes }))
    if (exit !== 0) throw new AppError("GPG_FAILED", { provider: "pgp" }, { subject: words.join("; ") })

    const enc = Buffer.from(stdout).toString("latin1").trim()
    const wanted = isExact ? certificate.filter((key) => isNameOf(name, key)) : certificate
    checkMadeFor(enc, wanted)
    return enc
  },

  async unwrap(entry, context) {
    const fp = fingerprintOf(entry.recipient).replace(/!$/, "")
    const plain = await decrypt(entry, fp, context)
    return plain === null ? null : new SecretBytes(plain)
  },

  explain: (entry, context) => explain(entry, context),
}

/** gpg was told one key. Its configuration may have added others, or made a group of the name. */
function checkMadeFor(enc: string, wanted: readonly string[]): void {
  const { keyIds } = readMessage(enc)
  const [only] = keyIds
  if (keyIds.length === 1 && wanted.some((key) => keyIdOf(key) === only)) return
  throw brokenMessage("gpg made it for another key than the one that was named")
}

function fingerprintOf(recipient: Recipient): string {
  if (recipient.type !== "pgp") throw new TypeError("not a PGP recipient")
  return recipient.fp
}

/**
 * Why gpg did not open an entry, in its own words.
 *
 * @see sops v3.13.2 pgp/keysource.go, Decrypt
 */
async function explain(entry: WrappedKey, context: KeyContext): Promise<Explanation> {
  const { words, hint } = findings(entry, context)
  const home = homeOf(context)
  const ring = `github.com/ProtonMail/go-crypto/openpgp error: could not load secring: open ${home}/pubring.gpg: no such file or directory`
  const program = `GnuPG binary error: failed to decrypt sops data key with pgp: ${words}`
  return {
    places: [await placeOf(home, context)],
    asUpstream: `could not decrypt data key with PGP key: ${ring}; ${program}`,
    reasons: words === "" ? undefined : [words],
    hint,
  }
}

function homeOf({ env, home }: KeyContext): string {
  const named = env("GNUPGHOME") ?? ""
  return named === "" ? `${home}/.gnupg` : named
}

/** Which keys are in the ring gpg alone knows; that none of them fits is what was found. */
async function placeOf(home: string, context: KeyContext): Promise<SearchedPlace> {
  try {
    const name = `the key ring in ${home} with ${await findGpg(context)}`
    return { name, state: "failed", holds: [], reasons: ["no usable secret key for it"] }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { name: "the program gpg", state: "failed", holds: [], reasons: [error.title] }
  }
}
