import { once } from "node:events"
import { readFileSync } from "node:fs"
import { type AddressInfo, type Socket, createServer } from "node:net"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { send } from "../../../src/keys/http/request.ts"
import { sendPatiently } from "../../../src/keys/http/patience.ts"
import { startProxy } from "../../servers/proxy.ts"
import { type TestServer, authorityFile, startServer } from "../../servers/server.ts"
import { testContext } from "../context.ts"

describe("a request", () => {
  let server: TestServer
  let status = 200
  beforeEach(async () => {
    status = 200
    server = await startServer(() => ({ status, body: "ok" }), { isTls: true })
  })
  afterEach(() => server.close())
  const request = (): Parameters<typeof send>[0] => ({
    service: "the test",
    method: "GET",
    url: new URL(`${server.origin}/x`),
  })

  test("trusts what the system trusts when Node itself does not", async () => {
    const context = testContext({ platform: "linux" })
    const withBundle = {
      ...context,
      readFile: async (path: string) =>
        path === "/etc/pki/tls/certs/ca-bundle.crt" ? new Uint8Array(readFileSync(authorityFile)) : null,
    }
    await expect(send(request(), { ...context, readFile: async () => null })).rejects.toThrow("not trusted")
    const fresh = { ...withBundle, session: {} }
    expect((await send(request(), fresh)).status).toBe(200)
  })

  test("keeps connections, also those of a proxy", async () => {
    const proxy = await startProxy(server.port)
    const env = { SSL_CERT_FILE: authorityFile, HTTPS_PROXY: proxy.url }
    const context = testContext({ env })
    const url = new URL(`https://a.sotto.test:${server.port}/x`)
    for (let times = 0; times < 3; times++) await send({ ...request(), url }, context)
    expect(proxy.asked).toHaveLength(1)
    await proxy.close()
  })

  test("a busy service is asked again, as long as it says, and not for ever", async () => {
    const context = testContext({ env: { SSL_CERT_FILE: authorityFile } })
    status = 503
    expect((await sendPatiently(request(), context)).status).toBe(503)
    expect(server.received).toHaveLength(3)
    setTimeout(() => (status = 200), 50)
    expect((await sendPatiently(request(), context)).status).toBe(200)
  })

  test("what was cut is asked for once more", async () => {
    const context = testContext({ env: { SSL_CERT_FILE: authorityFile } })
    server.fault = "cut"
    await expect(send(request(), context)).rejects.toThrow("cut the connection")
    expect(server.received).toHaveLength(2)
  })

  test.each([
    { what: "does not answer", answer: null },
    { what: "opens a tunnel into silence", answer: "HTTP/1.1 200 OK\r\n\r\n" },
  ])("a proxy that $what is left when the call ends", async ({ answer }) => {
    const sockets: Socket[] = []
    const proxy = createServer((socket) => {
      sockets.push(socket)
      socket.on("error", () => undefined)
      socket.once("data", () => {
        if (answer !== null) socket.write(answer)
        // What the client sends after this shows that it believed in the tunnel.
        if (answer === null) own.abort()
        else socket.once("data", () => own.abort())
      })
    })
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve))
    const { port } = proxy.address() as AddressInfo
    const own = new AbortController()
    const env = { HTTPS_PROXY: `http://127.0.0.1:${port}` }
    const url = new URL("https://a.sotto.test/x")
    await expect(send({ ...request(), url }, testContext({ env, signal: own.signal }))).rejects.toThrow()
    for (const socket of sockets) if (!socket.destroyed) await once(socket, "close")
    expect(sockets).toHaveLength(1)
    await new Promise((resolve) => proxy.close(resolve))
  })

  test("nothing is sent once the call was given up", async () => {
    const signal = AbortSignal.abort()
    await expect(send(request(), testContext({ signal }))).rejects.toThrow()
    expect(server.received).toEqual([])
  })
})
