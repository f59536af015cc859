import { existsSync, readFileSync, statSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { describe, expect, test } from "vitest"
import { runChild } from "../../src/host/child.ts"
import { confined, withExecFile, withPath } from "../../src/host/exec.ts"
import { machine, tempFolder } from "./machine.ts"
import { bundled, node, start } from "./script.ts"

const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251))
const script = bundled(new URL("scripts/exec-file.ts", import.meta.url))
const fifo = { kind: "fifo", isInTemp: false, outside: [] } as const
const env = new Map([["PATH", process.env["PATH"] ?? ""]])

async function shell(io: ReturnType<typeof machine>, command: string): Promise<number> {
  const order = { program: "/bin/sh", args: ["-c", command], env, signals: "leave", stdio: "ignore" } as const
  return (await runChild(io, order)).status
}

describe("withExecFile", () => {
  test("a named pipe gives everything once, to whoever reads it", async () => {
    const cwd = tempFolder()
    const io = machine({ cwd })
    let seen = ""
    await withExecFile(io, bytes, fifo, async (path) => {
      seen = path
      expect(statSync(path).isFIFO()).toBe(true)
      expect(statSync(path).mode & 0o777).toBe(0o600)
      expect(basename(path)).toBe("tmp-file")
      expect(await shell(io, `sleep 0.1; cat "${path}" >copy`)).toBe(0)
    })
    expect(readFileSync(join(cwd, "copy")).equals(bytes)).toBe(true)
    expect(existsSync(dirname(seen))).toBe(false)
  })

  test("a slow reader gets everything", async () => {
    const cwd = tempFolder()
    const io = machine({ cwd })
    await withExecFile(io, bytes, fifo, (path) => shell(io, `{ head -c 1000; sleep 0.2; cat; } <"${path}" >copy`))
    expect(readFileSync(join(cwd, "copy")).equals(bytes)).toBe(true)
  })

  test.each([
    { name: "nobody opens it", command: "true" },
    { name: "the reader takes a part and goes", command: 'head -c 10 "$PIPE"' },
    { name: "it is opened and closed", command: ': <"$PIPE"' },
  ])("$name: no hang", async ({ command }) => {
    const { ended } = start(node, [script, command])
    const end = await ended
    expect(end).toMatchObject({ status: 0, stderr: "" })
    expect(existsSync(dirname(end.stdout.split("\n")[0] ?? ""))).toBe(false)
  })

  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "%s while nobody reads: no hang, nothing left",
    async (signal) => {
      const { child, ended, said } = start(node, [script, "echo ready; exec sleep 60"])
      await said("ready")
      child.kill(signal)
      const end = await ended
      expect(end.status).toBeGreaterThan(128)
      expect(existsSync(dirname(end.stdout.split("\n")[0] ?? "x"))).toBe(false)
    },
  )

  test("a regular file", async () => {
    const names: string[] = []
    for (const filename of [undefined, "config.json", "sub/deep/config.json", "./x"]) {
      await withExecFile(machine(), bytes, { ...fifo, kind: "file", filename }, async (path) => {
        names.push(basename(path))
        expect(statSync(path).mode & 0o777).toBe(0o600)
        expect(readFileSync(path).equals(bytes)).toBe(true)
      })
    }
    expect(names).toEqual([expect.stringMatching(/^tmp-file\d+$/), "config.json", "config.json", "x"])
  })

  test("as sops it lies in TMPDIR", async () => {
    const temp = tempFolder()
    await withExecFile(machine({ temp }), bytes, { ...fifo, kind: "file", isInTemp: true }, async (path) => {
      expect(dirname(dirname(path))).toBe(temp)
      expect(basename(dirname(path))).toMatch(/^\.sops/)
    })
    expect(machine().fs.list(temp)).toEqual([])
  })

  test("the folder is gone when the work fails", async () => {
    let seen = ""
    const work = withExecFile(machine(), bytes, fifo, async (path) => {
      seen = path
      throw new Error("work")
    })
    await expect(work).rejects.toThrow("work")
    expect(existsSync(dirname(seen))).toBe(false)
  })
})

describe("names", () => {
  test.each(["a", "a.yaml", "a/b", "./a", "a/../b", "..a", "a b"])("%j stays in its folder", (name) => {
    expect(() => confined(name)).not.toThrow()
  })

  test.each(["", ".", "./", "..", "../a", "a/../../b", "/a", "/", "a/..", "a/", "a\0"])("%j does not", (name) => {
    expect(() => confined(name)).toThrow(expect.objectContaining({ code: "FILENAME_OUTSIDE" }))
  })

  test("every placeholder is replaced, by nothing but the path", () => {
    expect(withPath("cat {} {}; echo {a} ${}", "/x/$&$1")).toBe("cat /x/$&$1 /x/$&$1; echo {a} $/x/$&$1")
  })
})
