import { spawnSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { run } from "../../src/cli/run.ts"
import { keyFile, recipients } from "../keys/golden.ts"
import { ioFor, machine, type Machine } from "../machine.ts"
import { stockSops as sops } from "../stock-sops.ts"

let own: Machine
beforeEach(() => {
  own = machine()
})
afterEach(() => own.remove())

const rule = (text: string): void =>
  writeFileSync(join(own.cwd, ".sopsrc"), `version: 1\nrules:\n  - {recipients: ${recipients["age-a"]}, ${text}}\n`)
const put = (file: string, text: string): void => writeFileSync(join(own.cwd, file), text)
const read = (file: string): string => readFileSync(join(own.cwd, file), "utf8")
const env = (): Map<string, string> => new Map([...own.env, ["SOPS_AGE_KEY_FILE", keyFile("age-a.txt")]])

async function sotto(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const { io, ended } = ioFor({ args, cwd: own.cwd, env: env() })
  const { status, stdout, stderr } = ended(await run(io))
  return { status, stdout: stdout.toString(), stderr }
}

const documents = {
  "a.yaml":
    "# how to change this\n\n# beside\na: canary-7f3a # why\nlist:\n  # inner\n  - canary-7f3a\n  - {b: 1}\n# foot\n",
  "a.env": "# how to change this\nA=canary-7f3a\n# beside\nB=2\n",
  "a.ini": "; how to change this\n[x]\n# beside\na = canary-7f3a\n",
} as const
const comments = ["how to change this", "beside"]

describe("comments: clear leaves them readable among sealed values", () => {
  test.each(Object.entries(documents))("%s", async (file, text) => {
    rule("comments: clear")
    put(file, text)
    expect(await sotto("encrypt", "-i", file)).toMatchObject({ status: 0, stderr: "" })
    const sealed = read(file)
    for (const comment of comments) expect(sealed).toContain(comment)
    expect(sealed).not.toContain("canary-7f3a")
    expect(sealed).not.toContain("type:comment")
    expect(await sotto("decrypt", file)).toEqual({ status: 0, stdout: text, stderr: "" })
    expect(await sotto("check", file)).toMatchObject({ status: 0 })
    // It stays so when a value is changed.
    const [path, value] = file === "a.yaml" ? ["a", '"x"'] : file === "a.env" ? ["A", '"x"'] : ["x.a", '"x"']
    expect(await sotto("set", file, path, value)).toMatchObject({ status: 0, stderr: "" })
    expect(await sotto("rotate", "-i", file)).toMatchObject({ status: 0, stderr: "" })
    for (const comment of comments) expect(read(file)).toContain(comment)
    // Where no rule says so, a reader is told.
    rule("comments: follow")
    expect((await sotto("decrypt", file)).stderr).toContain("a comment that should be sealed is not")
    // And `migrate` seals them.
    expect((await sotto("migrate", "-y", file)).stdout).toMatch(/comments\n/)
    for (const comment of comments) expect(read(file)).not.toContain(comment)
    expect(await sotto("migrate", "-y", file)).toHaveProperty(
      "stdout",
      "1 sealed file: 0 migrated, 1 by their rule already\n",
    )
    rule("comments: clear")
    expect((await sotto("migrate", "-y", file)).stdout).toMatch(/comments\n/)
    for (const comment of comments) expect(read(file)).toContain(comment)
  })

  test.each(Object.entries(documents))("stock sops opens it: %s", async (file, text) => {
    if (sops === undefined) return
    rule("comments: clear")
    put(file, text)
    await sotto("encrypt", "-i", file)
    const options = { cwd: own.cwd, env: Object.fromEntries(env()), encoding: "utf8" } as const
    const { status, stdout } = spawnSync(sops, ["decrypt", file], options)
    expect(status).toBe(0)
    expect(stdout).toContain("canary-7f3a")
    for (const comment of comments) expect(stdout).toContain(comment)
  })

  test("what looks like a secret in one is refused", async () => {
    rule("comments: clear")
    put("a.yaml", "# password: hunter2\na: canary-7f3a\n")
    const refused = await sotto("encrypt", "-i", "a.yaml")
    expect(refused).toMatchObject({ status: 1 })
    expect(refused.stderr).toContain("[CLEAR_LOOKS_SECRET]")
    expect(refused.stderr).toContain("take it out of the comment")
    expect(refused.stderr).not.toContain("hunter2")
    put("a.yaml", "# password=changeme1 sotto:allow\n# see https://example.invalid\na: canary-7f3a\n")
    expect(await sotto("encrypt", "-i", "a.yaml")).toMatchObject({ status: 0, stderr: "" })
  })
})

test("comments: marked leaves those that begin with their mark twice", async () => {
  rule("comments: marked")
  put("a.yaml", "## how to change this\n# old: canary-7f3a\na: canary-7f3a\n")
  expect(await sotto("encrypt", "-i", "a.yaml")).toMatchObject({ status: 0, stderr: "" })
  expect(read("a.yaml")).toContain("## how to change this\n#ENC[")
  expect(await sotto("decrypt", "a.yaml")).toMatchObject({ status: 0, stderr: "" })
  expect((await sotto("migrate", "-y", "a.yaml")).stdout).toContain("0 migrated")
})

describe("comments: sealed refuses one that anybody could read", () => {
  test.each([
    ["above clear values", "# note\nclear: 1\ndata: canary-7f3a\n", 1],
    ["beside one", "clear: 1 # note\ndata: canary-7f3a\n", 1],
    ["where no reader takes it", "data: [ # note\n  canary-7f3a ]\n", 1],
    ["deep down", "clear:\n  deeper:\n    # note\n    x: 1\ndata: canary-7f3a\n", 3],
  ])("%s", async (_, text, line) => {
    rule("comments: sealed, encrypted_regex: ^data$")
    put("a.yaml", text)
    const refused = await sotto("encrypt", "-i", "a.yaml")
    expect(refused).toMatchObject({ status: 1 })
    expect(refused.stderr).toContain(`line ${line}`)
    expect(refused.stderr).toContain("[COMMENT_CLEAR]")
    expect(read("a.yaml")).toBe(text)
  })

  test("and check names it in a sealed file", async () => {
    rule("encrypted_regex: ^data$")
    put("a.yaml", "# note\nclear: 1\ndata:\n  # inner\n  x: canary-7f3a\n")
    await sotto("encrypt", "-i", "a.yaml")
    expect(await sotto("check", "a.yaml")).toMatchObject({ status: 0 })
    rule("comments: sealed, encrypted_regex: ^data$")
    const found = await sotto("check", "a.yaml")
    expect(found).toMatchObject({ status: 1 })
    expect(found.stdout.match(/COMMENT_CLEAR/g)).toHaveLength(1)
    expect(found.stdout).toContain("a.yaml:1: COMMENT_CLEAR")
    rule("comments: sealed")
    await sotto("migrate", "-y", "a.yaml")
    expect(await sotto("check", "a.yaml")).toMatchObject({ status: 0 })
  })

  test("and one that no reader takes", async () => {
    rule("encrypted_regex: ^data$")
    put("a.yaml", "data: [\n  # kept\n  canary-7f3a ]\n... # note\n")
    await sotto("encrypt", "-i", "a.yaml")
    rule("comments: sealed, encrypted_regex: ^data$")
    const { stdout } = await sotto("check", "a.yaml")
    expect(stdout).toMatch(/^a\.yaml:\d+: COMMENT_CLEAR/m)
  })
})

test.each([
  ["comments: hidden", "one of follow, clear, marked, sealed"],
  ["comments: clear, encrypted_comment_regex: x", "are in one rule"],
  ["comments: sealed, unencrypted_comment_regex: x", "are in one rule"],
])("a config that says %s is refused", async (text, words) => {
  rule(text)
  put("a.yaml", "a: canary-7f3a\n")
  const refused = await sotto("encrypt", "-i", "a.yaml")
  expect(refused.stderr).toContain("[CONFIG_INVALID]")
  expect(refused.stderr).toContain(words)
})
