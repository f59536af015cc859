import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, test } from "vitest"
import { makePrivateDir, withPrivateDir } from "../../src/host/private-dir.ts"
import { processTag } from "../../src/host/leftovers.ts"
import { machine, tempFolder } from "./machine.ts"
import { bundled, node, start } from "./script.ts"

const script = bundled(new URL("scripts/private.ts", import.meta.url))

describe("S13: private folder", () => {
  test("0700 with files of 0600, whatever the umask is", async () => {
    const base = tempFolder()
    const before = process.umask(0)
    try {
      await withPrivateDir(
        machine(),
        async (dir) => {
          expect(dirname(dir.path)).toBe(base)
          expect(statSync(dir.path).mode & 0o777).toBe(0o700)
          const path = dir.write("a.yaml", Buffer.from("x"))
          expect(statSync(path).mode & 0o777).toBe(0o600)
          expect(readFileSync(path, "utf8")).toBe("x")
        },
        { base },
      )
    } finally {
      process.umask(before)
    }
    expect(readdirSync(base)).toEqual([])
  })

  test("in memory where that is, else in the folder for temporary files", () => {
    const temp = tempFolder()
    const io = machine({ temp })
    const hasMemory = existsSync("/dev/shm")
    const first = makePrivateDir(io)
    expect(dirname(first.path)).toBe(hasMemory ? "/dev/shm" : temp)
    first.remove()
    const fs = {
      ...io.fs,
      makeFolder: (path: string, mode: number) => {
        if (path.startsWith("/dev/shm/")) throw Object.assign(new Error(), { code: "ENOSPC" })
        io.fs.makeFolder(path, mode)
      },
    }
    const second = makePrivateDir({ ...io, fs })
    expect(dirname(second.path)).toBe(temp)
    second.remove()
    expect(readdirSync(temp)).toEqual([])
  })

  test("a file system that keeps no modes is not used", () => {
    const temp = tempFolder()
    const io = machine({ platform: "darwin", temp })
    const fs = { ...io.fs, chmodPath: (path: string) => chmodSync(path, 0o755) }
    expect(() => makePrivateDir({ ...io, fs })).toThrow(expect.objectContaining({ code: "FILE_UNWRITABLE" }))
    expect(readdirSync(temp)).toEqual([])
  })

  test("a file is never written over, nor through a link", () => {
    const dir = makePrivateDir(machine(), { base: tempFolder() })
    symlinkSync("/nowhere", join(dir.path, "link"))
    dir.write("a", Buffer.from("x"))
    for (const name of ["a", "link"]) {
      expect(() => dir.write(name, Buffer.from("y"))).toThrow(expect.objectContaining({ code: "FILE_UNWRITABLE" }))
    }
    dir.remove()
  })

  test("links in it are removed, not followed; folders too", () => {
    const outside = tempFolder()
    writeFileSync(join(outside, "keep"), "x")
    const dir = makePrivateDir(machine(), { base: tempFolder() })
    mkdirSync(join(dir.path, "sub/deep"), { recursive: true })
    symlinkSync(outside, join(dir.path, "sub/link"))
    dir.remove()
    expect(existsSync(dir.path)).toBe(false)
    expect(readdirSync(outside)).toEqual(["keep"])
  })

  test("a folder that cannot be removed is an error that names it", async () => {
    const io = machine()
    const remove = (): never => {
      throw Object.assign(new Error(), { code: "EBUSY" })
    }
    const base = tempFolder()
    const work = withPrivateDir({ ...io, fs: { ...io.fs, remove } }, async () => {}, { base })
    await expect(work).rejects.toMatchObject({ code: "TEMP_NOT_REMOVED", exit: 3 })
  })

  test.each([
    { how: "return", status: 0, signal: null },
    { how: "throw", status: 9, signal: null },
    { how: "exit", status: 3, signal: null },
    { how: "uncaught", status: 1, signal: null },
    { how: "SIGINT", status: null, signal: "SIGINT" },
    { how: "SIGTERM", status: null, signal: "SIGTERM" },
    { how: "SIGHUP", status: null, signal: "SIGHUP" },
    { how: "SIGQUIT", status: null, signal: "SIGQUIT" },
  ] as const)("it is gone after: $how", async ({ how, status, signal }) => {
    const { child, ended, said } = start(node, [script, how], { cwd: tempFolder() })
    await said("\n")
    if (signal !== null) child.kill(signal)
    const end = await ended
    expect(end).toMatchObject({ status, signal })
    expect(existsSync(dirname(end.stdout.trim()))).toBe(false)
  })

  test("what a killed process left goes with the next; what another one uses stays", async () => {
    const { child, ended, said } = start(node, [script, "SIGKILL"])
    await said("\n")
    child.kill("SIGKILL")
    const killed = dirname((await ended).stdout.trim())
    expect(existsSync(killed)).toBe(true)
    const io = machine()
    const alive = { ...io, processes: { ...io.processes, pid: process.ppid } }
    const used = join(dirname(killed), `sotto-${processTag(alive)}-0123456789abcdef`)
    mkdirSync(used)
    const foreign = join(dirname(killed), "sotto-elsewhere-1-0123456789abcdef")
    mkdirSync(foreign)
    makePrivateDir(io, { base: dirname(killed) }).remove()
    expect([killed, used, foreign].map((path) => existsSync(path))).toEqual([false, true, true])
    io.fs.remove(used)
    io.fs.remove(foreign)
  })
})
