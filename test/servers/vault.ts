import { type Answer, type Received, type TestServer, startServer } from "./server.ts"
import { ServiceKey } from "./cipher.ts"

/** The transit engine of Vault, as far as wrapping goes, with tokens that may do everything or only wrap. */
export interface FakeVault {
  readonly server: TestServer
  /** By engine and name. A key that is not there is made when something is wrapped for it, as by a real server. */
  readonly keys: Map<string, ServiceKey>
  readonly tokens: Map<string, { readonly name: string; readonly isLimited?: boolean; readonly isDenied?: boolean }>
  wrap(plain: Uint8Array): string
}

export const vaultKey = "transit/payroll"

export async function startVault(options: { readonly isTls?: boolean } = {}): Promise<FakeVault> {
  const keys = new Map([[vaultKey, new ServiceKey()]])
  const tokens: FakeVault["tokens"] = new Map([["hvs.canary-7f3a", { name: "token-alice" }]])

  const answer = ({ method, path, headers, body }: Received): Answer => {
    const token = tokens.get(headers["x-vault-token"] ?? "")
    if (headers["x-vault-request"] !== "true") return failed(400, "no X-Vault-Request")
    if (headers["x-vault-token"] === undefined) return failed(400, "missing client token")
    if (token === undefined) return failed(403, "permission denied", "invalid token")
    if (path === "/v1/auth/token/lookup-self") return { status: 200, body: { data: { display_name: token.name } } }
    if (token.isDenied === true) return failed(403, "1 error occurred: permission denied")
    const [, engine = "", operation = "", name = ""] = /^\/v1\/(.+)\/(keys|encrypt|decrypt)\/([^/]+)$/.exec(path) ?? []
    const id = `${engine}/${name}`
    const key = keys.get(id)
    if (operation === "keys" && method === "GET") {
      if (token.isLimited === true) return failed(403, "permission denied")
      return key === undefined ? failed(404) : { status: 200, body: { data: { name, type: "aes256-gcm96" } } }
    }
    if (engine === "" || !["PUT", "POST"].includes(method)) return failed(404)
    const input = JSON.parse(body.toString()) as { plaintext?: string; ciphertext?: string }
    if (operation === "encrypt" && input.plaintext !== undefined) {
      const made = key ?? new ServiceKey()
      keys.set(id, made)
      const ciphertext = `vault:v1:${made.wrap(Buffer.from(input.plaintext, "base64")).toString("base64")}`
      return { status: 200, body: { data: { ciphertext, key_version: 1 } } }
    }
    if (key === undefined) return failed(400, "encryption key not found")
    if (key.isDisabled) return failed(400, "ciphertext or signature version is disallowed by policy (too old)")
    const [, wrapped = ""] = /^vault:v1:(.+)$/.exec(input.ciphertext ?? "") ?? []
    const plain = key.unwrap(Buffer.from(wrapped, "base64"))
    if (plain === null) return failed(400, "cipher: message authentication failed")
    return { status: 200, body: { data: { plaintext: plain.toString("base64") } } }
  }
  const server = await startServer(answer, options)
  return {
    server,
    keys,
    tokens,
    wrap: (plain) => `vault:v1:${keys.get(vaultKey)!.wrap(plain).toString("base64")}`,
  }
}

function failed(status: number, ...errors: string[]): Answer {
  return { status, body: { errors } }
}
