import { once } from "node:events"
import { readFileSync } from "node:fs"
import { type AddressInfo, type Socket, createServer } from "node:net"
import { type TlsOptions, createServer as createTlsServer } from "node:tls"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { send } from "../../../src/keys/http/request.ts"
import { sendPatiently } from "../../../src/keys/http/patience.ts"
import { startProxy } from "../../servers/proxy.ts"
import { type TestServer, authorityFile, serverCertificate, startServer } from "../../servers/server.ts"
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

  const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])
  test.each([
    { what: "HTTP/2", says: settings, words: "it speaks only HTTP/2" },
    {
      what: "HTTP/2 with settings of its own",
      says: Buffer.from("00000c0400000000000003", "hex"),
      words: "only HTTP/2",
    },
    { what: "SSH", says: "SSH-2.0-x\r\n", words: "it does not speak HTTP" },
    { what: "SMTP", says: "220 mail ESMTP\r\n", words: "it does not speak HTTP" },
    { what: "bare HTML", says: "<html>", words: "it does not speak HTTP" },
    { what: "another version", says: "HTTP/9.9 200 OK\r\n\r\n", words: "its answer is not HTTP" },
    { what: "no status", says: "HTTP/1.1 x OK\r\n\r\n", words: "its answer is not HTTP" },
    { what: "a broken header", says: "HTTP/1.1 200 OK\r\na b\r\n\r\n", words: "its answer is not HTTP" },
    {
      what: "a broken chunk",
      says: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
      words: "its answer is not HTTP",
    },
    {
      what: "endless headers",
      says: `HTTP/1.1 200 OK\r\na: ${"x".repeat(99_999)}\r\n\r\n`,
      words: "answer is too long",
    },
    {
      what: "TLS to Go",
      says: `HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n`,
      words: "it speaks TLS",
    },
    {
      what: "TLS to nginx",
      says: "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n<title>400 The plain HTTP request was sent to HTTPS port</title>",
      words: "it speaks TLS",
    },
    {
      what: "an upgrade",
      says: "HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n",
      words: "another protocol",
    },
    { what: "nothing", says: "", words: "it cut the connection" },
  ])("a server that answers with $what is told to do so", async ({ says, words }) => {
    const odd = createServer((socket) => {
      socket.on("error", () => undefined)
      socket.once("data", () => socket.end(says))
    })
    await new Promise<void>((resolve) => odd.listen(0, "127.0.0.1", resolve))
    const { port } = odd.address() as AddressInfo
    const url = new URL(`http://127.0.0.1:${port}/x`)
    await expect(send({ ...request(), url }, testContext())).rejects.toThrow(words)
    await new Promise((resolve) => odd.close(resolve))
  })

  test.each([
    {
      what: "wants a certificate",
      options: { requestCert: true, ca: serverCertificate.cert },
      words: "wants to be shown a cert",
    },
    { what: "speaks HTTP/2 alone", options: { ALPNProtocols: ["h2"] }, words: "it speaks only HTTP/2" },
    {
      what: "knows old versions alone",
      options: { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" },
      words: "it takes no version of TLS",
    },
  ] satisfies { what: string; options: TlsOptions; words: string }[])(
    "a server of TLS that $what is told to do so",
    async ({ options, words }) => {
      const odd = createTlsServer({ ...serverCertificate, ...options }, (socket) => {
        socket.on("error", () => undefined)
        socket.once("data", () => socket.end(settings))
      })
      odd.on("tlsClientError", () => undefined)
      await new Promise<void>((resolve) => odd.listen(0, "127.0.0.1", resolve))
      const { port } = odd.address() as AddressInfo
      const url = new URL(`https://127.0.0.1:${port}/x`)
      const context = testContext({ env: { SSL_CERT_FILE: authorityFile } })
      await expect(send({ ...request(), url }, context)).rejects.toThrow(words)
      await new Promise((resolve) => odd.close(resolve))
    },
  )

  test("nothing is sent once the call was given up", async () => {
    const signal = AbortSignal.abort()
    await expect(send(request(), testContext({ signal }))).rejects.toThrow()
    expect(server.received).toEqual([])
  })
})
