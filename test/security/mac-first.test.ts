import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, describe, expect, test } from "vitest"
import { canary } from "../canary.ts"
import { keyFile, recipients } from "../keys/golden.ts"
import { call, machine } from "../machine.ts"

const own = machine()
afterAll(own.remove)
const { cwd } = own
const env = new Map([
  ...own.env,
  ["SOPS_AGE_KEY_FILE", keyFile("age-a.txt")],
  ["SOPS_AGE_RECIPIENTS", recipients["age-a"]],
  ["EDITOR", "touch started"],
])

/** Each value opens, but they do not belong together; or the structure is another one. */
const tampered = [
  {
    name: "two tokens of a list swapped",
    change: (text: string) => text.replace(/( *- ENC.*\n)( *- ENC.*\n)/, "$2$1"),
  },
  { name: "a value taken away", change: (text: string) => text.replace(/^B: .*\n/m, "") },
  { name: "the MAC taken away", change: (text: string) => text.replace(/ *mac: .*\n/, "") },
  { name: "a null added", change: (text: string) => `N: null\n${text}` },
]

const commands: readonly { readonly args: readonly string[] }[] = [
  { args: ["decrypt", "file.yaml"] },
  { args: ["decrypt", "file.yaml", "-o", "started"] },
  { args: ["decrypt", "--extract", "A", "file.yaml"] },
  { args: ["decrypt", "--output-type", "json", "file.yaml"] },
  { args: ["get", "file.yaml", "A"] },
  { args: ["set", "file.yaml", "A", '"x"'] },
  { args: ["unset", "file.yaml", "A"] },
  { args: ["edit", "file.yaml"] },
  { args: ["run", "--flatten", "_", "--only", "A", "-f", "file.yaml", "--", "touch", "started"] },
  { args: ["exec-env", "file.yaml", "touch started"] },
  { args: ["exec-file", "file.yaml", "touch started"] },
  { args: ["encrypt", "plain.yaml", "-o", "file.yaml"] },
]

describe.each(tampered)("L6: nothing is printed, written or started before the MAC holds: $name", ({ change }) => {
  test.each(commands)("$args", async ({ args }) => {
    const file = join(cwd, "file.yaml")
    const plain = `A: ${canary}\nB: two\nL:\n  - one\n  - two\n`
    writeFileSync(join(cwd, "plain.yaml"), plain)
    writeFileSync(file, plain)
    expect(await call({ args: ["encrypt", "-i", "file.yaml"], cwd, env })).toMatchObject({ status: 0 })
    const sealed = readFileSync(file, "utf8")
    const changed = change(sealed)
    expect(changed).not.toBe(sealed)
    writeFileSync(file, changed)
    const { status, stdout, stderr } = await call({ args, cwd, env })
    expect(status).toBe(args[0] === "run" ? 125 : 51)
    expect(stdout).toHaveLength(0)
    expect(stderr).not.toContain(canary)
    expect(readFileSync(file, "utf8")).toBe(changed)
    expect(existsSync(join(cwd, "started"))).toBe(false)
  })
})
