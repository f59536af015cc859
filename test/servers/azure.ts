import { constants, generateKeyPairSync, privateDecrypt, publicEncrypt, randomUUID } from "node:crypto"
import { type TestProxy, startProxy } from "./proxy.ts"
import { type Answer, type Received, type TestServer, startServer } from "./server.ts"

/** Key Vault behind a proxy at its own name, the directory that gives tokens for it, and the endpoint of a machine. */
export interface FakeAzure {
  /** The vault, and the directory. */
  readonly server: TestServer
  /** Where a machine gets its tokens. */
  readonly machine: TestServer
  readonly proxy: TestProxy
  wrap(plain: Uint8Array): string
  wrapElsewhere(plain: Uint8Array): string
  /** What the vault says to the key's users. */
  trouble: "disabled" | "denied" | null
  /** What the vault asks a token for. */
  resource: string
  /** The token has to answer these conditions, which the vault names in base64. */
  claims: string | null
  /** Of the machine and of the application. The library remembers the tokens of each for as long as the process runs. */
  readonly clientId: string
  close(): Promise<void>
}

export const azureHost = "payroll.vault.azure.net"
export const azureVersion = "0123456789abcdef0123456789abcdef"
export const azureTenant = "11111111-2222-3333-4444-555555555555"
const own = generateKeyPairSync("rsa", { modulusLength: 2048 })
const other = generateKeyPairSync("rsa", { modulusLength: 2048 })
const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" } as const

/** Tokens that were given out, by whom does not matter. */
const tokens = new Set<string>()
/** Azure's library remembers where a machine gets its tokens for as long as the process runs, so there is only one. */
let machines: Promise<TestServer> | null = null

export async function startAzure(): Promise<FakeAzure> {
  const kid = `https://${azureHost}/keys/main/${azureVersion}`

  const directory = ({ path, body }: Received): Answer => {
    const authority = `https://login.microsoftonline.com/${azureTenant}`
    if (path.includes("/.well-known/openid-configuration")) {
      return {
        status: 200,
        body: {
          issuer: `${authority}/v2.0`,
          authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
          token_endpoint: `${authority}/oauth2/v2.0/token`,
          jwks_uri: `${authority}/discovery/v2.0/keys`,
        },
      }
    }
    if (path.includes("/discovery/instance")) {
      return { status: 200, body: { tenant_discovery_endpoint: `${authority}/v2.0/.well-known/openid-configuration` } }
    }
    const form = new URLSearchParams(body.toString())
    if (form.get("client_secret") !== "canary-7f3a") {
      const error_description = "AADSTS7000215: Invalid client secret provided. canary-7f3a"
      return { status: 401, body: { error: "invalid_client", error_description, error_codes: [7000215] } }
    }
    const access_token = giveToken(form.get("client_id"), form.get("claims"))
    return { status: 200, body: { token_type: "Bearer", expires_in: 3599, ext_expires_in: 3599, access_token } }
  }

  const vault = ({ method, path, headers, body }: Received): Answer => {
    const token = /^Bearer (.+)$/.exec(headers["authorization"] ?? "")?.[1] ?? ""
    if (!tokens.has(token) || (fake.claims !== null && !isConditional(token))) {
      const more = tokens.has(token) ? `, error="insufficient_claims", claims="${fake.claims}"` : ""
      const challenge = `Bearer authorization="https://login.microsoftonline.com/${azureTenant}", resource="${fake.resource}"`
      return { status: 401, headers: { "www-authenticate": challenge + more }, body: {} }
    }
    const url = new URL(path, `https://${azureHost}`)
    if (url.searchParams.get("api-version") === null) return failed(400, "BadParameter")
    if (method === "GET" && /^\/keys\/main\/?$/.test(url.pathname))
      return { status: 200, body: { key: { kid, kty: "RSA" } } }
    const [, version = "", operation = ""] = /^\/keys\/main\/([0-9a-f]+)\/(encrypt|decrypt)$/.exec(url.pathname) ?? []
    if (version !== azureVersion) return failed(404, "KeyNotFound")
    if (fake.trouble === "disabled") return failed(403, "Forbidden", "KeyDisabled")
    if (fake.trouble === "denied") return failed(403, "Forbidden", "ForbiddenByRbac")
    const { alg, value = "" } = JSON.parse(body.toString()) as { alg?: string; value?: string }
    if (alg !== "RSA-OAEP-256") return failed(400, "BadParameter")
    const input = Buffer.from(value, "base64url")
    try {
      const output = operation === "encrypt" ? publicEncrypt({ key: own.publicKey, ...padding }, input) : open(input)
      return { status: 200, body: { kid, value: output.toString("base64url") } }
    } catch {
      return failed(400, "BadParameter")
    }
  }

  const server = await startServer(
    (request) =>
      request.headers["host"]?.startsWith("login.microsoftonline.com") === true ? directory(request) : vault(request),
    { isTls: true },
  )
  const machine = await (machines ??= startMachine())
  machine.received.length = 0
  machine.fault = null
  const proxy = await startProxy(server.port)
  const fake: FakeAzure = {
    server,
    machine,
    proxy,
    wrap: (plain) => publicEncrypt({ key: own.publicKey, ...padding }, plain).toString("base64url"),
    wrapElsewhere: (plain) => publicEncrypt({ key: other.publicKey, ...padding }, plain).toString("base64url"),
    trouble: null,
    resource: "https://vault.azure.net",
    claims: null,
    clientId: randomUUID(),
    async close() {
      await Promise.all([proxy.close(), server.close()])
    },
  }
  return fake
}

function startMachine(): Promise<TestServer> {
  return startServer(({ path, headers }) => {
    const query = new URL(path, "http://x").searchParams
    const isGood = headers["x-identity-header"] === "x" && query.get("resource") === "https://vault.azure.net"
    if (!isGood) return { status: 400, body: { statusCode: 400, message: "canary-7f3a" } }
    const access_token = giveToken(query.get("client_id"), null)
    const expires_on = String(Math.floor(Date.now() / 1000) + 3600)
    return { status: 200, body: { access_token, expires_on, resource: query.get("resource"), token_type: "Bearer" } }
  })
}

function giveToken(clientId: string | null, claims: string | null): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url")
  const token = `${part({ alg: "none" })}.${part({ appid: clientId, tid: azureTenant, claims })}.canary-7f3a`
  tokens.add(token)
  return token
}

function open(input: Buffer): Buffer {
  return privateDecrypt({ key: own.privateKey, ...padding }, input)
}

/** A token for which the directory was asked for further conditions. */
function isConditional(token: string): boolean {
  return Buffer.from(token.split(".")[1] ?? "", "base64url")
    .toString()
    .includes("nbf")
}

function failed(status: number, code: string, inner?: string): Answer {
  const innererror = inner === undefined ? {} : { innererror: { code: inner } }
  return { status, body: { error: { code, message: "canary-7f3a", ...innererror } } }
}
