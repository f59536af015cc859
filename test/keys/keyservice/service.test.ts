import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { chmodSync, existsSync, statSync, writeFileSync } from "node:fs"
import { createServer as createHttp2Server, type Http2Server, type ServerHttp2Stream } from "node:http2"
import { createServer as createSocketServer } from "node:net"
import { join } from "node:path"
import { afterEach, describe, expect, test } from "vitest"
import { type Recipient, type WrappedKey } from "../../../src/core/recipient.ts"
import { SecretBytes } from "../../../src/core/secret.ts"
import { type Address } from "../../../src/keys/keyservice/address.ts"
import { answer, type AnswerOptions, listen } from "../../../src/keys/keyservice/server.ts"
import { callKeyService } from "../../../src/keys/keyservice/client.ts"
import { frame, methods, encodeResponse } from "../../../src/keys/keyservice/messages.ts"
import { parseAddress, tcpAddress } from "../../../src/keys/keyservice/address.ts"
import { unwrapDataKey } from "../../../src/keys/unwrap.ts"
import { wrapDataKey } from "../../../src/keys/wrap.ts"
import { builtMain } from "../../built.ts"
import { temporaryFolder, testContext } from "../context.ts"
import { keyFile, recipients } from "../golden.ts"
import { stockSops as sops } from "../../stock-sops.ts"

const secret = new Uint8Array(32).map((_, index) => index * 3)
const forA: Recipient = { type: "age", recipient: recipients["age-a"] }
const now = new Date("2026-11-23T08:00:00Z")
const ends: (() => unknown)[] = []

afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

function socketAddress(): Address {
  return { network: "unix", path: join(temporaryFolder(), "socket") }
}

/** A service of ours that holds the identity of age-a. */
async function ownService(options: Partial<AnswerOptions> = {}): Promise<Address> {
  const context = testContext({ env: { SOPS_AGE_KEY_FILE: keyFile("age-a.txt") } })
  const all = { context, permit: () => Promise.resolve(true), ...options }
  const server = await listen(socketAddress(), (question) => answer(question, all))
  ends.push(() => server.close())
  return server.address
}

function ask(address: Address, call: Partial<Parameters<typeof callKeyService>[0]> = {}): Promise<Uint8Array> {
  const signal = new AbortController().signal
  const usual = { method: methods.wrap, recipient: forA, bytes: secret, signal, timeoutMs: 5000 }
  return callKeyService({ address, ...usual, ...call })
}

async function wrapped(): Promise<WrappedKey> {
  const options = { context: testContext(), now }
  const [group] = await wrapDataKey(new SecretBytes(secret.slice()), [[forA]], 0, options)
  return group![0]!
}

describe("a service of ours, and our client", () => {
  test("wraps and unwraps", async () => {
    const address = await ownService()
    const enc = await ask(address)
    const plain = await ask(address, { method: methods.unwrap, bytes: enc })
    expect([...plain]).toEqual([...secret])
  })

  test("over TCP, many at the same time", async () => {
    const context = testContext({ env: { SOPS_AGE_KEY_FILE: keyFile("age-a.txt") } })
    const work = { context, permit: () => Promise.resolve(true) }
    const server = await listen({ network: "tcp", host: "127.0.0.1", port: 0 }, (each) => answer(each, work))
    ends.push(() => server.close())
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(server.address)))
    expect(answers.every((each) => Buffer.from(each).toString().startsWith("-----BEGIN AGE"))).toBe(true)
  })

  test("this process is asked first, then the services in their order, and one that is dead does no harm", async () => {
    const [dead, alive] = [socketAddress(), await ownService()]
    const entry = await wrapped()
    const context = testContext()
    const services = { isLocal: true, remote: [dead, alive] }
    const dataKey = await unwrapDataKey([[entry]], 0, { context, services })
    expect(dataKey.use((bytes) => [...bytes])).toEqual([...secret])
    const only = { isLocal: false, remote: [dead, alive] }
    const [group] = await wrapDataKey(dataKey, [[forA]], 0, { context: testContext(), now, services: only })
    const own = testContext({ env: { SOPS_AGE_KEY_FILE: keyFile("age-a.txt") } })
    expect((await unwrapDataKey([group!], 0, { context: own })).use((bytes) => [...bytes])).toEqual([...secret])
  })

  test("shares of groups go through services too", async () => {
    const services = { isLocal: false, remote: [await ownService()] }
    const groups = [[forA], [forA]]
    const dataKey = new SecretBytes(secret.slice())
    const entries = await wrapDataKey(dataKey, groups, 2, { context: testContext(), now, services })
    const opened = await unwrapDataKey(entries, 2, { context: testContext(), services })
    expect(opened.use((bytes) => [...bytes])).toEqual([...secret])
  })

  test("without effort nobody else is asked", async () => {
    const services = { isLocal: true, remote: [await ownService()] }
    const work = unwrapDataKey([[await wrapped()]], 0, { context: testContext({ effort: "programs" }), services })
    await expect(work).rejects.toMatchObject({ code: "DATA_KEY" })
  })

  test("a failed entry is named once, with the reasons of all services", async () => {
    const services = { isLocal: true, remote: [socketAddress(), socketAddress()] }
    const work = unwrapDataKey([[await wrapped()]], 0, { context: testContext(), services })
    const error = (await work.catch((caught: unknown) => caught)) as { detail: { notes: string[] } }
    const notes = error.detail.notes.filter((note) => note.startsWith("for "))
    expect(notes).toHaveLength(1)
    expect(notes[0]!.match(/nothing is listening there/g)).toHaveLength(2)
  })
})

