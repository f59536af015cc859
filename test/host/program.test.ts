import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { inspect } from "node:util"
import { describe, expect, test } from "vitest"
import { runProgram, talkWith } from "../../src/host/program.ts"
import { findProgram, resolveProgram } from "../../src/host/resolve-program.ts"
import { machine, tempFolder } from "./machine.ts"

const env = new Map([["PATH", process.env["PATH"] ?? ""]])
const isRoot = process.getuid?.() === 0
const shell = (script: string): [string, string[]] => ["/bin/sh", ["-c", script]]

describe("runProgram", () => {
  test("output, errors and status are kept apart", async () => {
    const end = await runProgram(machine(), ...shell("cat; echo oops >&2; exit 3"), { env, input: Buffer.from("in") })
    expect({ ...end, stdout: Buffer.from(end.stdout).toString() }).toEqual({
      status: 3,
      stdout: "in",
      stderr: "oops\n",
      missing: false,
      stopped: null,
    })
  })

  test("without input the program reads an empty one", async () => {
    expect((await runProgram(machine(), "/bin/cat", [], { env })).status).toBe(0)
  })

  test("a program that does not read its input is no failure", async () => {
    const input = Buffer.alloc(1_000_000)
    expect(await runProgram(machine(), "/bin/true", [], { env, input })).toMatchObject({ status: 0, stopped: null })
  })

  test("it is ended after so many bytes, and what fits is kept", async () => {
    const end = await runProgram(machine(), ...shell("while :; do echo yyyyyyy; done"), { env, outputBytesMax: 64 })
    expect(end).toMatchObject({ status: null, stopped: "output" })
    expect(end.stdout.length).toBe(64)
  })

  test("it is ended after so much time, also when its own child holds the pipes", async () => {
    const end = await runProgram(machine(), ...shell("echo a; sleep 5 & wait"), { env, timeoutMs: 200 })
    expect(end).toMatchObject({ status: null, stopped: "timeout" })
  })

  test.each(["before", "while"])("it is ended by a signal %s it runs", async (when) => {
    const abort = new AbortController()
    if (when === "before") abort.abort()
    const end = runProgram(machine(), "/bin/sleep", ["60"], { env, signal: abort.signal })
    setTimeout(() => abort.abort(), 50)
    expect(await end).toMatchObject({ status: null, stopped: "abort" })
  })

  test.each(["/no/such/program", "/etc/passwd", "a\0b"])("%j cannot be started", async (program) => {
    expect(await runProgram(machine(), program, [], { env })).toMatchObject({ missing: true, status: null })
  })

  test("the environment is exactly the given one", async () => {
    const end = await runProgram(machine(), "/usr/bin/env", [], { env: new Map([["A", "b c"]]) })
    expect(Buffer.from(end.stdout).toString()).toBe("A=b c\n")
  })

  test("a value that cannot be passed on is not in the error", async () => {
    const bad = new Map([["A", "canary-7f3a\0"]])
    const thrown: unknown = await Promise.resolve()
      .then(() => runProgram(machine(), "/bin/true", [], { env: bad }))
      .catch((error: unknown) => error)
    expect(thrown).toMatchObject({ code: "ENVIRONMENT_INVALID" })
    expect(inspect(thrown)).not.toContain("canary")
  })
})

describe("talkWith", () => {
  test("question and answer, and the end", async () => {
    const talk = await talkWith(machine(), ...shell("read a; echo got $a; read b; echo got $b"), { env })
    const ask = async (text: string): Promise<string> => {
      await talk?.write(Buffer.from(text))
      return Buffer.from((await talk?.read()) ?? []).toString()
    }
    expect(await ask("one\n")).toBe("got one\n")
    expect(await ask("two\n")).toBe("got two\n")
    expect(await talk?.read()).toBeNull()
    await talk?.write(Buffer.from("nobody reads this"))
    await talk?.close()
  })

  test("closing ends a program that would go on, even one that will not", async () => {
    for (const script of ["cat >/dev/null; exec sleep 60", "trap '' TERM; echo ready; while :; do sleep 0.1; done"]) {
      const talk = await talkWith(machine(), ...shell(script), { env })
      if (script.includes("ready")) await talk?.read()
      await talk?.close()
      expect(await talk?.read()).toBeNull()
    }
  })

  test("not started", async () => {
    expect(await talkWith(machine(), "/no/such/program", [], { env })).toBeNull()
  })

  test("ended by a signal", async () => {
    const abort = new AbortController()
    const talk = await talkWith(machine(), "/bin/sleep", ["60"], { env, signal: abort.signal })
    abort.abort()
    expect(await talk?.read()).toBeNull()
    await talk?.close()
  })
})

