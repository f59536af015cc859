import { type Answer, type Received, type TestServer, startServer } from "./server.ts"

/** The KV engines of Vault: version 2 at `secret` and `kv`, version 1 at `old`. */
export interface FakeVaultKv {
  readonly server: TestServer
  /** Versions of secrets, by mount and path; a deleted one is `null`. */
  readonly secrets: Map<string, (object | null)[]>
  /** What the token may do. */
  rights: "all" | "write" | "none"
}

export const vaultKvToken = "hvs.canary-7f3a"

export async function startVaultKv(): Promise<FakeVaultKv> {
  const secrets = new Map<string, (object | null)[]>()
  const answer = ({ method, path, headers, body }: Received): Answer => {
    if (headers["x-vault-token"] !== vaultKvToken) return failed(403, "permission denied")
    if (fake.rights === "none" || (fake.rights === "write" && method === "GET")) return failed(403, "permission denied")
    const [, mount = "", rest = ""] = /^\/v1\/(secret|kv|old)\/(.+)$/.exec(decodeURIComponent(path)) ?? []
    if (mount === "") return failed(404, "no handler for route")
    return mount === "old" ? one({ method, body }, `old/${rest}`) : two({ method, body }, mount, rest)
  }
  type Call = Pick<Received, "method" | "body">
  const one = ({ method, body }: Call, name: string): Answer => {
    const now = secrets.get(name)?.at(-1)
    if (method === "GET") return now ? { status: 200, body: { lease_duration: 2764800, data: now } } : failed(404)
    secrets.set(name, [JSON.parse(body.toString()) as object])
    return { status: 204 }
  }
  const two = ({ method, body }: Call, mount: string, rest: string): Answer => {
    const [, name = ""] = /^data\/(.+)$/.exec(rest) ?? []
    if (name === "") return failed(404, "Invalid path for a versioned K/V secrets engine")
    const key = `${mount}/${name}`
    const versions = secrets.get(key) ?? []
    const now = versions.at(-1)
    const metadata = { version: versions.length, destroyed: false, deletion_time: now === null ? "2026-01-01" : "" }
    if (method === "GET") {
      if (now === undefined) return failed(404)
      return { status: now === null ? 404 : 200, body: { data: { data: now, metadata } } }
    }
    const { data } = JSON.parse(body.toString()) as { data?: object }
    if (data === undefined) return failed(400, "no data provided")
    secrets.set(key, [...versions, data])
    return { status: 200, body: { data: { version: versions.length + 1 } } }
  }
  const fake: FakeVaultKv = { server: await startServer(answer), secrets, rights: "all" }
  return fake
}

function failed(status: number, ...errors: string[]): Answer {
  return { status, body: { errors } }
}