describe("S14: what the service refuses", () => {
  const refusals = [
    { name: "no recipient", call: { recipient: { type: "age", recipient: "" } as const }, says: "not valid" },
    {
      name: "a recipient outside of the grammar",
      call: { recipient: { type: "pgp", fp: "--output=x" } as const },
      says: "fingerprint",
    },
    {
      name: "a Vault path to another place",
      call: { recipient: { type: "hc_vault", vaultAddress: "https://h", enginePath: "sys", keyName: "x" } as const },
      says: "not valid",
    },
    { name: "bytes that are no data key", call: { bytes: Buffer.alloc(31) }, says: "not a data key" },
    { name: "an entry that is no entry", call: { method: methods.unwrap, bytes: Buffer.from("x") }, says: "malformed" },
  ]
  test.each(refusals)("$name", async ({ call, says }) => {
    const error: unknown = await ask(await ownService(), call).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: "KEYSERVICE_FAILED" })
    expect((error as Error).message).toContain(says)
  })

  test("it opens data keys and nothing else that its keys open", async () => {
    const { armor, Encrypter } = await import("age-encryption")
    const encrypter = new Encrypter()
    encrypter.addRecipient(recipients["age-a"])
    const bytes = Buffer.from(armor.encode(await encrypter.encrypt("a private letter")))
    const work = ask(await ownService(), { method: methods.unwrap, bytes })
    await expect(work).rejects.toThrow("no data key")
  })

  test("a method that is not there", async () => {
    const context = testContext()
    const permit = (): Promise<boolean> => Promise.resolve(true)
    expect(
      await answer({ method: "/KeyService/Sign", recipient: forA, bytes: secret }, { context, permit }),
    ).toMatchObject({ code: 12 })
    expect(await answer({ method: methods.wrap, recipient: null, bytes: secret }, { context, permit })).toMatchObject({
      code: 5,
    })
  })

  test("a question that was answered with no: permission denied, and nothing is done", async () => {
    const asked: string[] = []
    const permit: AnswerOptions["permit"] = ({ recipient }) => Promise.resolve(asked.push(recipient.type) === 0)
    await expect(ask(await ownService({ permit }))).rejects.toThrow("it refused: Request rejected by user")
    expect(asked).toEqual(["age"])
  })

  test("what is too large, and what is no gRPC", async () => {
    const address = await ownService()
    await expect(ask(address, { bytes: Buffer.alloc(300_000) })).rejects.toMatchObject({ code: "KEYSERVICE_FAILED" })
    expect([...(await ask(address))].length).toBeGreaterThan(100)
  })
})

