import { AppError } from "../../errors/app-error.ts"
import { parseJson } from "../http/json.ts"
import { type KeyContext } from "../provider.ts"
import { serviceError } from "../service.ts"
import { type Endpoint } from "./endpoint.ts"

export const service = "GCP KMS"

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
    service,
    words: "GOOGLE_CREDENTIALS is neither a file nor JSON",
    hint: "name the file of a service account key, or unset it",
  })
}

function invalid(subject: string): AppError {
  return new AppError("ENVIRONMENT_INVALID", {}, { subject })
}
