import { chmodSync, closeSync, mkdirSync, openSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { descriptorOf, factsOf, isInside, letGo, readFile, readOptionalFile } from "../../src/host/files.ts"
import { readDescriptor } from "../../src/host/streams.ts"
import { machine, tempFolder } from "./machine.ts"
import { bundled, node, start } from "./script.ts"

const read = bundled(new URL("scripts/read.ts", import.meta.url))
const bytesMax = 1000
const isRoot = process.getuid?.() === 0

describe("readFile", () => {
  test("bytes and facts, through a link", async () => {
    const cwd = tempFolder()
    writeFileSync(join(cwd, "a.yaml"), "a: 1\n", { mode: 0o640 })
    symlinkSync("a.yaml", join(cwd, "link.yaml"))
    const { bytes, facts } = await readFile(machine({ cwd }), "link.yaml", { bytesMax })
    expect(Buffer.from(bytes).toString()).toBe("a: 1\n")
    expect(facts).toMatchObject({ kind: "file", size: 5, links: 1 })
  })

  test.each([
    { name: "whole at once", sizes: [], reads: 1 },
    { name: "in pieces, as some file systems give it", sizes: [3, 1, 0], reads: 3 },
    { name: "that grows meanwhile", sizes: [], reads: 2, more: "b: 2\n" },
  ])("a file $name, to its end", async ({ sizes, reads, more = "" }) => {
    const cwd = tempFolder()
    writeFileSync(join(cwd, "a.yaml"), "a: 1\n")
    const io = machine({ cwd })
    let count = 0
    const fs: typeof io.fs = {
      ...io.fs,
      read(fd, buffer, position) {
        if (count === 0 && more !== "") writeFileSync(join(cwd, "a.yaml"), more, { flag: "a" })
        const size = sizes[count++] ?? buffer.length
        return io.fs.read(fd, buffer.subarray(0, Math.min(size === 0 ? buffer.length : size, buffer.length)), position)
      },
    }
    const { bytes } = await readFile({ ...io, fs }, "a.yaml", { bytesMax })
    expect(Buffer.from(bytes).toString()).toBe(`a: 1\n${more}`)
    expect(count).toBe(reads)
  })

  test("a file that says that it is empty and is not", async () => {
    const { bytes } = await readFile(machine(), "/proc/self/status", { bytesMax: 100_000 })
    expect(bytes.length).toBeGreaterThan(100)
  })

  test.each([
    { name: "nothing there", path: "none.yaml", code: "FILE_MISSING", exit: 100 },
    { name: "nothing there, and the folder is a file", path: "big.yaml/x", code: "FILE_MISSING", exit: 100 },
    { name: "a link to nothing", path: "dangling", code: "FILE_MISSING", exit: 100 },
    { name: "a folder", path: "folder", code: "FILE_UNREADABLE", exit: 2 },
    { name: "links in a circle", path: "circle", code: "FILE_UNREADABLE", exit: 2 },
    { name: "past the limit", path: "big.yaml", code: "TOO_LARGE", exit: 2 },
  ])("$name", async ({ path, code, exit }) => {
    const cwd = tempFolder()
    mkdirSync(join(cwd, "folder"))
    symlinkSync("nowhere", join(cwd, "dangling"))
    symlinkSync("circle", join(cwd, "circle"))
    writeFileSync(join(cwd, "big.yaml"), "x".repeat(1001))
    await expect(readFile(machine({ cwd }), path, { bytesMax })).rejects.toMatchObject({
      code,
      exit,
      where: { file: path },
    })
  })

  test.skipIf(isRoot)("no permission", async () => {
    const cwd = tempFolder()
    writeFileSync(join(cwd, "a"), "x")
    chmodSync(join(cwd, "a"), 0)
    await expect(readFile(machine({ cwd }), "a", { bytesMax })).rejects.toMatchObject({ code: "FILE_UNREADABLE" })
  })

  test("a file of exactly the limit", async () => {
    const cwd = tempFolder()
    writeFileSync(join(cwd, "a"), "x".repeat(1000))
    expect((await readFile(machine({ cwd }), "a", { bytesMax })).bytes.length).toBe(1000)
  })

  test("optional: null only when nothing is there", async () => {
    const cwd = tempFolder()
    expect(await readOptionalFile(machine({ cwd }), "a", { bytesMax })).toBeNull()
    await expect(readOptionalFile(machine({ cwd }), ".", { bytesMax })).rejects.toMatchObject({
      code: "FILE_UNREADABLE",
    })
  })
})

describe("standard input", () => {
  const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251))
  const hex = content.toString("hex")

  test.each(["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"])(
    "%s is descriptor 0, also when it is a socket",
    async (path) => {
      const { child, ended } = start(node, [read, path])
      child.stdin?.end(content)
      expect((await ended).stdout).toBe(`stream ${hex}`)
    },
  )

  test("a file", async () => {
    const file = join(tempFolder(), "a")
    writeFileSync(file, content)
    const fd = openSync(file, "r")
    const { ended } = start(node, [read, "/dev/stdin"], { stdio: [fd, "pipe", "pipe"] })
    expect((await ended).stdout).toBe(`stream ${hex}`)
    closeSync(fd)
  })

  test("a pipe, and a late writer", async () => {
    const { ended } = start("/bin/sh", ["-c", `(sleep 0.2; printf abc) | "$0" "$1" /dev/stdin`, node, read])
    expect((await ended).stdout).toBe("stream 616263")
  })

  test("/dev/fd/N of the caller", async () => {
    const { ended } = start("/bin/sh", ["-c", `printf abc | { "$0" "$1" /dev/fd/7 7<&0 </dev/null; }`, node, read])
    expect((await ended).stdout).toBe("stream 616263")
  })

  test("a named pipe", async () => {
    const fifo = join(tempFolder(), "fifo")
    const { ended } = start("/bin/sh", [
      "-c",
      `mkfifo "$2"; (sleep 0.1; printf abc >"$2") & "$0" "$1" "$2"`,
      node,
      read,
      fifo,
    ])
    expect((await ended).stdout).toBe("stream 616263")
  })

  test("a non-blocking descriptor that has nothing yet is asked again", async () => {
    const answers: (string | Buffer)[] = [
      "EAGAIN",
      "EINTR",
      Buffer.from("ab"),
      "EAGAIN",
      Buffer.from("c"),
      Buffer.alloc(0),
    ]
    const io = machine()
    const fs = {
      ...io.fs,
      statOpen: () => io.fs.stat("/dev/null"),
      readLater: async (_: number, buffer: Uint8Array) => {
        const answer = answers.shift() ?? "EIO"
        if (typeof answer === "string") throw Object.assign(new Error(), { code: answer })
        buffer.set(answer)
        return answer.length
      },
    }
    const bytes = await readDescriptor({ fs, sleep: async () => {} }, 0, { bytesMax: 10, file: "x" })
    expect(Buffer.from(bytes).toString()).toBe("abc")
  })
})

