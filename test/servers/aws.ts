import { createHash, createHmac } from "node:crypto"
import { ServiceKey } from "./cipher.ts"
import { type TestProxy, startProxy } from "./proxy.ts"
import { type Answer, type Received, type TestServer, startServer } from "./server.ts"

/** AWS KMS and STS in one. Every signature is made again and compared; credentials are known or refused. */
export interface FakeAws {
  readonly server: TestServer
  /** The same services at their real names, for clients that go through this proxy. */
  readonly proxy: TestProxy
  readonly key: ServiceKey
  /** By access key. */
  readonly users: Map<string, AwsUser>
  trouble: "disabled" | "denied" | "throttled" | null
  /** Session names of assumed roles. */
  readonly sessions: string[]
  close(): Promise<void>
}

interface KmsInput {
  readonly KeyId?: string
  readonly Plaintext?: string
  readonly CiphertextBlob?: string
  readonly EncryptionContext?: Readonly<Record<string, string>>
}

export interface AwsUser {
  readonly arn: string
  readonly secretKey: string
  readonly sessionToken?: string
}

export const awsAccess = "AKIACANARY0000000001"
export const awsSecret = "sk/canary-7f3a"
export const awsUser = "arn:aws:iam::123456789012:user/alice"
export const awsKey = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
export const awsRole = "arn:aws:iam::123456789012:role/deploy"

export async function startAws(): Promise<FakeAws> {
  const key = new ServiceKey()
  const users = new Map<string, AwsUser>([[awsAccess, { arn: awsUser, secretKey: awsSecret }]])
  const sessions: string[] = []

  const answer = (request: Received): Answer => {
    const { scope, user } = identify(request, users)
    const target = request.headers["x-amz-target"] ?? ""
    if (!target.startsWith("TrentService.")) return user === null ? refusedBySts() : sts(request, user)
    if (user === null) return failed("UnrecognizedClientException")
    if (scope !== "eu-west-1/kms") return failed("InvalidSignatureException")
    if (fake.trouble === "throttled") return failed("ThrottlingException")
    if (fake.trouble === "denied") {
      const message = `User: ${user.arn} is not authorized to perform: kms:Decrypt because canary-7f3a`
      return failed("AccessDeniedException", message)
    }
    const input = JSON.parse(request.body.toString()) as KmsInput
    if (input.KeyId !== awsKey) return failed("NotFoundException")
    if (fake.trouble === "disabled") return failed("DisabledException")
    const context = awsContext(input.EncryptionContext)
    const bytes = (text: string | undefined): Buffer => Buffer.from(text ?? "", "base64")
    if (target.endsWith(".Encrypt")) {
      const CiphertextBlob = key.wrap(bytes(input.Plaintext), context).toString("base64")
      return { status: 200, body: { CiphertextBlob, KeyId: awsKey, EncryptionAlgorithm: "SYMMETRIC_DEFAULT" } }
    }
    const plain = key.unwrap(bytes(input.CiphertextBlob), context)
    // As the real one: without a word.
    if (plain === null) return failed("InvalidCiphertextException")
    return { status: 200, body: { Plaintext: plain.toString("base64"), KeyId: awsKey } }
  }

  const sts = ({ body }: Received, user: AwsUser): Answer => {
    const form = new URLSearchParams(body.toString())
    if (form.get("Action") === "GetCallerIdentity") {
      return xml(`<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>${user.arn}</Arn><UserId>A</UserId>
        <Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)
    }
    const name = form.get("RoleSessionName") ?? ""
    if (form.get("RoleArn") !== awsRole) {
      const Message = `User: ${user.arn} is not authorized to perform: sts:AssumeRole canary-7f3a`
      return xml(
        `<ErrorResponse><Error><Code>AccessDenied</Code><Message>${Message}</Message></Error></ErrorResponse>`,
        403,
      )
    }
    sessions.push(name)
    const access = "ASIACANARY0000000002"
    const arn = `arn:aws:sts::123456789012:assumed-role/deploy/${name}`
    users.set(access, { arn, secretKey: "sk2-canary-7f3a", sessionToken: "st-canary-7f3a" })
    return xml(`<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>${access}</AccessKeyId>
      <SecretAccessKey>sk2-canary-7f3a</SecretAccessKey><SessionToken>st-canary-7f3a</SessionToken>
      <Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`)
  }

  const server = await startServer(answer)
  const behind = await startServer(answer, { isTls: true })
  const proxy = await startProxy(behind.port)
  const fake: FakeAws = {
    server,
    proxy,
    key,
    users,
    trouble: null,
    sessions,
    async close() {
      await Promise.all([proxy.close(), behind.close(), server.close()])
    },
  }
  return fake
}

/** What a wrapped key of this server is bound to. */
export function awsContext(context: Readonly<Record<string, string>> = {}): string {
  return JSON.stringify(Object.entries(context).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** Who signed, by the rules of Signature Version 4; `null` for a signature that is not right. */
export function identify(
  { method, path, headers, body }: Received,
  users: ReadonlyMap<string, AwsUser>,
): { scope: string; user: AwsUser | null } {
  const form =
    /^AWS4-HMAC-SHA256 Credential=([A-Z0-9]+)\/(\d{8})\/([^/]+\/[^/]+)\/aws4_request, SignedHeaders=(\S+), Signature=([0-9a-f]{64})$/
  const [, access = "", day = "", scope = "", names = "", signature] = form.exec(headers["authorization"] ?? "") ?? []
  const user = users.get(access)
  const isTokenRight = user?.sessionToken === headers["x-amz-security-token"]
  if (user === undefined || !isTokenRight) return { scope, user: null }
  const [pathname = "", query = ""] = path.split("?")
  const sha256 = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex")
  const canonical = [
    method,
    pathname,
    query,
    ...names.split(";").map((name) => `${name}:${(headers[name] ?? "").trim().replaceAll(/ +/g, " ")}`),
    "",
    names,
    sha256(body),
  ].join("\n")
  const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest()
  const text = ["AWS4-HMAC-SHA256", headers["x-amz-date"], `${day}/${scope}/aws4_request`, sha256(canonical)].join("\n")
  const signingKey = [...scope.split("/"), "aws4_request"].reduce(hmac, hmac(`AWS4${user.secretKey}`, day))
  return { scope, user: hmac(signingKey, text).toString("hex") === signature ? user : null }
}

function failed(name: string, message = ""): Answer {
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amzn-requestid": "1" }
  return { status: 400, headers, body: JSON.stringify({ __type: name, message }) }
}

function refusedBySts(): Answer {
  const text =
    "<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>canary-7f3a</Message></Error></ErrorResponse>"
  return xml(text, 403)
}

function xml(body: string, status = 200): Answer {
  return { status, headers: { "content-type": "text/xml" }, body }
}
