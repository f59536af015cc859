import { type Answer, type Received, type TestServer, startServer } from "./server.ts"

/** Google Cloud Storage: the upload of an object over the JSON API, in one part or two. */
export interface FakeGcs {
  readonly server: TestServer
  /** By `bucket/name`. */
  readonly objects: Map<string, Buffer>
  /** Content types, by the same. */
  readonly types: Map<string, string>
}

export async function startGcs(buckets: readonly string[]): Promise<FakeGcs> {
  const objects = new Map<string, Buffer>()
  const types = new Map<string, string>()
  const answer = ({ method, path, headers, body }: Received): Answer => {
    const url = new URL(path, "http://storage")
    const [, bucket = ""] = /^\/upload\/storage\/v1\/b\/([^/]+)\/o$/.exec(url.pathname) ?? []
    if (method !== "POST" || bucket === "") return failed(404, "notFound")
    if (!buckets.includes(decodeURIComponent(bucket))) return failed(404, "notFound")
    const sent = url.searchParams.get("uploadType") === "multipart" ? parts(headers, body) : null
    const name = url.searchParams.get("name") ?? sent?.name ?? ""
    if (name === "") return failed(400, "required")
    objects.set(`${bucket}/${name}`, sent?.content ?? body)
    types.set(`${bucket}/${name}`, headers["content-type"] ?? "")
    return { status: 200, body: { kind: "storage#object", bucket, name, size: String(body.length) } }
  }
  return { server: await startServer(answer), objects, types }
}

/** How Google's libraries send it: what the object is called, then what is in it. */
function parts(headers: Received["headers"], body: Buffer): { name: string; content: Buffer } {
  const [, boundary = ""] = /boundary="?([^";]+)/.exec(headers["content-type"] ?? "") ?? []
  const [, about = "", content = ""] = body.toString("latin1").split(`--${boundary}`)
  const inner = (part: string): string => part.slice(part.indexOf("\r\n\r\n") + 4).replace(/\r\n$/, "")
  const { name } = JSON.parse(inner(about)) as { name: string }
  return { name, content: Buffer.from(inner(content), "latin1") }
}

function failed(code: number, reason: string): Answer {
  return { status: code, body: { error: { code, message: "canary-7f3a", errors: [{ reason }] } } }
}
