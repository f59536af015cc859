import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { tempName } from "../../src/host/leftovers.ts"
import { writeAtomic } from "../../src/host/write-atomic.ts"
import { machine, tempFolder } from "./machine.ts"
import { bundled, node, start } from "./script.ts"

const bytes = Buffer.from("new: text\n")
const old = Buffer.from("old\n")
const isRoot = process.getuid?.() === 0
const write = bundled(new URL("scripts/write.ts", import.meta.url))

function modeOf(path: string): number {
  return statSync(path).mode & 0o7777
}

describe("modes", () => {
  test.each([
    { name: "sealed, new", before: null, mode: "kept", after: 0o666 & ~0o027 },
    { name: "sealed over 0640", before: 0o640, mode: "kept", after: 0o640 },
    { name: "sealed over 0600", before: 0o600, mode: "kept", after: 0o600 },
    { name: "sealed over an executable", before: 0o755, mode: "kept", after: 0o755 },
    { name: "plaintext, new", before: null, mode: "private", after: 0o600 },
    { name: "plaintext over 0644 (S25)", before: 0o644, mode: "private", after: 0o600 },
    { name: "plaintext over a tighter file", before: 0o200, mode: "private", after: 0o200 },
    { name: "--mode", before: 0o600, mode: 0o644, after: 0o644 },
    { name: "--mode, new", before: null, mode: 0o640, after: 0o640 },
  ] as const)("$name", async ({ before, mode, after }) => {
    const cwd = tempFolder()
    const file = join(cwd, "a")
    if (before !== null) writeFileSync(file, old)
    if (before !== null) chmodSync(file, before)
    await writeAtomic(machine({ cwd, umask: 0o027 }), "a", bytes, { mode })
    expect(modeOf(file).toString(8)).toBe(after.toString(8))
    expect(readdirSync(cwd)).toEqual(["a"])
    if (isRoot) expect(readFileSync(file)).toEqual(bytes)
  })

  test("the same modes where the file is written in place", async () => {
    const cwd = tempFolder()
    for (const name of ["sealed", "plain"]) {
      writeFileSync(join(cwd, name), old, { mode: 0o644 })
      linkSync(join(cwd, name), join(cwd, `${name}2`))
    }
    const { ino } = statSync(join(cwd, "plain"))
    await writeAtomic(machine({ cwd }), "sealed", bytes, { mode: "kept" })
    await writeAtomic(machine({ cwd }), "plain", bytes, { mode: "private" })
    expect(modeOf(join(cwd, "sealed"))).toBe(0o644)
    expect(modeOf(join(cwd, "plain"))).toBe(0o600)
    expect(statSync(join(cwd, "plain")).ino).toBe(ino)
    expect(readFileSync(join(cwd, "plain2"))).toEqual(bytes)
  })

  test.runIf(isRoot)("the owner is kept", async () => {
    const cwd = tempFolder()
    writeFileSync(join(cwd, "a"), old, { mode: 0o640 })
    chownSync(join(cwd, "a"), 1234, 2345)
    await writeAtomic(machine({ cwd }), "a", bytes, { mode: "kept" })
    expect(statSync(join(cwd, "a"))).toMatchObject({ uid: 1234, gid: 2345 })
    expect(modeOf(join(cwd, "a"))).toBe(0o640)
  })
})

