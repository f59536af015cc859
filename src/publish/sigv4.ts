import { createHash, createHmac } from "node:crypto"

export interface Credentials {
  /** Public. */
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

export interface Signable {
  readonly method: string
  /** Its path is signed as it stands: already encoded, once. */
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface Scope {
  readonly region: string
  readonly service: string
  readonly now: Date
}

/**
 * The headers that a request to AWS needs to be signed: its own, the date, the digest of the body, the signature.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
export function sign(
  { method, url, headers, body }: Signable,
  { accessKeyId, secretAccessKey, sessionToken = "" }: Credentials,
  { region, service, now }: Scope,
): Record<string, string> {
  const date = now.toISOString().replaceAll(/[-:]|\.\d{3}/g, "")
  const day = date.slice(0, 8)
  const digest = sha256(body)
  const sent: Record<string, string> = {
    ...headers,
    ...(sessionToken === "" ? {} : { "x-amz-security-token": sessionToken }),
    "x-amz-content-sha256": digest,
    "x-amz-date": date,
  }
  const lines = Object.entries({ ...sent, host: url.host }).map(
    ([name, value]) => [name.toLowerCase(), value.trim()] as const,
  )
  lines.sort(([a], [b]) => (a < b ? -1 : 1))
  const names = lines.map(([name]) => name).join(";")
  const canonical = [
    method,
    url.pathname,
    canonicalQuery(url),
    ...lines.map(([name, value]) => `${name}:${value}`),
    "",
    names,
    digest,
  ].join("\n")
  const scope = `${day}/${region}/${service}/aws4_request`
  const text = ["AWS4-HMAC-SHA256", date, scope, sha256(canonical)].join("\n")
  const key = [day, region, service, "aws4_request"].reduce<string | Buffer>(
    (secret, part) => hmac(secret, part),
    `AWS4${secretAccessKey}`,
  )
  const credential = `Credential=${accessKeyId}/${scope}`
  const signature = `Signature=${hmac(key, text).toString("hex")}`
  return { ...sent, authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names}, ${signature}` }
}

function canonicalQuery({ searchParams }: URL): string {
  const pairs = [...searchParams].map(([name, value]) => `${encode(name)}=${encode(value)}`)
  return pairs.toSorted().join("&")
}

/** All but unreserved characters (RFC 3986). */
export function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest()
}

function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex")
}
