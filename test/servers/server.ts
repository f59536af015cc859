import { readFileSync } from "node:fs"
import { type IncomingMessage, type Server, type ServerResponse, createServer as createPlain } from "node:http"
import { createServer as createTls } from "node:https"
import { type AddressInfo, type Socket } from "node:net"
import { fileURLToPath } from "node:url"

/** A request as a server got it. */
export interface Received {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer | object
}

/** What a server does in place of answering. */
export type Fault = "silent" | "throttled" | "redirect" | "oversized" | "cut" | "garbage" | "broken"

/** A server on this machine, which tests can make misbehave. */
export interface TestServer {
  readonly port: number
  readonly origin: string
  readonly received: Received[]
  fault: Fault | null
  /** Where `redirect` leads to. */
  redirectTo: string
  close(): Promise<void>
}

/** Made once by openssl; its authority's key was thrown away. */
export const authorityFile = fileURLToPath(new URL("../../fixtures/tls/ca.pem", import.meta.url))
export const serverCertificate = {
  cert: readFileSync(new URL("../../fixtures/tls/server.pem", import.meta.url)),
  key: readFileSync(new URL("../../fixtures/tls/server.key", import.meta.url)),
}

export async function startServer(
  answer: (request: Received) => Answer | Promise<Answer>,
  { isTls = false }: { readonly isTls?: boolean } = {},
): Promise<TestServer> {
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    void receive(request).then(async (received) => {
      server.received.push(received)
      if (server.fault === null) return send(response, await answer(received))
      misbehave(response, server)
    })
  }
  const http: Server = isTls ? createTls(serverCertificate, listener) : createPlain(listener)
  const sockets = new Set<Socket>()
  http.on("connection", (socket: Socket) => {
    sockets.add(socket)
    socket.on("close", () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve))
  const { port } = http.address() as AddressInfo
  const server: TestServer = {
    port,
    origin: `http${isTls ? "s" : ""}://127.0.0.1:${port}`,
    received: [],
    fault: null,
    redirectTo: "http://127.0.0.1:1/",
    close() {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => http.close(() => resolve()))
    },
  }
  return server
}

async function receive(request: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  const headers = Object.entries(request.headers).map(([name, value]) => [name, [value].flat().join(", ")])
  return {
    method: request.method ?? "",
    path: request.url ?? "",
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: Buffer.concat(chunks),
  }
}

function send(response: ServerResponse, { status, headers = {}, body = "" }: Answer): void {
  const isObject = typeof body === "object" && !Buffer.isBuffer(body)
  response.writeHead(status, { ...(isObject ? { "content-type": "application/json" } : {}), ...headers })
  response.end(isObject ? JSON.stringify(body) : body)
}

function misbehave(response: ServerResponse, { fault, redirectTo }: TestServer): void {
  switch (fault) {
    case "silent":
      return
    case "throttled":
      return send(response, { status: 429, headers: { "retry-after": "0" }, body: "{}" })
    case "redirect":
      return send(response, { status: 307, headers: { location: redirectTo } })
    case "oversized":
      return send(response, { status: 200, body: Buffer.alloc(2 * 1024 * 1024, 0x20) })
    case "cut":
      response.writeHead(200, { "content-length": "1000" })
      response.write("{")
      setTimeout(() => response.destroy(), 5)
      return
    case "garbage":
      return send(response, { status: 200, body: "<html>canary-7f3a</html>" })
    case "broken":
      return send(response, { status: 500, body: "canary-7f3a" })
    case null:
  }
}
