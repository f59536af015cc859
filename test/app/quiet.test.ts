import { execFileSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { run } from "../../src/cli/run.ts"
import { keyFile, recipients } from "../keys/golden.ts"
import { ioFor, machine, type Machine } from "../machine.ts"

const a = recipients["age-a"]
const b = recipients["age-b"]
const both = `version: 1
recipients: {alice: ${a}, ci: ${b}}
rules:
  - {recipients: [alice, ci]}
`

let own: Machine
beforeEach(async () => {
  own = machine()
  git("init", "-q", "-b", "main")
  git("config", "user.name", "nina")
  git("config", "user.email", "nina@example.org")
  write(".sopsrc", both)
  write("app.yaml", "token: canary-7f3a\nhost_unencrypted: h\n")
  await say(["encrypt", "-i", "app.yaml"])
  git("add", "-A")
  git("commit", "-q", "-m", "begin")
})
afterEach(() => own.remove())

function git(...args: string[]): void {
  execFileSync("git", args, { cwd: own.cwd, env: { ...Object.fromEntries(own.env), PATH: process.env["PATH"] } })
}

function write(name: string, text: string): void {
  writeFileSync(join(own.cwd, name), text)
}

interface Said {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

async function say(args: readonly string[], { isTty = true, key = "age-a.txt", stdin = "" } = {}): Promise<Said> {
  const env = new Map([...own.env, ["SOPS_AGE_KEY_FILE", keyFile(key)], ["PATH", process.env["PATH"]!]])
  const { io, ended } = ioFor({ args, cwd: own.cwd, env, stdin, answers: isTty ? ["y", "y"] : undefined })
  const { status, stderr, stdout } = ended(await run({ ...io, stderr: { ...io.stderr, isTty } }))
  return { status, stdout: stdout.toString("utf8"), stderr }
}

const alone = both.replace(", ci]", "]")
const third = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"

type Case = readonly [
  args: readonly string[],
  before: () => Promise<unknown> | void,
  more?: { readonly stdin: string; readonly isTty: boolean },
]
const cases: Readonly<Record<string, Case>> = {
  sync: [["sync", "-y"], () => write(".sopsrc", alone)],
  "sync without work": [["sync"], () => {}],
  updatekeys: [["updatekeys", "-y", "app.yaml"], () => write(".sopsrc", alone)],
  migrate: [["migrate", "-y"], () => write(".sopsrc", both.replace("ci]}", "ci], unencrypted_regex: ^zzz$}"))],
  revoke: [["revoke", "-y", "ci"], () => {}],
  grant: [["grant", "-y", "zoe", third], () => {}],
  approve: [
    ["approve", "-y", "zoe"],
    () => write(".sopsrc", both.replace("rules:", `pending: {zoe: ${third}}\nrules:`)),
  ],
  replace: [
    ["replace", "-y", "--old-stdin", "--new-stdin", "app.yaml"],
    () => {},
    { stdin: "canary-7f3a\ncanary-9b1c\n", isTty: false },
  ],
  "rotate of several": [
    ["rotate", "-i", "app.yaml", "b.yaml"],
    async () => {
      write("b.yaml", "token: canary-7f3a\n")
      await say(["encrypt", "-i", "b.yaml"])
    },
  ],
  init: [["init", "--age", a], () => git("rm", "-q", "-f", ".sopsrc")],
  "git install": [["git", "install", "--program", "/usr/bin/true"], () => {}],
  "git uninstall": [
    ["git", "uninstall"],
    async () => void (await say(["git", "install", "--program", "/usr/bin/true"])),
  ],
  "set of a new key": [["set", "--string", "app.yaml", "other", "x"], () => {}],
}

for (const isTty of [true, false])
  test.each(Object.entries(cases))(`--quiet, terminal ${isTty}: %s says nothing`, async (_, [args, before, more]) => {
    await before()
    const said = await say([...args, "--quiet"], { isTty, ...more })
    expect(said).toEqual({ status: 0, stdout: "", stderr: "" })
  })

test("--quiet: the one that asks to join hears nothing", async () => {
  const said = await say(["join", "zoe", "--quiet"], { key: "age-c.txt" })
  expect(said).toEqual({ status: 0, stdout: "", stderr: "" })
  expect(readFileSync(join(own.cwd, ".sopsrc"), "utf8")).toContain("zoe")
})

test("--quiet: what was asked for stays: looks, JSON, errors and what is left to do", async () => {
  write(".sopsrc", alone)
  expect((await say(["sync", "--dry-run", "-q"])).stdout).toContain("app.yaml")
  expect((await say(["sync", "--check", "-q"])).stdout).toContain("app.yaml")
  expect((await say(["sync", "-y", "--json", "-q"])).stdout).toContain('{"schema":1')
  expect((await say(["revoke", "-q", "nobody"])).stderr).toContain("[NAME_UNKNOWN]")
  write(".git/hooks/pre-commit", "#!/usr/bin/perl\n")
  const installed = await say(["git", "install", "--program", "/usr/bin/true", "-q"])
  expect(installed.stdout).toContain("GIT_HOOK")
  expect(installed.stdout).not.toContain("written")
})
