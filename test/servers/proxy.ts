import { createServer, request } from "node:http"
import { type AddressInfo, type Socket, connect } from "node:net"

/** An HTTP proxy that sends everybody to one port of this machine, whatever host was asked for. */
export interface TestProxy {
  readonly url: string
  /** `host:port` of every tunnel, and the whole address of every request without one. */
  readonly asked: string[]
  close(): Promise<void>
}

export async function startProxy(
  port: number,
  { status = 200 }: { readonly status?: number } = {},
): Promise<TestProxy> {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((incoming, outgoing) => {
    asked.push(incoming.url ?? "")
    const { pathname, search } = new URL(incoming.url ?? "")
    const path = pathname + search
    const { method, headers } = incoming
    const forwarded = request({ host: "127.0.0.1", port, path, method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(outgoing)
    })
    forwarded.on("error", () => outgoing.destroy())
    incoming.pipe(forwarded)
  })
  server.on("connect", (incoming, socket: Socket) => {
    asked.push(incoming.url ?? "")
    if (status !== 200) return void socket.end(`HTTP/1.1 ${status} No\r\n\r\n`)
    const upstream = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n")
      upstream.pipe(socket)
      socket.pipe(upstream)
    })
    sockets.add(upstream)
    socket.on("error", () => upstream.destroy())
    upstream.on("error", () => socket.end("HTTP/1.1 502 Bad gateway\r\n\r\n"))
  })
  server.on("connection", (socket: Socket) => sockets.add(socket))
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close() {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
