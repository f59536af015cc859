import { createVerify, generateKeyPairSync } from "node:crypto"
import { type Answer, type Received, type TestServer, startServer } from "./server.ts"
import { ServiceKey } from "./cipher.ts"
import { type TestProxy, startProxy } from "./proxy.ts"

/** Cloud KMS over REST, and the places where its tokens come from: a metadata server, a token exchange, a signed token. */
export interface FakeGcp {
  readonly server: TestServer
  /** The same service at its real name, for clients that go through this proxy. */
  readonly proxy: TestProxy
  readonly key: ServiceKey
  /** Bearer tokens that are good, and what they may. */
  readonly tokens: Map<string, { readonly isDenied?: boolean }>
  /** A credentials file of a service account that this server knows. */
  readonly serviceAccount: Readonly<Record<string, string>>
  disabled: boolean
  close(): Promise<void>
}

export const gcpKey = "projects/example.com:pay-1/locations/europe-west1/keyRings/ring/cryptoKeys/main"
export const gcpAccount = "robot@pay-1.iam.gserviceaccount.com"

const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })

export async function startGcp(): Promise<FakeGcp> {
  const key = new ServiceKey()
  const tokens: FakeGcp["tokens"] = new Map([["ya29.canary-7f3a", {}]])
  /** A token that a service account signed itself; it has to be for this service and in date. */
  const isSigned = (token: string): boolean => {
    const [header = "", payload = "", signature = ""] = token.split(".")
    if (signature === "") return false
    const verify = createVerify("RSA-SHA256").update(`${header}.${payload}`)
    if (!verify.verify(publicKey, Buffer.from(signature, "base64url"))) return false
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as {
      iss: string
      exp: number
      scope?: string
    }
    return claims.iss === gcpAccount && claims.exp * 1000 > Date.now() && claims.scope?.includes("cloudkms") === true
  }

  const answer = ({ method, path, headers, body }: Received): Answer => {
    if (path.startsWith("/computeMetadata/v1/instance/service-accounts/default/token")) {
      if (headers["metadata-flavor"] !== "Google") return { status: 403 }
      tokens.set("ya29.of-machine-canary-7f3a", {})
      return {
        status: 200,
        headers: { "metadata-flavor": "Google" },
        body: { access_token: "ya29.of-machine-canary-7f3a", expires_in: 3599, token_type: "Bearer" },
      }
    }
    if (path.startsWith("/computeMetadata/"))
      return { status: 200, headers: { "metadata-flavor": "Google" }, body: "x" }
    if (path === "/v1/token") {
      const form = new URLSearchParams(body.toString())
      if (form.get("subject_token") !== "oidc-canary-7f3a") return { status: 400, body: { error: "invalid_grant" } }
      tokens.set("ya29.federated-canary-7f3a", {})
      return {
        status: 200,
        body: {
          access_token: "ya29.federated-canary-7f3a",
          issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
          token_type: "Bearer",
          expires_in: 3600,
        },
      }
    }
    const [, token = ""] = /^Bearer (.+)$/.exec(headers["authorization"] ?? "") ?? []
    const rights = tokens.get(token) ?? (isSigned(token) ? {} : null)
    if (rights === null) return failed(401, "UNAUTHENTICATED")
    const [, name = "", operation = ""] = /^\/v1\/(.+):(encrypt|decrypt)\?%24alt=json/.exec(path) ?? []
    if (method !== "POST" || decodeURIComponent(name) !== gcpKey) return failed(404, "NOT_FOUND")
    if (headers["x-goog-request-params"] !== `name=${encodeURIComponent(gcpKey)}`)
      return failed(400, "INVALID_ARGUMENT")
    if (rights.isDenied === true) return failed(403, "PERMISSION_DENIED")
    if (fake.disabled) return failed(400, "FAILED_PRECONDITION")
    const input = JSON.parse(body.toString()) as { plaintext?: string; ciphertext?: string }
    if (operation === "encrypt") {
      const ciphertext = key.wrap(Buffer.from(input.plaintext ?? "", "base64")).toString("base64")
      return { status: 200, body: { name: `${gcpKey}/cryptoKeyVersions/1`, ciphertext } }
    }
    const plain = key.unwrap(Buffer.from(input.ciphertext ?? "", "base64"))
    if (plain === null) return failed(400, "INVALID_ARGUMENT")
    return { status: 200, body: { plaintext: plain.toString("base64") } }
  }
  const server = await startServer(answer)
  const behind = await startServer(answer, { isTls: true })
  const proxy = await startProxy(behind.port)
  const fake: FakeGcp = {
    server,
    proxy,
    key,
    tokens,
    serviceAccount: {
      type: "service_account",
      project_id: "pay-1",
      private_key_id: "1",
      private_key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      client_email: gcpAccount,
      client_id: "1",
      token_uri: `${server.origin}/v1/token`,
    },
    disabled: false,
    async close() {
      await Promise.all([proxy.close(), behind.close(), server.close()])
    },
  }
  return fake
}

function failed(code: number, status: string): Answer {
  return { status: code, body: { error: { code, message: "canary-7f3a", status } } }
}
