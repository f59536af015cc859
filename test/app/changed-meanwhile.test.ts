import { spawnSync } from "node:child_process"
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, onTestFinished, test } from "vitest"
import { run } from "../../src/cli/run.ts"
import { keyFile, recipients } from "../keys/golden.ts"
import { call, ioFor, machine } from "../machine.ts"

/** S26: what somebody else wrote while a command worked is not lost. */
describe("a file that changes between reading and writing", () => {
  test.each([
    { name: "encrypt -i", args: ["encrypt", "-i", "plain.yaml"], target: "plain.yaml" },
    {
      name: "encrypt over a sealed file",
      args: ["encrypt", "changed.yaml", "-o", "sealed.yaml"],
      target: "sealed.yaml",
    },
    { name: "set", args: ["set", "sealed.yaml", "a", '"new"'], target: "sealed.yaml" },
    { name: "unset", args: ["unset", "sealed.yaml", "b"], target: "sealed.yaml" },
  ])("$name writes nothing", async ({ args, target }) => {
    const own = machine()
    onTestFinished(own.remove)
    const { cwd } = own
    const env = new Map([
      ...own.env,
      ["SOPS_AGE_KEY_FILE", keyFile("age-a.txt")],
      ["SOPS_AGE_RECIPIENTS", recipients["age-a"]],
    ])
    const file = join(cwd, target)
    writeFileSync(join(cwd, "plain.yaml"), "a: old\nb: 1\n")
    writeFileSync(join(cwd, "changed.yaml"), "a: new\nb: 1\n")
    expect(await call({ args: ["encrypt", "plain.yaml", "-o", "sealed.yaml"], cwd, env })).toMatchObject({ status: 0 })
    const { io, ended } = ioFor({ args, cwd, env })
    // The date is asked for when everything was read and nothing is written yet.
    const now = (): Date => {
      writeFileSync(file, "by somebody else\n")
      return io.now()
    }
    expect(ended(await run({ ...io, now })).stderr).toContain("[CHANGED_MEANWHILE]")
    expect(readFileSync(file, "utf8")).toBe("by somebody else\n")
  })
})

/** What was read is known by its text, which has to stand for exactly its bytes, or by the bytes. */
test.each([
  { name: "UTF-8", encoded: (text: string) => Buffer.from(text) },
  { name: "UTF-8 with a BOM", encoded: (text: string) => Buffer.from(`\ufeff${text}`) },
  { name: "UTF-16", encoded: (text: string) => Buffer.from(`\ufeff${text}`, "utf16le") },
  { name: "line ends of Windows", encoded: (text: string) => Buffer.from(text.replaceAll("\n", "\r\n")) },
])("a file of $name is known again, and another one is not, short or long", async ({ encoded }) => {
  for (const length of [10, 150_000]) {
    const own = machine()
    onTestFinished(own.remove)
    const { cwd } = own
    const env = new Map([...own.env, ["SOPS_AGE_KEY_FILE", keyFile("age-a.txt")]])
    const file = join(cwd, "sealed.yaml")
    writeFileSync(file, `a: old\nlong: ${"é".repeat(length)}\n`)
    expect(await call({ args: ["encrypt", "-i", "--age", recipients["age-a"], file], cwd, env })).toMatchObject({
      status: 0,
    })
    const bytes = encoded(readFileSync(file, "utf8"))
    const set = async (now?: () => void): Promise<string> => {
      writeFileSync(file, bytes)
      const { io, ended } = ioFor({ args: ["set", file, "a", '"new"'], cwd, env })
      const { status, stderr } = ended(await run({ ...io, now: () => (now?.(), io.now()) }))
      return status === 0 ? "changed" : stderr
    }
    expect(await set()).toBe("changed")
    // The last line of its metadata says something else, in as many bytes.
    const other = Buffer.from(bytes)
    other.writeUInt8(other.at(-4)! ^ 1, other.length - 4)
    expect(await set(() => writeFileSync(file, other))).toContain("[CHANGED_MEANWHILE]")
    expect(readFileSync(file)).toEqual(other)
  }
})

