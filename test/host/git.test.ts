import { chownSync, mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, test } from "vitest"
import { gitTop, isOwn, surroundings } from "../../src/host/surroundings.ts"
import { type Io } from "../../src/host/io.ts"
import { machine, tempFolder } from "./machine.ts"

const isRoot = process.getuid?.() === 0

function makeRepository(top: string): void {
  mkdirSync(join(top, ".git"), { recursive: true })
  writeFileSync(join(top, ".git/HEAD"), "ref: refs/heads/main\n")
}

/** A machine with other file systems. @param deviceOf - which one a path is in */
function withDevice(io: Io, deviceOf: (path: string, real: bigint) => bigint): Io {
  const statIfThere: Io["fs"]["statIfThere"] = (path) => {
    const real = io.fs.statIfThere(path)
    return real === null ? null : { ...real, device: deviceOf(path, real.device) }
  }
  return { ...io, fs: { ...io.fs, statIfThere } }
}

/** A machine in which a folder lies on another file system than the one above it. */
function withMount(io: Io, folder: string): Io {
  return withDevice(io, (path, real) => (path === folder || path.startsWith(`${folder}/`) ? real + 1n : real))
}

describe("S9: surroundings", () => {
  test("up to the git top level, from a folder that need not exist", () => {
    const cwd = tempFolder()
    makeRepository(join(cwd, "repo"))
    mkdirSync(join(cwd, "repo/a"))
    const { folders, gitTop } = surroundings(machine({ cwd }), "repo/a/new/b")
    expect(gitTop).toBe(join(cwd, "repo"))
    expect(folders).toEqual(["a/new/b", "a/new", "a", "."].map((path) => join(cwd, "repo", path)))
  })

  test("a file .git, as of a work tree or submodule", () => {
    const cwd = tempFolder()
    makeRepository(cwd)
    mkdirSync(join(cwd, "module"))
    writeFileSync(join(cwd, "module/.git"), "gitdir: ../.git/modules/module\n")
    expect(gitTop(machine({ cwd }), "module")).toBe(join(cwd, "module"))
  })

  test("an empty folder .git is no repository", () => {
    const cwd = tempFolder()
    makeRepository(cwd)
    mkdirSync(join(cwd, "a/.git"), { recursive: true })
    expect(gitTop(machine({ cwd }), "a")).toBe(cwd)
  })

  test("outside git the home folder is the end", () => {
    const home = tempFolder()
    mkdirSync(join(home, "a/b"), { recursive: true })
    const found = surroundings(machine({ cwd: join(home, "a"), home }), "b")
    expect(found).toEqual({ folders: [join(home, "a/b"), join(home, "a"), home], gitTop: null })
  })

  test("outside git and home, the root is the end", () => {
    const cwd = tempFolder()
    // The folder for temporary files may be a file system of its own.
    const io = withDevice(machine({ cwd, home: "" }), () => 1n)
    expect(surroundings(io, ".").folders.at(-1)).toBe("/")
  })

  test("the border of a mounted file system is the end", () => {
    const cwd = tempFolder()
    makeRepository(cwd)
    mkdirSync(join(cwd, "mounted/a"), { recursive: true })
    const io = withMount(machine({ cwd }), join(cwd, "mounted"))
    const found = surroundings(io, "mounted/a")
    expect(found).toEqual({ folders: [join(cwd, "mounted/a"), join(cwd, "mounted")], gitTop: null })
  })

  test.runIf(isRoot)("a .git that a stranger made does not count; one of the checkout's owner does", () => {
    const cwd = tempFolder()
    makeRepository(cwd)
    mkdirSync(join(cwd, "mine"))
    chownSync(join(cwd, ".git"), 1234, 1234)
    expect(gitTop(machine({ cwd }), "mine")).not.toBe(cwd)
    chownSync(join(cwd, "mine"), 1234, 1234)
    expect(gitTop(machine({ cwd }), "mine")).toBe(cwd)
  })

  test.each([
    { uid: 1000, mode: 0o644, expected: true },
    { uid: 0, mode: 0o755, expected: true },
    { uid: 1001, mode: 0o600, expected: false },
    { uid: 1000, mode: 0o666, expected: false },
    { uid: 0, mode: 0o1777, expected: false },
  ])("a place of $uid with mode $mode is in own hands: $expected", ({ uid, mode, expected }) => {
    const io = machine()
    expect(isOwn({ processes: { ...io.processes, uid: 1000 } }, { uid, mode })).toBe(expected)
    expect(isOwn({ processes: { ...io.processes, uid: null } }, { uid, mode })).toBe(true)
  })

  test("the parent of the start is looked at once", () => {
    const cwd = tempFolder()
    expect(surroundings(machine({ cwd, home: dirname(cwd) }), cwd).folders).toEqual([cwd, dirname(cwd)])
  })
})