describe("services that misbehave", () => {
  async function serviceOf(work: (stream: ServerHttp2Stream) => void): Promise<Address> {
    const server: Http2Server = createHttp2Server()
    server.on("stream", (stream) => {
      stream.on("error", () => undefined)
      work(stream)
    })
    server.on("session", (session) => ends.push(() => session.destroy()))
    const address = socketAddress()
    if (address.network === "unix") server.listen(address.path)
    await once(server, "listening")
    ends.push(() => void server.close())
    return address
  }
  const grpc = { ":status": 200, "content-type": "application/grpc" }
  const bodies = [
    {
      name: "plain HTTP",
      work: (s: ServerHttp2Stream) => {
        s.respond({ ":status": 200 })
        s.end("hello")
      },
      says: "gRPC",
    },
    {
      name: "a status without words",
      work: (s: ServerHttp2Stream) => s.respond({ ...grpc, "grpc-status": "13" }, { endStream: true }),
      says: "status 13",
    },
    {
      name: "words with an escape",
      work: (s: ServerHttp2Stream) =>
        s.respond({ ...grpc, "grpc-status": "2", "grpc-message": "%1B[2Jno%0Aerror: x" }, { endStream: true }),
      says: "[2Jno error: x",
    },
    {
      name: "an empty answer",
      work: (s: ServerHttp2Stream) => s.respond({ ...grpc, "grpc-status": "0" }, { endStream: true }),
      says: "not valid",
    },
    {
      name: "an answer that is no message",
      work: (s: ServerHttp2Stream) => {
        s.respond({ ...grpc, "grpc-status": "0" })
        s.end(frame(Buffer.from("zzz")))
      },
      says: "not valid",
    },
    {
      name: "an answer without end",
      work: (s: ServerHttp2Stream) => {
        s.respond({ ...grpc, "grpc-status": "0" })
        const more = (): void => {
          while (s.write(Buffer.alloc(16_384)));
          s.once("drain", more)
        }
        more()
      },
      says: "too large",
    },
    { name: "a reset", work: (s: ServerHttp2Stream) => s.close(2), says: "ERR_HTTP2_STREAM_ERROR" },
  ]
  test.each(bodies)("$name", async ({ work, says }) => {
    const error: unknown = await ask(await serviceOf(work)).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: "KEYSERVICE_FAILED" })
    expect((error as Error).message).toContain(says)
  })

  test("silence ends with the time, and at once with the signal", async () => {
    const address = await serviceOf(() => undefined)
    await expect(ask(address, { timeoutMs: 50 })).rejects.toMatchObject({ code: "KEY_TIMEOUT" })
    const stop = new AbortController()
    const work = ask(address, { signal: stop.signal, timeoutMs: 60_000 })
    stop.abort()
    await expect(work).rejects.toMatchObject({ code: "KEYSERVICE_FAILED" })
  })

  test("what does not speak HTTP/2", async () => {
    const address = socketAddress()
    const server = createSocketServer((socket) => void socket.on("error", () => undefined).end("SSH-2.0-x\r\n"))
    if (address.network === "unix") server.listen(address.path)
    await once(server, "listening")
    ends.push(() => void server.close())
    await expect(ask(address)).rejects.toThrow("it does not speak gRPC")
  })

  test("S20: an answer that is no printable text is never an entry of a file", async () => {
    const address = await serviceOf((stream) => {
      stream.respond(grpc, { waitForTrailers: true })
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }))
      stream.end(frame(encodeResponse(Buffer.from("a\x1b[2Jb"))))
    })
    const services = { isLocal: false, remote: [address] }
    const work = wrapDataKey(new SecretBytes(secret.slice()), [[forA]], 0, { context: testContext(), now, services })
    await expect(work).rejects.toMatchObject({ code: "WRAP_FAILED" })
  })
})

describe("addresses", () => {
  const valid = [
    ["unix:///run/x.sock", { network: "unix", path: "/run/x.sock" }],
    ["tcp://127.0.0.1:5000", { network: "tcp", host: "127.0.0.1", port: 5000 }],
    ["tcp6://[::1]:5000", { network: "tcp", host: "::1", port: 5000 }],
  ] as const
  test.each(valid)("%s", (text, address) => expect(parseAddress(text)).toEqual(address))
  const wrong = [
    "",
    "127.0.0.1:5000",
    "unix://",
    "tcp://",
    "tcp://h",
    "tcp://h:70000",
    "tcp://a@h:1",
    "http://h:1",
    "tcp://h:1/x",
  ]
  test.each(wrong)("not %s", (text) => expect(() => parseAddress(text)).toThrow("unix:///PATH"))
  test("a bare port is no address", () => expect(tcpAddress(":5000")).toBeNull())
})

interface Running {
  readonly folder: string
  readonly address: string
  stop(signal: NodeJS.Signals): Promise<number | null>
}