test("sync works on what is there when the answer comes", async () => {
  const own = machine()
  onTestFinished(own.remove)
  const { cwd } = own
  const env = new Map([...own.env, ["SOPS_AGE_KEY_FILE", keyFile("age-a.txt")]])
  for (const name of ["one", "two", "three"]) {
    writeFileSync(join(cwd, "plain.yaml"), `a: ${name}\n`)
    const args = ["encrypt", "--age", recipients["age-a"], "plain.yaml", "-o", `${name}.yaml`]
    expect(await call({ args, cwd, env })).toMatchObject({ status: 0 })
  }
  const both = `${recipients["age-a"]},${recipients["age-b"]}`
  writeFileSync(join(cwd, ".sops.yaml"), `creation_rules:\n  - age: ${both}\n`)
  const { io, ended } = ioFor({ args: ["sync", "one.yaml", "two.yaml"], cwd, env })
  let questions = 0
  const confirm = (): Promise<boolean> => {
    questions++
    copyFileSync(join(cwd, "three.yaml"), join(cwd, "one.yaml"))
    return Promise.resolve(true)
  }
  expect(ended(await run({ ...io, terminal: { ...io.terminal, confirm } }))).toMatchObject({ status: 0 })
  expect(questions).toBe(1)
  const asB = new Map([...own.env, ["SOPS_AGE_KEY_FILE", keyFile("age-b.txt")]])
  const opened = (file: string): Promise<string> =>
    call({ args: ["get", file, "a"], cwd, env: asB }).then(({ stdout }) => stdout.toString())
  expect([await opened("one.yaml"), await opened("two.yaml")]).toEqual(["three", "two"])
})

/** Whoever opens it waits for somebody at the other end, who never comes. */
function pipeAt(path: string): void {
  rmSync(path)
  expect(spawnSync("mkfifo", [path]).status).toBe(0)
}

describe.skipIf(process.platform === "win32")("a pipe that takes the place of a file is not waited for", () => {
  async function start(...names: string[]): Promise<{ cwd: string; env: ReadonlyMap<string, string> }> {
    const own = machine()
    onTestFinished(own.remove)
    const { cwd } = own
    const env = new Map([...own.env, ["SOPS_AGE_KEY_FILE", keyFile("age-a.txt")]])
    for (const name of names) {
      writeFileSync(join(cwd, name), "a: 1\n")
      const args = ["encrypt", "--age", recipients["age-a"], "-i", name]
      expect(await call({ args, cwd, env })).toMatchObject({ status: 0 })
    }
    return { cwd, env }
  }

  test.each(["sync", "rotate"])("%s goes on with the others", async (command) => {
    const { cwd, env } = await start("one.yaml", "two.yaml")
    const both = `${recipients["age-a"]},${recipients["age-b"]}`
    writeFileSync(join(cwd, ".sops.yaml"), `creation_rules:\n  - age: ${both}\n`)
    const before = readFileSync(join(cwd, "two.yaml"))
    const words = command === "sync" ? ["sync", "one.yaml", "two.yaml"] : ["rotate", "-i", "one.yaml", "two.yaml"]
    const { io, ended } = ioFor({ args: words, cwd, env })
    let isDone = false
    const swap = (): void => {
      if (!isDone) pipeAt(join(cwd, "one.yaml"))
      isDone = true
    }
    const confirm = (): Promise<boolean> => {
      swap()
      return Promise.resolve(true)
    }
    // The first of the random bytes that a rotation asks for come when all plans are made.
    const randomBytes: typeof io.randomBytes = (length) => {
      if (command === "rotate") swap()
      return io.randomBytes(length)
    }
    const { status, stderr } = ended(await run({ ...io, randomBytes, terminal: { ...io.terminal, confirm } }))
    expect(isDone).toBe(true)
    expect(status).not.toBe(0)
    expect(stderr).toMatch(/\(one\.yaml[^)]*\) \[CHANGED_MEANWHILE\]/)
    expect(readFileSync(join(cwd, "two.yaml"))).not.toEqual(before)
  })

  test.each([
    ["between a look at it and opening it", ["decrypt", "one.yaml"], "stat"],
    ["the same, in a run over a folder", ["sync", "--dry-run", "."], "stat"],
    ["the same, of what a check reads", ["check"], "lstat"],
    ["before the write", ["set", "one.yaml", "a", '"new"'], "now"],
  ] as const)("%s", async (_, args, at) => {
    const { cwd, env } = await start("one.yaml")
    writeFileSync(join(cwd, ".sops.yaml"), `creation_rules:\n  - age: ${recipients["age-a"]}\n`)
    const { io, ended } = ioFor({ args, cwd, env })
    const place = join(cwd, "one.yaml")
    let isDone = false
    const swap = (): void => {
      if (!isDone) pipeAt(place)
      isDone = true
    }
    const look =
      (name: "stat" | "lstat") =>
      (path: string): ReturnType<typeof io.fs.stat> => {
        const found = io.fs[name](path)
        if (name === at && path === place) swap()
        return found
      }
    const now = (): Date => {
      if (at === "now") swap()
      return io.now()
    }
    const { stderr, stdout } = ended(
      await run({ ...io, now, fs: { ...io.fs, stat: look("stat"), lstat: look("lstat") } }),
    )
    expect(isDone).toBe(true)
    expect(`${stdout.toString()}${stderr}`).not.toContain("[BUG]")
    if (args[0] === "decrypt" || args[0] === "set") expect(stderr).toContain("[CHANGED_MEANWHILE]")
  })
})
