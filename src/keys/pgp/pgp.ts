import { type Recipient } from "../../core/recipient.ts"
import { SecretBytes } from "../../core/secret.ts"
import { AppError } from "../../errors/app-error.ts"
import { type KeyProvider } from "../provider.ts"
import { certificateOf, isNameOf, keyIdOf } from "./certificate.ts"
import { explain } from "./explain.ts"
import { runGpg } from "./gpg.ts"
import { brokenMessage, readMessage } from "./message.ts"
import { decrypt } from "./decrypt.ts"

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
