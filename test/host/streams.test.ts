import { closeSync, openSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { type StreamParts, realOutput } from "../../src/host/streams.ts"
import { machine, tempFolder } from "./machine.ts"
import { bundled, node, start } from "./script.ts"

const script = bundled(new URL("scripts/streams.ts", import.meta.url))
const size = 1_000_000

function output(env: Readonly<Record<string, string>>, isTerminal: boolean): ReturnType<typeof realOutput> {
  const parts: StreamParts = { ...machine(), isTerminal: () => isTerminal }
  return realOutput(parts, { fd: 1, env: new Map(Object.entries(env)), isError: false })
}

describe("output", () => {
  test.each(["", "| cat", "| { sleep 0.2; cat; }"])("everything in order, whoever reads (%s)", async (reader) => {
    const { stdout } = await start("/bin/sh", ["-c", `"$0" "$1" big ${size} ${reader}`, node, script]).ended
    expect(stdout.length).toBe(size + 10)
    expect(stdout.slice(0, 5)).toBe("first")
    expect(stdout.slice(-5)).toBe("last!")
  })

  test("to a file", async () => {
    const file = join(tempFolder(), "out")
    const fd = openSync(file, "w")
    await start(node, [script, "big", String(size)], { stdio: ["ignore", fd, "pipe"] }).ended
    closeSync(fd)
    expect(readFileSync(file).length).toBe(size + 10)
  })

  test.each([
    ["linux", 64 * 1024, 0],
    ["linux", 64 * 1024 + 1, 1],
    ["darwin", 16 * 1024, 0],
    ["darwin", 16 * 1024 + 1, 1],
  ] as const)("on %s %i bytes for a pipe take %i calls in another thread", async (platform, length, others) => {
    const { fs, ...rest } = machine()
    let later = 0
    const writeLater = (_fd: number, bytes: Uint8Array): Promise<number> => {
      later++
      return Promise.resolve(bytes.length)
    }
    const pipe: StreamParts["fs"] = {
      ...fs,
      statOpen: () => ({ ...fs.stat("/"), kind: "other" }),
      write: (_fd, bytes) => bytes.length,
      writeLater,
    }
    const parts: StreamParts = { ...rest, fs: pipe, platform, isTerminal: () => false }
    await realOutput(parts, { fd: 1, env: new Map(), isError: false }).write(Buffer.alloc(length))
    expect(later).toBe(others)
  })

  test("a long text whose astral characters stand at all places", async () => {
    const file = join(tempFolder(), "out")
    const fd = openSync(file, "w")
    const text = "x" + "👋".repeat(1_200_000)
    const parts: StreamParts = { ...machine(), isTerminal: () => false }
    await realOutput(parts, { fd, env: new Map(), isError: false }).write(text)
    closeSync(fd)
    expect(readFileSync(file).equals(Buffer.from(text))).toBe(true)
  })

  test("a reader that has gone", async () => {
    const { stdout, stderr } = await start("/bin/sh", ["-c", `"$0" "$1" big ${size} | head -c 5`, node, script]).ended
    expect(stdout).toBe("first")
    expect(stderr).toBe("OUTPUT_CLOSED 141\n")
  })

  test("a device that is full", async () => {
    const fd = openSync("/dev/full", "w")
    const { stderr } = await start(node, [script, "big", "1"], { stdio: ["ignore", fd, "pipe"] }).ended
    closeSync(fd)
    expect(stderr).toBe("OUTPUT_FAILED 3\n")
  })

  test("standard error that is closed is no failure", async () => {
    const { stdout } = await start("/bin/sh", ["-c", `"$0" "$1" error 2>&1 >&3 | true`, node, script], {
      stdio: ["ignore", "pipe", "pipe", openSync("/dev/null", "w")],
    }).ended
    expect(stdout).toBe("")
  })

  test.each([
    { env: {}, isTerminal: true, color: true },
    { env: { NO_COLOR: "" }, isTerminal: true, color: true },
    { env: { NO_COLOR: "0" }, isTerminal: true, color: false },
    { env: { TERM: "dumb" }, isTerminal: true, color: false },
    { env: { TERM: "xterm" }, isTerminal: false, color: false },
  ])("colour with $env, terminal: $isTerminal", ({ env, isTerminal, color }) => {
    expect(output(env, isTerminal)).toMatchObject({ hasColor: color, isTty: isTerminal })
  })

  test("a pipe, a file and /dev/null are no terminals", async () => {
    expect((await start(node, [script, "tty"]).ended).stdout).toBe("false false false")
  })
})

describe("input by lines", () => {
  test("not one byte past the line is taken from the next reader", async () => {
    const { child, ended } = start("/bin/sh", ["-c", `"$0" "$1" line; cat`, node, script])
    child.stdin?.end("one\r\ntwo\nthree")
    expect((await ended).stdout).toBe('"one"two\nthree')
  })

  test.each([
    ["", "null"],
    ["\n", '""'],
    ["no end", '"no end"'],
    ["ü\n", '"ü"'],
  ])("%j reads as %s", async (input, line) => {
    const { child, ended } = start(node, [script, "line"])
    child.stdin?.end(input)
    expect((await ended).stdout).toBe(line)
  })
})
