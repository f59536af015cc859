import { type Recipient } from "../../core/recipient.ts"
import { AppError } from "../../errors/app-error.ts"
import { type KeyProvider } from "../provider.ts"
import { callForDataKey, callService, checkEncLength, dataKeyFromBase64, serviceError } from "../service.ts"
import { sessionMemo } from "../session-memo.ts"
import { checkRecipient } from "../parse-recipient.ts"
import { type VaultRecipient, agreeToAddress, needsAgreement } from "./address.ts"
import { type Vault, ask, dataOf, openVault, vaultService } from "./transit.ts"

/** `vault:v1:` and base64; a key may have a prefix of its own. */
const wrapped = /^([A-Za-z0-9._-]{1,40}:){1,3}[A-Za-z0-9+/]{16,12000}={0,2}$/

/**
 * The transit engine of HashiCorp Vault and OpenBao.
 *
 * @see sops v3.13.2 hcvault/keysource.go
 */
export const vault: KeyProvider = {
  needsAnswer: (recipient, context) => needsAgreement(ours(recipient), context),

  agree: (recipient, context) => agreeToAddress(ours(recipient), context),

  async wrap(dataKey, recipient, context) {
    const to = ours(recipient)
    checkRecipient(recipient)
    await agreeToAddress(to, context)
    return callService({ service: vaultService, recipient, context }, async (context) => {
      const server = await openVault(to, context)
      await checkKeyExists(server, to)
      const plaintext = dataKey.use((bytes) => Buffer.from(bytes).toString("base64"))
      const path = [...to.enginePath.split("/"), "encrypt", to.keyName]
      const answer = await ask(server, { method: "PUT", path, body: { plaintext } })
      const enc = await dataOf(server, to, answer, "ciphertext")
      if (wrapped.test(enc)) return enc
      throw serviceError("KEY_ANSWER", {
        service: vaultService,
        words: "what it sends is not a wrapped data key",
      })
    })
  },

  async unwrap({ recipient, enc }, context) {
    const from = ours(recipient)
    checkRecipient(recipient)
    await agreeToAddress(from, context)
    return callForDataKey({ service: vaultService, recipient, context }, async (context) => {
      checkEncLength(enc)
      const ciphertext = enc.trim()
      if (!wrapped.test(ciphertext)) {
        throw new AppError("STANZA_INVALID", {}, { subject: "it is not of the form vault:v1:BASE64" })
      }
      const server = await openVault(from, context)
      const path = [...from.enginePath.split("/"), "decrypt", from.keyName]
      const answer = await ask(server, { method: "PUT", path, body: { ciphertext } })
      return dataKeyFromBase64(await dataOf(server, from, answer, "plaintext"), vaultService)
    })
  },
}

const checked = sessionMemo<undefined>()

/**
 * A key that is not there would be made by the request to wrap, so a typo would go unnoticed. Whoever may not look at keys
 * is not told; then nothing is known.
 *
 * @throws {AppError} `KEY_UNAVAILABLE`; as `sops` there is a notice, since upstream goes on
 */
function checkKeyExists(server: Vault, { enginePath, keyName, vaultAddress }: VaultRecipient): Promise<undefined> {
  const { context } = server
  return checked(context, JSON.stringify([vaultAddress, enginePath, keyName]), async () => {
    const answer = await ask(server, { method: "GET", path: [...enginePath.split("/"), "keys", keyName] })
    if (answer.status !== 404) return undefined
    const words = `there is no key ${keyName} in ${enginePath}`
    if (!context.dialect.createsVaultKeys) {
      throw serviceError("KEY_UNAVAILABLE", {
        service: vaultService,
        as: server.token?.source,
        words: `${words}, and wrapping for it would create it`,
        hint: `check the name, or create it: vault write -f ${enginePath}/keys/${keyName}`,
      })
    }
    context.notice(`${words} of ${vaultAddress}: Vault creates it now, if the token allows that`)
    return undefined
  })
}

function ours(recipient: Recipient): VaultRecipient {
  if (recipient.type !== "hc_vault") throw new TypeError("not a recipient of Vault")
  return recipient
}
