import { withoutSlash } from "../kind.ts"
import { decodeBase64Url } from "../../core/base64.ts"
import { type Recipient } from "../../core/recipient.ts"
import { AppError } from "../../errors/app-error.ts"
import { type Json, jsonField, parseJson, jsonText } from "../http/json.ts"
import { sendPatiently } from "../http/patience.ts"
import { type HttpAnswer } from "../http/request.ts"
import { type KeyContext, type KeyProvider } from "../provider.ts"
import { callForDataKey, callService, checkEncLength, dataKeyFrom, serviceError } from "../service.ts"
import { sessionMemo } from "../session-memo.ts"
import { type Challenge, readChallenge, azureService } from "./challenge.ts"
import { type AzureToken } from "./credential.ts"

type AzureRecipient = Extract<Recipient, { type: "azure_kv" }>

const apiVersion = "2025-07-01"
const algorithm = "RSA-OAEP-256"
/** What RSA makes of a data key: as long as its modulus, 2048 to 8192 bits. */
const wrapped = { bytesMin: 256, bytesMax: 1024 } as const

/**
 * Azure Key Vault. Only the rights to encrypt and decrypt are needed, and the right to look at the key where its version
 * is not named.
 *
 * @see sops v3.13.2 azkv/keysource.go
 */
export const azure: KeyProvider = {
  complete(recipient, context) {
    const named = ours(recipient)
    if (named.version !== "") return Promise.resolve(named)
    return callService({ service: azureService, recipient, context }, (context) => newestVersion(named, context))
  },

  wrap(dataKey, recipient, context) {
    const to = ours(recipient)
    return callService({ service: azureService, recipient, context }, async (context) => {
      const value = dataKey.use((bytes) => Buffer.from(bytes).toString("base64url"))
      const answer = await operate(to, { operation: "encrypt", value }, context)
      const bytes = decode(jsonText(answer, "value") ?? "")
      if (bytes !== null && bytes.length >= wrapped.bytesMin && bytes.length <= wrapped.bytesMax) {
        return bytes.toString("base64url")
      }
      throw serviceError("KEY_ANSWER", {
        service: azureService,
        words: "what it sends is not a wrapped data key",
      })
    })
  },

  unwrap({ recipient, enc }, context) {
    const from = ours(recipient)
    return callForDataKey({ service: azureService, recipient, context }, async (context) => {
      checkEncLength(enc)
      const value = enc.trim()
      if (decode(value) === null) {
        throw new AppError("STANZA_INVALID", {}, { subject: "it is not base64url without padding" })
      }
      const answer = await operate(from, { operation: "decrypt", value }, context)
      const bytes = decode(jsonText(answer, "value") ?? "")
      if (bytes === null)
        throw serviceError("KEY_ANSWER", { service: azureService, words: "what it unwrapped is not base64url" })
      return dataKeyFrom(bytes, azureService)
    })
  },
}

function decode(text: string): Buffer | null {
  return text === "" ? null : decodeBase64Url(text)
}

const versions = sessionMemo<AzureRecipient>()

/** The version has to be in the file: the newest one is another one tomorrow. */
function newestVersion(recipient: AzureRecipient, context: KeyContext): Promise<AzureRecipient> {
  const { vaultUrl, name } = recipient
  return versions(context, JSON.stringify([vaultUrl, name]), async () => {
    const answer = await askWithToken(recipient, { method: "GET", path: [name, ""] }, context)
    const identifier = jsonText(answer, "key", "kid") ?? ""
    const version = versionIn(identifier, recipient)
    if (version !== null) return { ...recipient, version }
    throw serviceError("KEY_ANSWER", {
      service: azureService,
      words: "it answered for another key, or without a version",
    })
  })
}

/** @param identifier - `https://VAULT/keys/NAME/VERSION`, from the vault */
function versionIn(identifier: string, { vaultUrl, name }: AzureRecipient): string | null {
  const start = `${withoutSlash(vaultUrl)}/keys/${name}/`
  if (identifier.slice(0, start.length).toLowerCase() !== start.toLowerCase()) return null
  const version = identifier.slice(start.length)
  return /^[A-Za-z0-9]{1,64}$/.test(version) ? version : null
}

interface Operation {
  readonly operation: "encrypt" | "decrypt"
  readonly value: string
}

