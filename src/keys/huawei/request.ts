import { createHash, createHmac } from "node:crypto"
import { AppError } from "../../errors/app-error.ts"
import { type KeyContext } from "../provider.ts"

/** Regions that have a KMS, as of the SDK that upstream uses. */
const regions: ReadonlySet<string> = new Set(
  (
    "eu-west-101 cn-north-4 cn-north-1 cn-north-2 cn-east-2 cn-east-3 cn-south-1 cn-south-2 af-south-1 " +
    "cn-southwest-2 ap-southeast-2 ap-southeast-1 ap-southeast-3 la-south-2 sa-brazil-1 na-mexico-1 la-north-2 " +
    "cn-north-9 ap-southeast-4 tr-west-1 ae-ad-1 my-kualalumpur-1 ru-moscow-1 cn-east-5 cn-east-4 me-east-1 " +
    "ap-southeast-5 cn-south-4 cn-north-12 cn-north-11 af-north-1 cn-southwest-3"
  ).split(" "),
)
/** Regions with an IAM of their own; the others share one. */
const withIam: ReadonlySet<string> = new Set(
  (
    "cn-north-2 cn-north-4 cn-north-1 cn-east-2 cn-east-3 cn-south-1 cn-south-2 cn-southwest-2 ap-southeast-1 " +
    "ap-southeast-2 ap-southeast-3 af-south-1 sa-brazil-1 la-south-2 na-mexico-1 la-north-2 cn-north-9 eu-west-0 " +
    "my-kualalumpur-1 ru-moscow-1 me-east-1 ap-southeast-4 ae-ad-1 cn-east-4 cn-east-5 tr-west-1 cn-north-12"
  ).split(" "),
)

/**
 * Where the KMS of a region is: as `HUAWEICLOUD_SDK_REGION_KMS_<REGION>` says, else the address that is known.
 *
 * @throws {AppError} `ENVIRONMENT_INVALID`; `RECIPIENT_INVALID` for a region that is not known
 * @see huaweicloud-sdk-go-v3 v0.1.202 services/kms/v2/region
 */
export function kmsOrigin(region: string, { env }: Pick<KeyContext, "env">): string {
  const variable = `HUAWEICLOUD_SDK_REGION_KMS_${region.replaceAll("-", "_").toUpperCase()}`
  const [named = ""] = (env(variable) ?? "").split(",")
  if (named !== "") return originOf(named.trim(), variable)
  if (regions.has(region)) return `https://kms.${region}.myhuaweicloud.${region === "eu-west-101" ? "eu" : "com"}`
  const hint = `name its address in ${variable}`
  throw new AppError("RECIPIENT_INVALID", {}, { subject: `the region ${region} is not known`, hint })
}

/** @see huaweicloud-sdk-go-v3 v0.1.202 core/auth/internal/iam_helper.go, GetIamEndpointById */
export function iamOrigin(region: string, { env }: Pick<KeyContext, "env">): string {
  const variable = "HUAWEICLOUD_SDK_IAM_ENDPOINT"
  const named = env(variable) ?? ""
  if (named !== "") return originOf(/^https?:\/\//.test(named) ? named : `https://${named}`, variable)
  return withIam.has(region) ? `https://iam.${region}.myhuaweicloud.com` : "https://iam.myhuaweicloud.com"
}

function originOf(text: string, variable: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url !== null && /^https?:$/.test(url.protocol) && url.pathname === "/" && url.username === "") return url.origin
  throw new AppError("ENVIRONMENT_INVALID", {}, { subject: `${variable} is not an address` })
}

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
