import { describe, expect, test } from "vitest"
import { realIo } from "../../src/host/io.ts"
import { progressOn, type Output } from "../../src/host/streams.ts"
import { bundled, node, start } from "./script.ts"

const script = bundled(new URL("scripts/facts.ts", import.meta.url))
const bareScript = bundled(new URL("scripts/bare.ts", import.meta.url))

describe("realIo", () => {
  test("what the process was given", async () => {
    const env = { A: "1", EMPTY: "", __proto__x: "p", HOME: "/h", TMPDIR: "/t", PATH: process.env["PATH"] ?? "" }
    const { stdout } = await start(node, [script, "a", "-b"], { env, cwd: "/" }).ended
    const facts = JSON.parse(stdout) as Record<string, unknown>
    expect(facts).toMatchObject({ argv: ["a", "-b"], cwd: "/", home: "/h", temp: "/t", platform: process.platform })
    expect(Object.fromEntries(facts["env"] as [string, string][])).toMatchObject(env)
  })

  test("a cold start loads no module of Node that it does not need", async () => {
    const { stdout } = await start(node, [script]).ended
    const { loaded } = JSON.parse(stdout) as { loaded: string[] }
    // Some lines of Node load one of them for themselves.
    const bare = await start(node, [bareScript]).ended
    const own = new Set(JSON.parse(bare.stdout) as string[])
    const unwanted = new Set(["child_process", "tty", "net", "crypto", "os"].map((name) => `NativeModule ${name}`))
    expect(loaded.filter((name) => unwanted.has(name) && !own.has(name))).toEqual([])
  })

  test("random bytes, time and a clock", () => {
    const io = realIo()
    expect(io.randomBytes(16)).toHaveLength(16)
    expect(Buffer.from(io.randomBytes(16)).equals(Buffer.from(io.randomBytes(16)))).toBe(false)
    expect(Math.abs(io.now().getTime() - Date.now())).toBeLessThan(60_000)
    expect(io.clock()).toBeLessThanOrEqual(io.clock())
  })
})

describe("progress", () => {
  function recorder(isTty: boolean): { output: Output; written: string[] } {
    const written: string[] = []
    const write = async (data: string | Uint8Array): Promise<void> => void written.push(String(data))
    return { output: { isTty, hasColor: false, write, flush: async () => {} }, written }
  }

  test("one line on a terminal, and nothing of it is left", () => {
    const { output, written } = recorder(true)
    const progress = progressOn(output)
    progress.clear()
    progress.show("1 of 2")
    progress.show("x".repeat(200))
    progress.clear()
    progress.clear()
    expect(written).toEqual(["\r\x1b[K1 of 2", `\r\x1b[K${"x".repeat(79)}`, "\r\x1b[K"])
  })

  test("nothing elsewhere", () => {
    const { output, written } = recorder(false)
    const progress = progressOn(output)
    progress.show("1 of 2")
    progress.clear()
    expect(written).toEqual([])
  })
})
