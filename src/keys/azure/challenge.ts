import { type AppError } from "../../errors/app-error.ts"
import { serviceError } from "../service.ts"

export const azureService = "Azure Key Vault"

/** What a vault says about the token that it wants. */
export interface Challenge {
  readonly tenant: string
  /** What the token is for, as a scope. */
  readonly scope: string
  /** Further conditions of the directory, to be passed along as they are. */
  readonly claims?: string
}

const headerCharsMax = 8192
const tenantShape = /^[A-Za-z0-9.-]{1,64}$/
const hostShape = /^[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){1,10}$/

/**
 * Reads `WWW-Authenticate`. A vault can name any directory and any resource, so the resource has to be a domain that
 * the vault itself is in: otherwise a stranger's vault would get tokens for other services.
 *
 * @throws {AppError} `KEY_ANSWER`
 * @see https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses
 */
export function readChallenge(header: string, vaultHost: string): Challenge {
  if (header.length > headerCharsMax || !/^bearer /i.test(header)) throw unusable("it asks for no token")
  const parameters = new Map<string, string>()
  for (const [, name = "", value = ""] of header.matchAll(/([a-z_]{1,32})="([^"]{0,4096})"/gi)) {
    parameters.set(name.toLowerCase(), value)
  }
  const authority = parameters.get("authorization") ?? parameters.get("authorization_uri") ?? ""
  const url = URL.canParse(authority) ? new URL(authority) : null
  const tenant = url?.pathname.split("/")[1] ?? ""
  if (url?.protocol !== "https:" || !tenantShape.test(tenant)) throw unusable("it names no directory")

  const resource = (parameters.get("resource") ?? parameters.get("scope") ?? "").replace(/\/\.default$/, "")
  const resourceHost = /^https:\/\/([^/]+)\/?$/.exec(resource)?.[1]?.toLowerCase() ?? ""
  if (!hostShape.test(resourceHost)) throw unusable("it names no resource")
  if (!vaultHost.toLowerCase().endsWith(`.${resourceHost}`)) {
    throw unusable(`it asks for a token of ${resourceHost}, which it does not belong to`)
  }
  const claims = parameters.get("claims")
  return {
    tenant,
    scope: `https://${resourceHost}/.default`,
    ...(claims === undefined ? {} : { claims: decode(claims) }),
  }
}

function decode(claims: string): string {
  if (!/^[A-Za-z0-9+/_-]{1,4096}={0,2}$/.test(claims)) throw unusable("its claims are not base64")
  return Buffer.from(claims, "base64").toString("utf8")
}

function unusable(words: string): AppError {
  return serviceError("KEY_ANSWER", { service: azureService, words })
}
