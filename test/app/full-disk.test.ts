import { readFileSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { run } from "../../src/cli/run.ts"
import { keyFile, recipients } from "../keys/golden.ts"
import { call, ioFor, machine } from "../machine.ts"

test.each(["ENOSPC", "EDQUOT"])(
  "a disk that is full for one of many files (%s): what is said holds for the others",
  async (code) => {
    const own = machine()
    onTestFinished(own.remove)
    const { cwd } = own
    const env = new Map([...own.env, ["SOPS_AGE_KEY_FILE", keyFile("age-a.txt")]])
    const files = ["one.yaml", "two.yaml", "three.yaml"]
    for (const file of files) writeFileSync(join(cwd, file), "a: 1\n")
    expect(await call({ args: ["encrypt", "--age", recipients["age-a"], "-i", ...files], cwd, env })).toMatchObject({
      status: 0,
    })
    const read = (): string[] => files.map((file) => readFileSync(join(cwd, file), "utf8"))
    const before = read()
    const { io, ended } = ioFor({ args: ["rotate", "-i", ...files], cwd, env })
    const rename: typeof io.fs.rename = (from, to) => {
      if (basename(to) === "two.yaml") throw Object.assign(new Error(code), { code })
      io.fs.rename(from, to)
    }
    const { status, stderr } = ended(await run({ ...io, fs: { ...io.fs, rename } }))
    expect(status).not.toBe(0)
    expect(read().map((text, at) => text === before[at])).toEqual([false, true, false])
    expect(stderr).toContain("two.yaml")
    expect(stderr).toContain("free some space and run the command again; a file named here is as it was")
    expect(stderr).not.toContain("nothing was changed")
  },
)