describe("S25: links", () => {
  function repository(): string {
    const top = tempFolder()
    mkdirSync(join(top, "repo/.git"), { recursive: true })
    writeFileSync(join(top, "repo/.git/HEAD"), "ref: refs/heads/main\n")
    mkdirSync(join(top, "repo/a/b"), { recursive: true })
    mkdirSync(join(top, "outside"))
    for (const path of ["repo/common", "repo/a/own", "outside/victim"]) writeFileSync(join(top, path), old)
    symlinkSync("../common", join(top, "repo/a/inside"))
    symlinkSync("../../outside/victim", join(top, "repo/a/escape"))
    symlinkSync("../../outside", join(top, "repo/a/folder"))
    symlinkSync("../a/own", join(top, "outside/x"))
    symlinkSync("nowhere", join(top, "repo/a/dangling"))
    return top
  }

  test("inside of the repository a link is followed and stays a link", async () => {
    const top = repository()
    await writeAtomic(machine({ cwd: join(top, "repo/a") }), "inside", bytes, { mode: "kept" })
    expect(readFileSync(join(top, "repo/common"))).toEqual(bytes)
    expect(readlinkSync(join(top, "repo/a/inside"))).toBe("../common")
  })

  test.each([
    { name: "a link out of the repository", path: "repo/a/escape" },
    { name: "a folder that is a link out of it", path: "repo/a/folder/victim" },
    { name: "a new file in such a folder", path: "repo/a/folder/new" },
  ])("$name is refused, and nothing is written", async ({ path }) => {
    const top = repository()
    const written = writeAtomic(machine({ cwd: top }), path, bytes, { mode: "kept" })
    await expect(written).rejects.toMatchObject({ code: "LINK_OUTSIDE", exit: 3, where: { file: path } })
    expect(readFileSync(join(top, "outside/victim"))).toEqual(old)
    expect(readdirSync(join(top, "outside")).sort()).toEqual(["victim", "x"])
  })

  test("a linked folder that is a repository of its own does not free its files", async () => {
    const top = repository()
    mkdirSync(join(top, "outside/.git"))
    writeFileSync(join(top, "outside/.git/HEAD"), "ref: refs/heads/main\n")
    const written = writeAtomic(machine({ cwd: top }), "repo/a/folder/victim", bytes, { mode: "kept" })
    await expect(written).rejects.toMatchObject({ code: "LINK_OUTSIDE" })
  })

  test("followLinks", async () => {
    const top = repository()
    await writeAtomic(machine({ cwd: top }), "repo/a/escape", bytes, { mode: "kept", followLinks: true })
    expect(readFileSync(join(top, "outside/victim"))).toEqual(bytes)
    expect(lstatSync(join(top, "repo/a/escape")).isSymbolicLink()).toBe(true)
  })

  test("outside git a link stays in its folder", async () => {
    const cwd = tempFolder()
    mkdirSync(join(cwd, "sub"))
    writeFileSync(join(cwd, "victim"), old)
    writeFileSync(join(cwd, "sub/real"), old)
    symlinkSync("real", join(cwd, "sub/near"))
    symlinkSync("../victim", join(cwd, "sub/far"))
    const io = machine({ cwd })
    await writeAtomic(io, "sub/near", bytes, { mode: "kept" })
    expect(readFileSync(join(cwd, "sub/real"))).toEqual(bytes)
    await expect(writeAtomic(io, "sub/far", bytes, { mode: "kept" })).rejects.toMatchObject({ code: "LINK_OUTSIDE" })
  })

  test("a link to nothing is not written through", async () => {
    const top = repository()
    const written = writeAtomic(machine({ cwd: top }), "repo/a/dangling", bytes, { mode: "kept" })
    await expect(written).rejects.toMatchObject({ code: "FILE_UNWRITABLE" })
    expect(readdirSync(join(top, "repo/a"))).not.toContain("nowhere")
  })
})

describe("S26: lost update", () => {
  test.each([
    { name: "other bytes", before: "theirs\n", opened: old },
    { name: "the file is gone", before: null, opened: old },
    { name: "a file has come", before: "theirs\n", opened: null },
    { name: "an empty file has come", before: "", opened: null },
  ])("$name", async ({ before, opened }) => {
    const cwd = tempFolder()
    if (before !== null) writeFileSync(join(cwd, "a"), before)
    const written = writeAtomic(machine({ cwd }), "a", bytes, { mode: "kept", opened })
    await expect(written).rejects.toMatchObject({ code: "CHANGED_MEANWHILE", where: { file: "a" } })
    expect(readdirSync(cwd)).toEqual(before === null ? [] : ["a"])
    if (before !== null) expect(readFileSync(join(cwd, "a"), "utf8")).toBe(before)
  })

  test("a change just before the rename is seen, also in place", async () => {
    for (const isLinked of [false, true]) {
      const cwd = tempFolder()
      const file = join(cwd, "a")
      writeFileSync(file, old)
      if (isLinked) linkSync(file, join(cwd, "b"))
      const io = machine({ cwd })
      // Somebody saves the file while ours is being prepared.
      const fs = { ...io.fs, access: () => writeFileSync(file, "theirs\n") }
      const written = writeAtomic({ ...io, fs }, "a", bytes, { mode: "kept", opened: old })
      await expect(written).rejects.toMatchObject({ code: "CHANGED_MEANWHILE" })
      expect(readFileSync(file, "utf8")).toBe("theirs\n")
    }
  })

  test("unchanged", async () => {
    const cwd = tempFolder()
    await writeAtomic(machine({ cwd }), "a", old, { mode: "kept", opened: null })
    await writeAtomic(machine({ cwd }), "a", bytes, { mode: "kept", opened: old })
    expect(readFileSync(join(cwd, "a"))).toEqual(bytes)
  })
})

