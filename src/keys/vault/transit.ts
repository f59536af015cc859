import { jsonField, parseJson, jsonText } from "../http/json.ts"
import { sendPatiently } from "../http/patience.ts"
import { type HttpAnswer } from "../http/request.ts"
import { type KeyContext } from "../provider.ts"
import { serviceError } from "../service.ts"
import { sessionMemo } from "../session-memo.ts"
import { type VaultRecipient, type VaultServer, serverFor } from "./address.ts"
import { type VaultSettings, readSettings, type VaultToken, findToken } from "./settings.ts"

export const vaultService = "Vault"

/** 412: a standby that has not yet seen what was written; 503 is a sealed server, which no wait opens. */
const retried = [412, 429, 502, 504]

const settingsOf = sessionMemo<VaultSettings>()

/** One user at one server. */
export interface Vault {
  readonly server: VaultServer
  /** `null`: an agent adds its own. */
  readonly token: VaultToken | null
  readonly settings: VaultSettings
  readonly context: KeyContext
}

/** @throws {AppError} `KEY_ADDRESS_REFUSED`, `KEY_NO_CREDENTIALS`, `ENVIRONMENT_INVALID`, all before any request */
export async function openVault(recipient: VaultRecipient, context: KeyContext): Promise<Vault> {
  const server = await serverFor(recipient, context)
  const [settings, token] = await Promise.all([
    settingsOf(context, "", () => readSettings(context)),
    findToken(recipient.vaultAddress, context),
  ])
  if (token === null && (context.env("VAULT_AGENT_ADDR") ?? "") === "") {
    throw serviceError("KEY_NO_CREDENTIALS", {
      service: vaultService,
      words: "there is no VAULT_TOKEN, no token helper and no ~/.vault-token",
      hint: "log in with `vault login`, or set VAULT_TOKEN",
    })
  }
  return { server, token, settings, context }
}

interface VaultQuestion {
  readonly method: "GET" | "PUT"
  /** Names, each of which becomes one part of the path. */
  readonly path: readonly string[]
  /** A text is JSON already. */
  readonly body?: Readonly<Record<string, string>> | string
  readonly bytesMax?: number
}

/** One call of the API. */
export function ask(
  { server, token, settings, context }: Vault,
  { method, path, body, bytesMax }: VaultQuestion,
): Promise<HttpAnswer> {
  const url = new URL(`${server.origin}/v1/${path.map((part) => encodeURIComponent(part)).join("/")}`)
  const headers = {
    ...settings.headers,
    "X-Vault-Request": "true",
    ...(token === null ? {} : { "X-Vault-Token": token.text }),
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  }
  const { socketPath } = server
  return sendPatiently(
    {
      service: vaultService,
      method,
      url,
      headers,
      tls: settings.tls,
      ...(settings.proxy === undefined ? {} : { proxy: settings.proxy }),
      ...(socketPath === undefined ? {} : { socketPath }),
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      ...(bytesMax === undefined ? {} : { bytesMax }),
    },
    context,
    { retried },
  )
}

/** The text of a field of the answer's `data`. @throws {AppError} what the answer means when it is a failure */
export async function dataOf(
  vault: Vault,
  recipient: VaultRecipient,
  answer: HttpAnswer,
  name: string,
): Promise<string> {
  if (answer.status !== 200) throw await failure(vault, recipient, answer)
  const text = jsonText(parseJson(answer.body), "data", name)
  if (text !== null) return text
  throw serviceError("KEY_ANSWER", { service: vaultService, words: `it answered without ${name}` })
}

async function failure(vault: Vault, { enginePath, keyName }: VaultRecipient, answer: HttpAnswer): Promise<Error> {
  const as = vault.token?.source
  const said = complaints(answer)
  switch (answer.status) {
    case 400:
      return badRequest(said, { as, key: `the key ${keyName} of ${enginePath}` })
    case 403:
      return denied(vault, `${enginePath}/keys/${keyName}`)
    case 404:
      return serviceError("KEY_UNAVAILABLE", {
        service: vaultService,
        as,
        words: `there is no transit engine at ${enginePath}, or no key ${keyName} in it`,
        hint: "check the path and VAULT_NAMESPACE",
      })
    case 429:
      return serviceError("KEY_THROTTLED", { service: vaultService, as })
    case 503:
      return serviceError("KEY_UNAVAILABLE", { service: vaultService, as, words: "it is sealed or under maintenance" })
    default:
      return serviceError("KEY_ANSWER", { service: vaultService, as, words: `status ${answer.status}` })
  }
}

function badRequest(said: string, { as, key }: { as: string | undefined; key: string }): Error {
  if (said.includes("missing client token")) {
    const hint = "log in with `vault login`, or set VAULT_TOKEN"
    return serviceError("KEY_NO_CREDENTIALS", { service: vaultService, as, words: "it got no token", hint })
  }
  if (said.includes("encryption key not found")) {
    return serviceError("KEY_UNAVAILABLE", {
      service: vaultService,
      as,
      words: `there is no ${key.slice("the ".length)}`,
    })
  }
  if (said.includes("disallowed by policy")) {
    const words = `${key} no longer unwraps with that version`
    return serviceError("KEY_UNAVAILABLE", {
      service: vaultService,
      as,
      words,
      hint: "lower its min_decryption_version",
    })
  }
  if (/invalid ciphertext|message authentication failed|(unable to|could not|failed to) de(crypt|code)/.test(said)) {
    return serviceError("KEY_CIPHERTEXT", { service: vaultService, as, words: `it was not made by ${key}` })
  }
  return serviceError("KEY_ANSWER", { service: vaultService, as, words: "status 400" })
}

/** Vault says the same to a token without rights and to one that has expired: the token itself is asked which it is. */
async function denied(vault: Vault, key: string): Promise<Error> {
  const self = await ask(vault, { method: "GET", path: ["auth", "token", "lookup-self"] }).catch(() => null)
  const source = vault.token?.source
  if (self?.status === 403) {
    const hint = "log in again with `vault login`"
    return serviceError("KEY_NO_CREDENTIALS", {
      service: vaultService,
      as: source,
      words: "the token is not valid or expired",
      hint,
    })
  }
  const name = self === null ? null : jsonText(parseJson(self.body), "data", "display_name")
  const as = name !== null && /^[\w.@:/-]{1,100}$/.test(name) ? `${name}, by ${source}` : source
  return serviceError("KEY_DENIED", {
    service: vaultService,
    as,
    hint: `its policies have to allow "update" for ${key}`,
  })
}

/** What Vault complains about, to be looked into and never to be shown. */
function complaints({ body }: HttpAnswer): string {
  const errors = jsonField(parseJson(body), "errors")
  return Array.isArray(errors) ? errors.filter((error) => typeof error === "string").join("\n") : ""
}
