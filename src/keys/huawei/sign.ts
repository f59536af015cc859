import { createHash, createHmac } from "node:crypto"

export interface HuaweiCredentials {
  /** Public. */
  readonly accessKey: string
  readonly secretKey: string
  readonly securityToken: string
}

interface Signable {
  readonly method: string
  readonly url: URL
  /** Those that are sent, without content-type; host and date are added. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const algorithm = "SDK-HMAC-SHA256"

/**
 * The headers that a request needs to be signed: its own, the date and the signature.
 *
 * @see https://support.huaweicloud.com/intl/en-us/devg-apisign/api-sign-algorithm.html
 */
export function signForHuawei(
  { method, url, headers, body }: Signable,
  { accessKey, secretKey, securityToken }: HuaweiCredentials,
  now: Date,
): Record<string, string> {
  const date = now.toISOString().replaceAll(/[-:]|\.\d{3}/g, "")
  const sent: Record<string, string> = {
    ...headers,
    ...(securityToken === "" ? {} : { "X-Security-Token": securityToken }),
    "X-Sdk-Date": date,
  }
  const lines = Object.entries({ ...sent, host: url.host }).map(([name, value]) => [name.toLowerCase(), value.trim()])
  lines.sort(([a = ""], [b = ""]) => (a < b ? -1 : 1))
  const names = lines.map(([name]) => name).join(";")
  const canonical = [
    method,
    withSlash(url.pathname),
    canonicalQuery(url),
    ...lines.map(([name, value]) => `${name}:${value}`),
    "",
    names,
    sha256(body),
  ].join("\n")
  const signature = createHmac("sha256", secretKey)
    .update([algorithm, date, sha256(canonical)].join("\n"))
    .digest("hex")
  return { ...sent, Authorization: `${algorithm} Access=${accessKey}, SignedHeaders=${names}, Signature=${signature}` }
}

/** The path is signed with a slash at its end, and sent without. */
function withSlash(path: string): string {
  return path.endsWith("/") ? path : `${path}/`
}

function canonicalQuery({ searchParams }: URL): string {
  const pairs = [...searchParams].map(([name, value]) => `${escape(name)}=${escape(value)}`)
  return pairs.toSorted().join("&")
}

/** All but unreserved characters (RFC 3986). */
function escape(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex")
}