/** The command in a process of its own. */
async function running(args: readonly string[], env: Record<string, string> = {}): Promise<Running> {
  const folder = temporaryFolder()
  chmodSync(folder, 0o700)
  const all = {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    TMPDIR: folder,
    SOPS_AGE_KEY_FILE: keyFile("age-a.txt"),
    ...env,
  }
  const child = spawn(process.execPath, [await builtMain(), "keyservice", ...args], { cwd: folder, env: all })
  ends.push(() => void child.kill("SIGKILL"))
  let said = ""
  for await (const chunk of child.stderr) {
    said += String(chunk)
    if (said.includes("listening on")) break
  }
  const address = /SOPS_KEYSERVICE=(\S+)/.exec(said)?.[1]
  if (address === undefined) throw new Error(said)
  return {
    folder,
    address,
    async stop(signal) {
      child.kill(signal)
      const [status] = (await once(child, "exit")) as [number | null]
      return status
    },
  }
}

describe("the command", () => {
  test.each(["SIGINT", "SIGTERM"] as const)(
    "S14: a socket of mode 0600 in a folder of mode 0700, gone after %s",
    async (signal) => {
      const service = await running([])
      const path = service.address.replace("unix://", "")
      expect(statSync(path).mode & 0o777).toBe(0o600)
      expect(statSync(join(path, "..")).mode & 0o777).toBe(0o700)
      expect([...(await ask(parseAddress(service.address)))].length).toBeGreaterThan(100)
      expect(await service.stop(signal)).toBe(0)
      expect(existsSync(path)).toBe(false)
    },
  )

  test("a fixed place below XDG_RUNTIME_DIR; a socket that a killed service left is taken over, a living one is not", async () => {
    const runtime = temporaryFolder()
    chmodSync(runtime, 0o700)
    const env = { XDG_RUNTIME_DIR: runtime }
    const first = await running([], env)
    expect(first.address).toBe(`unix://${runtime}/sotto/keyservice.sock`)
    await expect(running([], env)).rejects.toThrow("something is listening there already")
    await first.stop("SIGKILL")
    const second = await running([], env)
    expect(await second.stop("SIGTERM")).toBe(0)
  })

  test("TCP when it is asked for", async () => {
    const service = await running(["--network", "tcp", "--address", "127.0.0.1:0"])
    expect(service.address).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/)
    expect(await service.stop("SIGINT")).toBe(0)
  })

  test("--prompt without a terminal answers nothing", async () => {
    const service = await running(["--prompt"])
    await expect(ask(parseAddress(service.address))).rejects.toThrow("it refused")
    await service.stop("SIGINT")
  })
})

describe.runIf(sops !== undefined)("real sops", () => {
  test("is a client of our service", async () => {
    const { address, folder, stop } = await running([])
    const env = { PATH: process.env["PATH"] ?? "", HOME: temporaryFolder() }
    writeFileSync(join(folder, "plain.yaml"), "a: canary-7f3a\n")
    const ours = ["--enable-local-keyservice=false", "--keyservice", address]
    const sealed = spawnSync(sops!, ["encrypt", ...ours, "--age", recipients["age-a"], "plain.yaml"], {
      cwd: folder,
      env,
    })
    expect(String(sealed.stderr) + String(sealed.status)).toBe("0")
    writeFileSync(join(folder, "sealed.yaml"), sealed.stdout)
    const opened = spawnSync(sops!, ["decrypt", ...ours, "sealed.yaml"], { cwd: folder, env })
    expect(String(opened.stderr) + String(opened.stdout)).toBe("a: canary-7f3a\n")
    const foreign = spawnSync(sops!, ["encrypt", ...ours, "--pgp", "0".repeat(40), "plain.yaml"], { cwd: folder, env })
    expect(foreign.status).toBe(1)
    expect(String(foreign.stderr)).toContain("gpg does not have this public key")
    await stop("SIGTERM")
  })

  test("is a service for our client", async () => {
    const folder = temporaryFolder()
    const path = join(folder, "socket")
    const env = { PATH: process.env["PATH"] ?? "", HOME: folder, SOPS_AGE_KEY_FILE: keyFile("age-a.txt") }
    const child = spawn(sops!, ["keyservice", "--network", "unix", "--address", path], { env, stdio: "ignore" })
    ends.push(() => void child.kill("SIGKILL"))
    while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 20))
    const address: Address = { network: "unix", path }
    const enc = await ask(address)
    expect([...(await ask(address, { method: methods.unwrap, bytes: enc }))]).toEqual([...secret])
    await expect(ask(address, { method: methods.unwrap, bytes: Buffer.from("x") })).rejects.toThrow("age")
    const services = { isLocal: false, remote: [address] }
    const opened = await unwrapDataKey([[await wrapped()]], 0, { context: testContext(), services })
    expect(opened.use((bytes) => [...bytes])).toEqual([...secret])
  })
})
