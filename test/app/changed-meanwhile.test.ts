import { copyFileSync, readFileSync, writeFileSync } from "node:fs"
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
