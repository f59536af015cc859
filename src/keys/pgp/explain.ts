import { type WrappedKey } from "../../core/recipient.ts"
import { AppError } from "../../errors/app-error.ts"
import { type Explanation, type KeyContext, type SearchedPlace } from "../provider.ts"
import { findings } from "./findings.ts"
import { findGpg } from "./gpg.ts"

/**
 * Why gpg did not open an entry, in its own words.
 *
 * @see sops v3.13.2 pgp/keysource.go, Decrypt
 */
export async function explain(entry: WrappedKey, context: KeyContext): Promise<Explanation> {
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