describe("what cannot be replaced", () => {
  test.each(["EACCES", "EPERM", "EROFS"])("a folder that takes no file (%s)", async (code) => {
    const cwd = tempFolder()
    writeFileSync(join(cwd, "a"), "a longer old text\n".repeat(10))
    const { ino } = statSync(join(cwd, "a"))
    const io = machine({ cwd })
    const fs = { ...io.fs, open: refusing(io.fs.open, code) }
    await writeAtomic({ ...io, fs }, "a", bytes, { mode: "kept" })
    expect(readFileSync(join(cwd, "a"))).toEqual(bytes)
    expect(statSync(join(cwd, "a")).ino).toBe(ino)
    expect(readdirSync(cwd)).toEqual(["a"])
  })

  test.each(["EBUSY", "EXDEV"])("a mounted file (%s at the rename)", async (code) => {
    const cwd = tempFolder()
    writeFileSync(join(cwd, "a"), old)
    const io = machine({ cwd })
    const rename = (): never => {
      throw Object.assign(new Error(), { code })
    }
    await writeAtomic({ ...io, fs: { ...io.fs, rename } }, "a", bytes, { mode: "kept", opened: old })
    expect(readFileSync(join(cwd, "a"))).toEqual(bytes)
    expect(readdirSync(cwd)).toEqual(["a"])
  })

  test.each(["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])("%s", async (path) => {
    const { stdout } = await start(node, [write, path, "hello"]).ended
    expect(stdout).toBe("hello")
  })

  test("/dev/null, /dev/stderr and another descriptor", async () => {
    expect(await start(node, [write, "/dev/null", "x"]).ended).toMatchObject({ status: 0, stdout: "" })
    expect(await start(node, [write, "/dev/stderr", "x"]).ended).toMatchObject({ status: 0, stderr: "x" })
    const file = join(tempFolder(), "a")
    const stdio = ["ignore", "pipe", "pipe", openSync(file, "w")] as const
    await start(node, [write, "/dev/fd/3", "x"], { stdio: [...stdio] }).ended
    expect(readFileSync(file, "utf8")).toBe("x")
  })

  test("standard output that is a file is written on, not replaced", async () => {
    const file = join(tempFolder(), "a")
    const fd = openSync(file, "w")
    writeFileSync(fd, "before ")
    await start(node, [write, "/dev/stdout", "x"], { stdio: ["ignore", fd, "pipe"] }).ended
    expect(readFileSync(file, "utf8")).toBe("before x")
  })

  test("a named pipe", async () => {
    const fifo = join(tempFolder(), "fifo")
    const { stdout } = await start("/bin/sh", [
      "-c",
      `mkfifo "$2"; "$0" "$1" "$2" hello & cat "$2"; wait`,
      node,
      write,
      fifo,
    ]).ended
    expect(stdout).toBe("hello")
  })

  test.skipIf(process.platform !== "linux")("a device that is full is named as it was asked for", async () => {
    const written = writeAtomic(machine({ cwd: tempFolder() }), "/dev/full", bytes, { mode: "kept" })
    await expect(written).rejects.toMatchObject({ code: "OUTPUT_FAILED", where: { file: "/dev/full" } })
  })

  test.each([
    { name: "a folder", path: "." },
    { name: "no folder above", path: "none/a" },
    { name: "a file above", path: "file/a" },
    { name: "standard input", path: "/dev/stdin" },
  ])("$name is an error with the name", async ({ path }) => {
    const cwd = tempFolder()
    writeFileSync(join(cwd, "file"), "")
    const written = writeAtomic(machine({ cwd }), path, bytes, { mode: "kept" })
    await expect(written).rejects.toMatchObject({ code: "FILE_UNWRITABLE", exit: 3, where: { file: path } })
  })

  test.skipIf(isRoot)("a read-only file is left alone", async () => {
    const cwd = tempFolder()
    writeFileSync(join(cwd, "a"), old, { mode: 0o444 })
    const written = writeAtomic(machine({ cwd }), "a", bytes, { mode: "kept" })
    await expect(written).rejects.toMatchObject({ code: "FILE_UNWRITABLE" })
    expect(readFileSync(join(cwd, "a"))).toEqual(old)
  })
})

describe("leftovers", () => {
  test("what a killed process left goes; what another one uses stays", async () => {
    const cwd = tempFolder()
    const io = machine({ cwd })
    const gone = start(node, ["-e", ""])
    await gone.ended
    const named = (pid: number): string => tempName({ ...io, processes: { ...io.processes, pid } })
    const dead = named(gone.child.pid!)
    const alive = named(process.ppid)
    const own = named(io.processes.pid)
    const foreign = ".sotto-otherhost1-1-0123456789abcdef.tmp"
    const foreignOld = ".sotto-otherhost1-2-0123456789abcdef.tmp"
    const names = [dead, alive, own, foreign, foreignOld, ".sotto-notes.tmp", "sotto.tmp"]
    for (const name of names) writeFileSync(join(cwd, name), "x")
    mkdirSync(join(cwd, ".sotto-otherhost1-3-0123456789abcdef.tmp"))
    utimesSync(join(cwd, foreignOld), 0, 0)
    await writeAtomic(io, "a", bytes, { mode: "kept" })
    const left = readdirSync(cwd)
    for (const name of [alive, own, foreign, ".sotto-notes.tmp", "sotto.tmp"]) expect(left).toContain(name)
    for (const name of [dead, foreignOld]) expect(left).not.toContain(name)
  })
})

function refusing(
  open: (path: string, flags: number, mode?: number) => number,
  code: string,
): (path: string, flags: number, mode?: number) => number {
  return (path, flags, mode) => {
    if (path.endsWith(".tmp")) throw Object.assign(new Error(), { code })
    return open(path, flags, mode)
  }
}
