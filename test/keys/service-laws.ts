import { execFile, spawnSync } from "node:child_process"
import { mkdtempSync, realpathSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inspect } from "node:util"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { type Recipient } from "../../src/core/recipient.ts"
import { SecretBytes } from "../../src/core/secret.ts"
import { AppError } from "../../src/errors/app-error.ts"
import { type KeyProvider } from "../../src/keys/provider.ts"
import { canary, leaks } from "../canary.ts"
import { type Fault, type TestServer, startServer } from "../servers/server.ts"
import { type TestContextOptions, testContext } from "./context.ts"
import { recipientName } from "../../src/keys/kinds.ts"
import { stockSops as sopsBin } from "../stock-sops.ts"

/** A provider, and a server that can answer it. */
export interface ServiceUnderTest {
  readonly name: string
  readonly provider: KeyProvider
  start(): Promise<RunningService>
  /** Recipients that must not lead to any request. */
  readonly hostile: readonly Recipient[]
  /** How real sops is told about the recipient, and where its metadata has the entry. */
  readonly sops: {
    readonly flag: string
    readonly section: string
    /** The first 3.MINOR that can be led to the test server; absent: every one. */
    readonly sinceMinor?: number
    readonly recipientOf?: (recipient: Recipient) => string
  }
}

export interface RunningService {
  readonly server: TestServer
  readonly recipient: Recipient
  readonly env: Readonly<Record<string, string>>
  /** For real sops, where that needs another environment. */
  readonly sopsEnv?: Readonly<Record<string, string>>
  /** The same without credentials. */
  readonly envWithoutCredentials: Readonly<Record<string, string>>
  /** What the service would have made of these bytes. */
  wrap(plain: Uint8Array): string
  /** As another key would have wrapped them. */
  wrapElsewhere(plain: Uint8Array): string
  disable(): void
  deny(): void
  /** A part of the caller's name that the error for a denied request has to show. */
  readonly caller: string
  stop(): Promise<void>
}

/** Of `3.MINOR.PATCH`. */
const sopsMinor = Number(/\b3\.(\d+)\./.exec(sopsBin === undefined ? "" : versionOf(sopsBin))?.[1] ?? 0)

export const secret = Buffer.from(`${canary}-data-key-of-32-bytes`.padEnd(32, "."))

/** What the error of a misbehaving server has to be. */
const faults: readonly { readonly fault: Fault; readonly code: string }[] = [
  { fault: "silent", code: "KEY_TIMEOUT" },
  { fault: "throttled", code: "KEY_THROTTLED" },
  { fault: "redirect", code: "KEY_ANSWER" },
  { fault: "oversized", code: "KEY_ANSWER" },
  { fault: "cut", code: "KEY_NETWORK" },
  { fault: "garbage", code: "KEY_ANSWER" },
  { fault: "broken", code: "KEY_ANSWER" },
]