describe("places", () => {
  test.each([
    ["/dev/stdin", 0],
    ["/dev/stdout", 1],
    ["/dev/stderr", 2],
    ["/dev/fd/63", 63],
    ["/proc/self/fd/5", 5],
    ["/dev/fd/", null],
    ["/dev/fd/x", null],
    ["dev/stdin", null],
    ["-", null],
  ])("%s is descriptor %s", (path, expected) => {
    expect(descriptorOf({ platform: "linux" }, path)).toBe(expected)
    expect(descriptorOf({ platform: "win32" }, path)).toBeNull()
  })

  test.each([
    ["/a", "/a/b", true],
    ["/a", "/a", true],
    ["/a", "/a/..b", true],
    ["/a", "/ab", false],
    ["/a", "/", false],
    ["/a/b", "/a/c", false],
  ])("%s holds %s: %s", (folder, path, expected) => {
    expect(isInside(folder, path)).toBe(expected)
  })

  test("facts of nothing", () => {
    expect(factsOf(machine({ cwd: tempFolder() }), "none")).toBeNull()
  })
})

test("the memory of a long file is given back at once, where the engine can, and a short one stays", () => {
  const [long, short] = [Buffer.allocUnsafeSlow(1_000_000), Buffer.from("short")]
  letGo(long)
  letGo(short)
  expect(long.length).toBe("transfer" in ArrayBuffer.prototype ? 0 : 1_000_000)
  expect(short.toString()).toBe("short")
})
