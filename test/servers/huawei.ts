import { createHash, createHmac } from "node:crypto"
import { ServiceKey } from "./cipher.ts"
import { type Answer, type Received, type TestServer, startServer } from "./server.ts"

/** HuaweiCloud KMS and the IAM that knows its projects. Every signature is made again and compared. */
export interface FakeHuawei {
  readonly server: TestServer
  readonly key: ServiceKey
  trouble: "disabled" | "denied" | null
}

export const huaweiUuid = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"
export const huaweiProject = "5b7bd4fa0b5c4c2e8f9d"
export const huaweiAccess = "AKCANARY000000000001"
export const huaweiSecret = "sk-canary-7f3a"

export async function startHuawei(): Promise<FakeHuawei> {
  const key = new ServiceKey()
  const answer = (request: Received): Answer => {
    const { method, path, body } = request
    if (!isSigned(request)) return failed(401, "APIGW.0301")
    const url = new URL(path, "http://x")
    if (method === "GET" && url.pathname === "/v3/projects") {
      const projects =
        url.searchParams.get("name") === "eu-west-101" ? [{ id: huaweiProject, name: "eu-west-101" }] : []
      return { status: 200, body: { projects, links: {} } }
    }
    const [, operation] = new RegExp(`^/v1\\.0/${huaweiProject}/kms/(encrypt|decrypt)-data$`).exec(url.pathname) ?? []
    if (operation === undefined || method !== "POST") return failed(404, "APIGW.0101")
    const input = JSON.parse(body.toString()) as Record<string, string | undefined>
    if (input["key_id"] !== huaweiUuid) return failed(400, "KMS.0205")
    if (input["encryption_algorithm"] !== "SYMMETRIC_DEFAULT") return failed(400, "KMS.0308")
    if (fake.trouble === "disabled") return failed(400, "KMS.0209")
    if (fake.trouble === "denied") return failed(403, "KMS.0303")
    if (operation === "encrypt") {
      const cipher_text = key.wrap(Buffer.from(input["plain_text"] ?? "", "base64")).toString("base64")
      return { status: 200, body: { key_id: huaweiUuid, cipher_text } }
    }
    const plain = key.unwrap(Buffer.from(input["cipher_text"] ?? "", "base64"))
    if (plain === null) return failed(400, "KMS.0308")
    return { status: 200, body: { key_id: huaweiUuid, plain_text: plain.toString("base64") } }
  }
  const fake: FakeHuawei = { server: await startServer(answer), key, trouble: null }
  return fake
}

/** The signature as the documentation of the gateway has it, from what came over the wire. */
function isSigned({ method, path, headers, body }: Received): boolean {
  const form = /^SDK-HMAC-SHA256 Access=(\S+), SignedHeaders=(\S+), Signature=([0-9a-f]{64})$/
  const [, access, names = "", signature] = form.exec(headers["authorization"] ?? "") ?? []
  if (access !== huaweiAccess || !names.split(";").includes("x-sdk-date")) return false
  const [pathname = "", query = ""] = path.split("?")
  const canonical = [
    method,
    pathname.endsWith("/") ? pathname : `${pathname}/`,
    query.split("&").toSorted().join("&"),
    ...names.split(";").map((name) => `${name}:${(headers[name] ?? "").trim()}`),
    "",
    names,
    createHash("sha256").update(body).digest("hex"),
  ].join("\n")
  const hash = createHash("sha256").update(canonical).digest("hex")
  const text = ["SDK-HMAC-SHA256", headers["x-sdk-date"], hash].join("\n")
  return createHmac("sha256", huaweiSecret).update(text).digest("hex") === signature
}

function failed(status: number, error_code: string): Answer {
  return { status, body: { error: { error_code, error_msg: "canary-7f3a" } } }
}
