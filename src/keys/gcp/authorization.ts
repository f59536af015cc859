import { AppError } from "../../errors/app-error.ts"
import { parseJson } from "../http/json.ts"
import { type KeyContext } from "../provider.ts"
import { serviceError } from "../service.ts"

export const gcpService = "GCP KMS"

/** What a request needs to be let in, and who lets it. */
export interface Authorization {
  readonly headers: Readonly<Record<string, string>>
  /** For errors: a service account, or where the credentials came from. */
  readonly as: string
}

/**
 * The user's credentials, in upstream's order: GOOGLE_CREDENTIALS, GOOGLE_OAUTH_ACCESS_TOKEN, then what Google's own
 * library finds. That library is loaded only when a token has to be made.
 *
 * @throws {AppError} `KEY_NO_CREDENTIALS` or `ENVIRONMENT_INVALID`
 * @see sops v3.13.2 gcpkms/keysource.go, newKMSClient
 */
export async function authorize(endpoint: Endpoint, context: KeyContext): Promise<Authorization> {
  const named = context.env("GOOGLE_CREDENTIALS") ?? ""
  const token = context.env("GOOGLE_OAUTH_ACCESS_TOKEN") ?? ""
  if (named === "" && token !== "") {
    if (!/^[\x21-\x7e]{1,16384}$/.test(token)) throw invalid("GOOGLE_OAUTH_ACCESS_TOKEN holds what no token has")
    return { headers: { authorization: `Bearer ${token}` }, as: "the token of GOOGLE_OAUTH_ACCESS_TOKEN" }
  }
  const credentials = named === "" ? null : await readCredentials(named, context)
  const { authorizeByLibrary } = await import("./library.ts")
  return authorizeByLibrary(credentials, endpoint, context)
}

/** A path of a file, or the JSON itself. */
async function readCredentials(text: string, context: KeyContext): Promise<object> {
  const file = text.trimStart().startsWith("{") ? null : await context.readFile(text)
  const json = parseJson(file ?? text)
  if (typeof json === "object" && json !== null && !Array.isArray(json)) return json
  throw serviceError("KEY_NO_CREDENTIALS", {
    service: gcpService,
    words: "GOOGLE_CREDENTIALS is neither a file nor JSON",
    hint: "name the file of a service account key, or unset it",
  })
}

function invalid(subject: string): AppError {
  return new AppError("ENVIRONMENT_INVALID", {}, { subject })
}

const defaultUniverse = "googleapis.com"
const address = /^(https?:\/\/)?([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:]{2,45}\])(:[0-9]{1,5})?\/?$/
const domain = /^[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,10}$/

/** Where Cloud KMS is. */
export interface Endpoint {
  readonly origin: string
  /** The universe that the credentials have to belong to; `null` when an address was named, which decides alone. */
  readonly universe: string | null
}

/**
 * @throws {AppError} `ENVIRONMENT_INVALID`
 * @see sops v3.13.2 gcpkms/keysource.go, newKMSClient
 */
export function endpointOf({ env }: Pick<KeyContext, "env">): Endpoint {
  const named = env("SOPS_GCP_KMS_ENDPOINT") ?? ""
  if (named !== "") {
    const [, scheme = "https://", host, port = ""] = address.exec(named) ?? []
    if (host === undefined) throw invalid("SOPS_GCP_KMS_ENDPOINT is neither a host nor an address")
    return { origin: `${scheme}${host}${port}`, universe: null }
  }
  const universe = env("SOPS_GCP_KMS_UNIVERSE_DOMAIN") || env("GOOGLE_CLOUD_UNIVERSE_DOMAIN") || defaultUniverse
  if (!domain.test(universe)) throw invalid("SOPS_GCP_KMS_UNIVERSE_DOMAIN is not a domain")
  return { origin: `https://cloudkms.${universe}`, universe }
}