describe("S6: resolveProgram", () => {
  function place(folder: string, name = "tool", mode = 0o755): string {
    mkdirSync(folder, { recursive: true })
    const path = join(folder, name)
    writeFileSync(path, "#!/bin/sh\n", { mode })
    chmodSync(path, mode)
    return path
  }

  // The folder for temporary files is open to all, so the tests look from a folder below it that is not.
  function look(folders: string[], outside: string[] = [], cwd = "/"): string | null {
    const path = folders.join(":")
    return findProgram(machine({ cwd, env: new Map([["PATH", path]]) }), "tool", { outside })
  }

  test("the first on PATH", () => {
    const base = tempFolder()
    const first = place(join(base, "a"))
    place(join(base, "b"))
    expect(look([join(base, "none"), join(base, "a"), join(base, "b")])).toBe(first)
  })

  test.each([
    { name: "a repository", at: "repo/bin", outside: ["repo"] },
    { name: "node_modules", at: "x/node_modules/.bin", outside: [] },
    { name: "a folder that others may write to", at: "open", outside: [] },
    { name: "a folder below one that others may write to", at: "open/bin", outside: [] },
  ])("what lies in $name is passed over", ({ at, outside }) => {
    const base = tempFolder()
    place(join(base, at))
    mkdirSync(join(base, "open"), { recursive: true })
    chmodSync(join(base, "open"), 0o777)
    const good = place(join(base, "good"))
    const borders = outside.map((folder) => join(base, folder))
    expect(look([join(base, at), join(base, "good")], borders)).toBe(good)
    expect(look([join(base, at)], borders)).toBeNull()
  })

  test("a link into the repository counts as what it leads to, and so does a link out of it", () => {
    const base = tempFolder()
    const inside = place(join(base, "repo/bin"))
    mkdirSync(join(base, "links"))
    symlinkSync(inside, join(base, "links/tool"))
    expect(look([join(base, "links")], [join(base, "repo")])).toBeNull()
    const good = place(join(base, "good"))
    mkdirSync(join(base, "repo/out"))
    symlinkSync(good, join(base, "repo/out/tool"))
    expect(look([join(base, "repo/out")], [join(base, "repo")])).toBeNull()
    symlinkSync(join(base, "repo"), join(base, "alias"))
    expect(look([join(base, "repo/bin")], [join(base, "alias")])).toBeNull()
  })

  test("the root of the file system, where containers start, is no folder of strangers", () => {
    const base = tempFolder()
    const good = place(join(base, "good"))
    place(join(base, "open"))
    chmodSync(join(base, "open"), 0o777)
    expect(look([join(base, "good")], ["/"])).toBe(good)
    expect(look([join(base, "open")], ["/"])).toBeNull()
    expect(look([join(base, "good")], ["/", base])).toBeNull()
  })

  test("relative entries of PATH, files that cannot be run, and folders are skipped", () => {
    const base = tempFolder()
    place(join(base, "bin"))
    place(join(base, "text"), "tool", 0o644)
    mkdirSync(join(base, "folder/tool"), { recursive: true })
    expect(look(["bin", ".", "", join(base, "text"), join(base, "folder")], [], base)).toBeNull()
  })

  test("a program that others may write to", () => {
    const base = tempFolder()
    place(join(base, "a"), "tool", 0o757)
    expect(look([join(base, "a")])).toBeNull()
  })

  test.runIf(isRoot)("a program of another user, unless the user named it", () => {
    const base = tempFolder()
    const path = place(join(base, "a"))
    chownSync(path, 1234, 1234)
    expect(look([join(base, "a")])).toBeNull()
    const io = machine({ env: new Map([["PATH", join(base, "a")]]) })
    expect(findProgram(io, "tool", { outside: [], isOwnerChecked: false })).toBe(path)
  })

  test("the error says what was passed over and why", () => {
    const base = tempFolder()
    const path = place(join(base, "repo"))
    const io = machine({ env: new Map([["PATH", join(base, "repo")]]) })
    const refused: unknown = expect.objectContaining({
      code: "PROGRAM_REFUSED",
      detail: { subject: "tool", notes: [`${path}: it is in the repository or the working folder`] },
    })
    expect(() => resolveProgram(io, "tool", { outside: [join(base, "repo")] })).toThrow(refused)
    expect(() => resolveProgram(io, "none", { outside: [] })).toThrow(
      expect.objectContaining({ code: "PROGRAM_MISSING" }),
    )
  })

  test("a path has to be whole, and is judged too", () => {
    const base = tempFolder()
    const path = place(join(base, "a"))
    const io = machine({ cwd: base })
    expect(findProgram(io, path, { outside: [] })).toBe(path)
    expect(findProgram(io, path, { outside: [base] })).toBeNull()
    for (const name of ["./a/tool", "a/tool", "", "a\0b", ".."])
      expect(findProgram(io, name, { outside: [] })).toBeNull()
  })
})