/** What holds for every provider that asks a service. */
export function serviceLaws({ name, provider, start, hostile, sops }: ServiceUnderTest): void {
  let service: RunningService
  beforeEach(async () => {
    service = await start()
  })
  afterEach(() => service.stop())

  const call = <T>(options: TestContextOptions, work: (context: ReturnType<typeof testContext>) => Promise<T>) =>
    inEnvironment({ SOTTO_KEY_TIMEOUT: "5", ...(options.env ?? service.env) }, (env) =>
      work(testContext({ ...options, env })),
    )
  const wrap = (options: TestContextOptions = {}): Promise<string> =>
    call(options, (context) => provider.wrap(new SecretBytes(Uint8Array.from(secret)), service.recipient, context))
  const unwrap = (enc: string, options: TestContextOptions = {}): Promise<Uint8Array> =>
    call(options, async (context) => {
      const opened = await provider.unwrap({ recipient: service.recipient, enc, createdAt: null }, context)
      return opened!.use((bytes) => Uint8Array.from(bytes))
    })
  const failureOf = (work: Promise<unknown>): Promise<AppError> => expectedFailure(work)

  describe(`${name}: what is wrapped comes back`, () => {
    test("by the same service", async () => {
      const enc = await wrap()
      expect(leaks(enc)).toBe(false)
      expect(Buffer.from(await unwrap(enc))).toEqual(secret)
      expect(Buffer.from(await unwrap(service.wrap(secret)))).toEqual(secret)
    })

    test.runIf(sopsBin !== undefined && sopsMinor >= (sops.sinceMinor ?? 0))("by real sops, both ways", async () => {
      const folder = mkdtempSync(join(realpathSync(tmpdir()), "sotto-sops-"))
      const file = join(folder, "plain.json")
      writeFileSync(file, '{"a":"b"}')
      const env = service.sopsEnv ?? service.env
      const recipient = (sops.recipientOf ?? recipientName)(service.recipient)
      const sealed = await runSops(["encrypt", sops.flag, recipient, file], env)
      const document = JSON.parse(sealed) as { sops: Record<string, { enc: string }[]> }
      const entry = document.sops[sops.section]![0]!
      const dataKey = await unwrap(entry.enc)
      expect(dataKey.length).toBe(32)

      entry.enc = await call({}, (context) => provider.wrap(new SecretBytes(dataKey), service.recipient, context))
      const ours = join(folder, "ours.json")
      writeFileSync(ours, JSON.stringify(document))
      expect(await runSops(["decrypt", "--extract", '["a"]', ours], env)).toBe("b")
    })
  })

  describe(`${name}: what fails`, () => {
    test.each(faults)("a $fault server is $code", async ({ fault, code }) => {
      const elsewhere = await startServer(() => ({ status: 200 }))
      const enc = service.wrap(secret)
      service.server.fault = fault
      service.server.redirectTo = `${elsewhere.origin}/stolen`
      const env = { ...service.env, SOTTO_KEY_TIMEOUT: fault === "silent" ? "0.4" : "5" }
      const errors = [await failureOf(unwrap(enc, { env })), await failureOf(wrap({ env }))]
      expect(errors.map((error) => error.code)).toEqual([code, code])
      expect(elsewhere.received).toEqual([])
      await elsewhere.close()
    })

    test("a server that is down is KEY_NETWORK", async () => {
      const enc = service.wrap(secret)
      await service.server.close()
      const error = await failureOf(unwrap(enc))
      expect(error.code).toBe("KEY_NETWORK")
      // Behind a proxy it is the proxy that says so.
      expect(error.message).toMatch(/nothing listens there|it answered 502/)
    })

    test("a ciphertext of another key is KEY_CIPHERTEXT", async () => {
      expect((await failureOf(unwrap(service.wrapElsewhere(secret)))).code).toBe("KEY_CIPHERTEXT")
    })

    test("a disabled key is KEY_UNAVAILABLE", async () => {
      const enc = service.wrap(secret)
      service.disable()
      expect((await failureOf(unwrap(enc))).code).toBe("KEY_UNAVAILABLE")
    })

    test("a denied caller is KEY_DENIED, and named", async () => {
      const enc = service.wrap(secret)
      service.deny()
      const error = await failureOf(unwrap(enc))
      expect(error.code).toBe("KEY_DENIED")
      expect(error.message).toContain(service.caller)
      expect(error.hint).toBeDefined()
    })

    test("without credentials it is KEY_NO_CREDENTIALS, with what to do", async () => {
      const error = await failureOf(unwrap(service.wrap(secret), { env: service.envWithoutCredentials }))
      expect(error.code).toBe("KEY_NO_CREDENTIALS")
      expect(error.hint).toBeDefined()
    })

    test.each([0, 16, 31, 34])("a data key of %i bytes is refused", async (length) => {
      const error = await failureOf(unwrap(service.wrap(Buffer.alloc(length, canary))))
      expect(error.code).toBe("KEY_ANSWER")
    })

    test.each(["", "canary-7f3a!", "A".repeat(20_000)])("an entry that cannot be one is not sent", async (enc) => {
      expect((await failureOf(unwrap(enc))).code).toBe("STANZA_INVALID")
      expect(service.server.received).toEqual([])
    })

    test("a call that is given up ends at once", async () => {
      service.server.fault = "silent"
      const own = new AbortController()
      const env = { ...service.env, SOTTO_KEY_TIMEOUT: "3600" }
      const failing = failureOf(unwrap(service.wrap(secret), { env, signal: own.signal }))
      setTimeout(() => own.abort(), 50)
      expect((await failing).code).toBe("KEY_TIMEOUT")
    })
  })

  // Security rule S5.
  describe(`${name}: "S5": hostile identifiers`, () => {
    test("there are 20 and more", () => {
      expect(hostile.length).toBeGreaterThanOrEqual(20)
      expect(new Set(hostile.map((one) => inspect(one))).size).toBe(hostile.length)
    })

    test.each(hostile.map((recipient) => ({ recipient })))("$recipient sends nothing", async ({ recipient }) => {
      const enc = service.wrap(secret)
      const opened = call({}, (context) => provider.unwrap({ recipient, enc, createdAt: null }, context))
      expect((await failureOf(opened)).code).toBe("RECIPIENT_INVALID")
      const wrapped = call({}, (context) => provider.wrap(new SecretBytes(new Uint8Array(32)), recipient, context))
      expect((await failureOf(wrapped)).code).toBe("RECIPIENT_INVALID")
      expect(service.server.received).toEqual([])
    })
  })
}

/** An expected failure: it shows no secret, in no field, and nothing was printed on the way. */
export async function expectedFailure(work: Promise<unknown>): Promise<AppError> {
  const printed: unknown[] = []
  const warn = (warning: unknown): void => void printed.push(warning)
  process.on("warning", warn)
  try {
    await work
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    expect(leaks(error)).toBe(false)
    // Node hands warnings on when all promises have had their turn.
    await new Promise((resolve) => setImmediate(resolve))
    expect(printed).toEqual([])
    return error
  } finally {
    process.off("warning", warn)
  }
  throw new Error("it did not fail")
}

/** The libraries of the clouds read the variables of the process itself. */
export async function inEnvironment<T>(
  env: Readonly<Record<string, string>>,
  work: (env: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  const before = { ...process.env }
  const whole = { PATH: before["PATH"] ?? "", HOME: join(tmpdir(), "no-such-home"), ...env }
  setEnvironment(whole)
  try {
    return await work(whole)
  } finally {
    setEnvironment(before)
  }
}

function setEnvironment(env: Readonly<Record<string, string | undefined>>): void {
  for (const name of Object.keys(process.env)) if (!Object.hasOwn(env, name)) delete process.env[name]
  Object.assign(process.env, env)
}

function versionOf(program: string): string {
  return spawnSync(program, ["--version", "--disable-version-check"], { encoding: "utf8" }).stdout
}

function runSops(args: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  const whole = { PATH: process.env["PATH"] ?? "", HOME: join(tmpdir(), "no-such-home"), ...env }
  return new Promise((resolve, reject) => {
    execFile(sopsBin!, args, { env: whole }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`sops failed: ${stderr}`))
    })
  })
}