async function operate(recipient: AzureRecipient, question: Operation, context: KeyContext): Promise<Json> {
  const { name, version } = recipient
  const { operation, value } = question
  const path = version === "" ? [name, operation] : [name, version, operation]
  const answer = await askWithToken(recipient, { method: "POST", path, body: { alg: algorithm, value } }, context)
  const used = versionIn(jsonText(answer, "kid") ?? "", recipient)
  if (used !== null && (version === "" || used.toLowerCase() === version.toLowerCase())) return answer
  throw serviceError("KEY_ANSWER", { service: azureService, words: "it answered for another key" })
}

interface AzureQuestion {
  readonly method: "GET" | "POST"
  /** Below `/keys/`. */
  readonly path: readonly string[]
  readonly body?: Readonly<Record<string, string>>
}

const challenges = sessionMemo<Challenge>()

/** The vault says first which token it wants; nothing is sent to it until that was found good. */
async function askWithToken(recipient: AzureRecipient, question: AzureQuestion, context: KeyContext): Promise<Json> {
  const origin = withoutSlash(recipient.vaultUrl)
  const path = question.path.map((part) => encodeURIComponent(part)).join("/")
  const url = new URL(`${origin}/keys/${path}?api-version=${apiVersion}`)
  const send = (token: AzureToken | null): Promise<HttpAnswer> => {
    const { body } = question
    const withBody = token !== null && body !== undefined
    const headers = {
      accept: "application/json",
      ...(token === null ? {} : { authorization: `Bearer ${token.text}` }),
      ...(withBody ? { "content-type": "application/json" } : {}),
      ...(question.method === "POST" && !withBody ? { "content-length": "0" } : {}),
    }
    const content = withBody ? { body: JSON.stringify(body) } : {}
    return sendPatiently({ service: azureService, method: question.method, url, headers, ...content }, context)
  }
  const { tokenFor } = await import("./credential.ts")
  const challenge = await challenges(context, url.host, async () => {
    const answer = await send(null)
    if (answer.status !== 401) throw failure(answer, undefined)
    return readChallenge(answer.headers["www-authenticate"] ?? "", url.hostname)
  })
  let token = await tokenFor(challenge, context)
  let answer = await send(token)
  const again = answer.status === 401 ? (answer.headers["www-authenticate"] ?? "") : ""
  // The directory may have new conditions, which it names once.
  if (/claims=/.test(again)) {
    token = await tokenFor(readChallenge(again, url.hostname), context)
    answer = await send(token)
  }
  if (answer.status === 200) return parseJson(answer.body)
  throw failure(answer, token.as)
}

/** @see https://learn.microsoft.com/azure/key-vault/general/rest-error-codes */
function failure({ status, body }: HttpAnswer, as: string | undefined): AppError {
  const error = jsonField(parseJson(body), "error")
  const inner = jsonText(error, "innererror", "code") ?? jsonText(error, "innererror", "innererror", "code") ?? ""
  switch (status) {
    case 400:
      return serviceError("KEY_CIPHERTEXT", { service: azureService, as, words: "status 400" })
    case 401: {
      const hint = "log in again with `az login`"
      return serviceError("KEY_NO_CREDENTIALS", {
        service: azureService,
        as,
        words: "it does not accept the token",
        hint,
      })
    }
    case 403:
      if (/^Key(Disabled|Expired|NotYetValid)$/.test(inner)) {
        return serviceError("KEY_UNAVAILABLE", {
          service: azureService,
          as,
          words: inner,
          hint: "enable the version of the key",
        })
      }
      return serviceError("KEY_DENIED", {
        service: azureService,
        as,
        words: /^[A-Za-z]{1,60}$/.test(inner) ? inner : undefined,
        hint: "the role Key Vault Crypto User, or the rights encrypt and decrypt, are needed on the key",
      })
    case 404:
    case 409:
      return serviceError("KEY_UNAVAILABLE", {
        service: azureService,
        as,
        words: "there is no such key, or it was deleted",
      })
    case 429:
      return serviceError("KEY_THROTTLED", { service: azureService, as })
    default:
      return serviceError("KEY_ANSWER", { service: azureService, as, words: `status ${status}` })
  }
}

function ours(recipient: Recipient): AzureRecipient {
  if (recipient.type !== "azure_kv") throw new TypeError("not a recipient of Azure Key Vault")
  return recipient
}
