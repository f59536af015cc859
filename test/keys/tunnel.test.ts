import { type AddressInfo, type Socket, createServer } from "node:net"
import { expect, test } from "vitest"
import { send } from "../../src/keys/http/request.ts"
import { testContext } from "./context.ts"

test.each(["by the caller", "by the time that a request has"])(
  "a CONNECT that is given up %s closes its connection",
  async (how) => {
    const sockets: Socket[] = []
    let closed: () => void
    const end = new Promise<void>((resolve) => (closed = resolve))
    const own = new AbortController()
    // It takes the question, and never answers.
    const proxy = createServer((socket) => {
      sockets.push(socket)
      socket.on("error", () => {})
      socket.on("close", () => closed())
      socket.once("data", () => how === "by the caller" && own.abort(new Error("given up")))
      socket.resume()
    })
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve))
    try {
      const { port } = proxy.address() as AddressInfo
      const env = {
        HTTPS_PROXY: `http://127.0.0.1:${port}`,
        SOTTO_KEY_TIMEOUT: how === "by the caller" ? "3600" : "0.2",
      }
      const request = { service: "it", method: "GET", url: new URL("https://example.test/") }
      const error: unknown = await send(request, testContext({ env, signal: own.signal })).catch(
        (each: unknown) => each,
      )
      expect(error).toMatchObject(how === "by the caller" ? { message: "given up" } : { code: "KEY_TIMEOUT" })
      // Nothing is left that would keep the program, or the proxy, waiting.
      await end
      expect(sockets).toHaveLength(1)
    } finally {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => proxy.close(resolve))
    }
  },
)
