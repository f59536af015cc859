import { type Recipient } from "../../core/recipient.ts"
import { AppError } from "../../errors/app-error.ts"
import { type Json, parseJson, jsonText } from "../http/json.ts"
import { sendPatiently } from "../http/patience.ts"
import { type HttpAnswer } from "../http/request.ts"
import { type KeyContext, type KeyProvider } from "../provider.ts"
import { callForDataKey, callService, checkEncLength, dataKeyFromBase64, serviceError } from "../service.ts"
import { findAccount, projectOf, huaweiService } from "./credentials.ts"
import { kmsOrigin, signForHuawei } from "./request.ts"

type HuaweiRecipient = Extract<Recipient, { type: "hckms" }>

const wrapped = /^[A-Za-z0-9+/=_-]{16,12000}$/

/**
 * HuaweiCloud KMS, by signed requests.
 *
 * @see sops v3.13.2 hckms/keysource.go
 */
export const huawei: KeyProvider = {
  wrap(dataKey, recipient, context) {
    const to = ours(recipient)
    return callService({ service: huaweiService, recipient, context }, async (context) => {
      const plain_text = dataKey.use((bytes) => Buffer.from(bytes).toString("base64"))
      const answer = await ask(to, { operation: "encrypt-data", body: { plain_text } }, context)
      const enc = jsonText(answer, "cipher_text") ?? ""
      if (wrapped.test(enc)) return enc
      throw serviceError("KEY_ANSWER", {
        service: huaweiService,
        words: "what it sends is not a wrapped data key",
      })
    })
  },

  unwrap({ recipient, enc }, context) {
    const from = ours(recipient)
    return callForDataKey({ service: huaweiService, recipient, context }, async (context) => {
      checkEncLength(enc)
      const cipher_text = enc.trim()
      if (!wrapped.test(cipher_text)) throw new AppError("STANZA_INVALID", {}, { subject: "it is not base64" })
      const answer = await ask(from, { operation: "decrypt-data", body: { cipher_text } }, context)
      return dataKeyFromBase64(jsonText(answer, "plain_text"), huaweiService)
    })
  },
}

interface HuaweiQuestion {
  readonly operation: "encrypt-data" | "decrypt-data"
  readonly body: Readonly<Record<string, string>>
}

/** @throws {AppError} what the answer means when it is a failure */
async function ask(
  { keyId }: HuaweiRecipient,
  { operation, body }: HuaweiQuestion,
  context: KeyContext,
): Promise<Json> {
  const [region = "", uuid = ""] = keyId.split(":")
  const origin = kmsOrigin(region, context)
  const account = await findAccount(context)
  const project = await projectOf(account, region, context)
  const url = new URL(`${origin}/v1.0/${encodeURIComponent(project)}/kms/${operation}`)
  const content = JSON.stringify({ key_id: uuid, ...body, encryption_algorithm: "SYMMETRIC_DEFAULT" })
  const headers = signForHuawei(
    { method: "POST", url, headers: { "X-Project-Id": project }, body: content },
    account,
    context.now(),
  )
  const request = { service: huaweiService, method: "POST", url, body: content }
  const answer = await sendPatiently(
    { ...request, headers: { ...headers, "content-type": "application/json;charset=utf-8" } },
    context,
  )
  if (answer.status === 200) return parseJson(answer.body)
  throw failure(answer, { as: account.as, operation })
}

/** @see https://support.huaweicloud.com/intl/en-us/api-dew/ErrorCode.html */
function failure(
  { status, body }: HttpAnswer,
  { as, operation }: { as: string; operation: HuaweiQuestion["operation"] },
): AppError {
  const json = parseJson(body)
  const code =
    jsonText(json, "error", "error_code") ?? jsonText(json, "error_code") ?? jsonText(json, "errorCode") ?? ""
  const words = /^[A-Za-z]{2,10}\.[0-9]{3,8}$/.test(code) ? code : `status ${status}`
  switch (status) {
    case 400:
      // An unknown, disabled or frozen key, and one that will be deleted.
      if (/^KMS\.(0205|0209|0210|0310)$/.test(code))
        return serviceError("KEY_UNAVAILABLE", { service: huaweiService, as, words })
      return serviceError(operation === "decrypt-data" ? "KEY_CIPHERTEXT" : "KEY_ANSWER", {
        service: huaweiService,
        as,
        words,
      })
    case 401: {
      const hint = "check HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK, and the clock of this machine"
      return serviceError("KEY_NO_CREDENTIALS", { service: huaweiService, as, words, hint })
    }
    case 403:
      return serviceError("KEY_DENIED", {
        service: huaweiService,
        as,
        words,
        hint: "the right to use the key is needed",
      })
    case 404:
      return serviceError("KEY_UNAVAILABLE", { service: huaweiService, as, words })
    case 429:
      return serviceError("KEY_THROTTLED", { service: huaweiService, as, words })
    default:
      return serviceError("KEY_ANSWER", { service: huaweiService, as, words })
  }
}

function ours(recipient: Recipient): HuaweiRecipient {
  if (recipient.type !== "hckms") throw new TypeError("not a recipient of HuaweiCloud KMS")
  return recipient
}
