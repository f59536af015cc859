import { createHash, createHmac } from "node:crypto"
import { isIP } from "node:net"
import { SignatureV4 } from "@smithy/signature-v4"
import { AppError } from "../errors/app-error.ts"
import { credentialsFor, defaultRegion } from "../keys/aws/credentials.ts"
import { sendPatiently } from "../keys/http/patience.ts"
import { type KeyContext } from "../keys/provider.ts"
import { checkAddress, checkBucket, objectName, uploadFailed, uploading } from "./upload.ts"

const service = "Amazon S3"

interface S3Object {
  readonly bucket: string
  /** As the config has it, and as the file is called: both together are the key of the object. */
  readonly prefix: string
  readonly name: string
  readonly bytes: Uint8Array
}

/**
 * Puts an object into a bucket, with the credentials and the region that the AWS tools would use.
 *
 * @throws {AppError} `PUBLISH_NAME` before any request, `PUBLISH_FAILED`
 */
export async function putS3(object: S3Object, context: KeyContext): Promise<void> {
  const { bucket, prefix, name, bytes } = object
  checkBucket(bucket, "s3")
  const key = objectName(prefix, name)
  const region = await regionOf(context)
  const url = urlOf({ bucket, key, region }, context)
  const hint = `check that the bucket is in the region ${region} (AWS_REGION)`
  await uploading(async () => {
    const credentials = await login(region, context)
    const request = { method: "PUT", url, headers: { "content-type": "application/octet-stream" }, body: bytes }
    const headers = await signForAws(request, credentials, { region, service: "s3", now: context.now() })
    const answer = await sendPatiently({ ...request, service, headers }, context)
    if (answer.status !== 200) throw failure(answer, region)
  }, hint)
}

async function regionOf(context: KeyContext): Promise<string> {
  const region = await defaultRegion(context)
  if (region !== null && /^[a-z0-9-]{1,32}$/.test(region)) return region
  throw uploadFailed({
    service,
    words: region === null ? "no region is set" : "the name of the region is not valid",
    hint: "set AWS_REGION to the region of the bucket",
  })
}

async function login(region: string, context: KeyContext): Promise<Credentials> {
  try {
    return await credentialsFor({ region, profile: null, role: "" }, context)
  } catch (error) {
    if (error instanceof AppError) throw error
    // Texts of the SDK are not shown: they quote files.
    throw uploadFailed({
      service,
      words: "no credentials were found, or they expired",
      hint: "log in, for example with `aws sso login`, or check AWS_PROFILE and the keys in the environment",
    })
  }
}

/**
 * The bucket is in the name of the host where it can be one, else in the path, as in Amazon's own libraries.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 */
function urlOf({ bucket, key, region }: { bucket: string; key: string; region: string }, context: KeyContext): URL {
  const path = key.split("/").map(encode).join("/")
  const isHostName = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(bucket)
  const named = endpointOf(context)
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
  const base = named ?? new URL(`https://s3.${region}.${domain}`)
  const host = base.hostname.replace(/^\[|\]$/g, "")
  const isVirtual = isHostName && isIP(host) === 0 && host !== "localhost"
  const folder = base.pathname.replace(/\/$/, "")
  return isVirtual
    ? new URL(`${base.protocol}//${bucket}.${base.host}${folder}/${path}`)
    : new URL(`${base.origin}${folder}/${bucket}/${path}`)
}

function endpointOf(context: KeyContext): URL | null {
  const env = (name: string): string | undefined => context.env(name)
  if (env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")?.toLowerCase() === "true") return null
  const name = (env("AWS_ENDPOINT_URL_S3") ?? "") === "" ? "AWS_ENDPOINT_URL" : "AWS_ENDPOINT_URL_S3"
  const address = env(name) ?? ""
  return address === "" ? null : checkAddress(address, name)
}

const causes: ReadonlyMap<string, string> = new Map([
  ["AccessDenied", "access is denied"],
  ["NoSuchBucket", "there is no such bucket"],
  ["InvalidAccessKeyId", "the access key is not known"],
  ["SignatureDoesNotMatch", "the secret key is wrong"],
  ["ExpiredToken", "the credentials expired"],
  ["InvalidToken", "the session token is not valid"],
  ["AuthorizationHeaderMalformed", "the bucket is in another region"],
  ["RequestTimeTooSkewed", "the clock of this machine is wrong"],
  ["SlowDown", "it is throttling requests"],
])

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
function failure({ status, body }: { status: number; body: Buffer }, region: string): AppError {
  const code = /<Code>([A-Za-z]{1,60})<\/Code>/.exec(body.subarray(0, 4096).toString("latin1"))?.[1]
  const cause = code === undefined ? undefined : causes.get(code)
  const words = cause ?? `it answered with status ${status}`
  const hint =
    status === 403
      ? "the policy of the caller has to allow s3:PutObject"
      : `check the bucket and its region (here ${region})`
  return uploadFailed({ service, words: code === undefined ? words : `${words} (${code})`, hint })
}

interface Credentials {
  /** Public. */
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

interface AwsRequest {
  readonly method: string
  /** Its path is signed as it is: already encoded, once. */
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

interface Scope {
  readonly region: string
  readonly service: string
  readonly now: Date
}

/**
 * The headers that a request to AWS needs to be signed: its own, the date, the digest of the body, the signature.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
export async function signForAws(
  { method, url, headers, body }: AwsRequest,
  credentials: Credentials,
  { region, service, now }: Scope,
): Promise<Record<string, string>> {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  const signer = new SignatureV4({
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
    region,
    service,
    sha256: Sha256,
    uriEscapePath: false,
  })
  const request = {
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { ...headers, host: url.host },
    body,
  }
  const { host: _, ...signed } = (await signer.sign(request, { signingDate: now })).headers
  return signed
}

/** What the package asks of a hash, by this runtime's. */
class Sha256 {
  readonly #hash

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", bytesOf(secret))
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data))
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }

  reset(): void {}
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === "string") return Buffer.from(data)
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data)
}

/** All but unreserved characters (RFC 3986). */
export function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}
