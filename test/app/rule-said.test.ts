import { spawnSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { run } from "../../src/cli/run.ts"
import { keyFile, recipients } from "../keys/golden.ts"
import { ioFor, machine, type Machine } from "../machine.ts"

let own: Machine
beforeEach(() => {
  own = machine()
  const rules = `version: 1
recipients: {tester: ${recipients["age-a"]}}
rules:
  - {path: other/*, recipients: tester}
  - {recipients: tester, encrypted_regex: ^token$}
`
  writeFileSync(join(own.cwd, ".sopsrc"), rules)
  writeFileSync(join(own.cwd, "app.yaml"), "token: canary-7f3a\ndb:\n  host: localhost\n  password: canary-7f3a\n")
})
afterEach(() => own.remove())

/** What is said on standard error, at a terminal or without one. */
async function say(args: readonly string[], isTty: boolean): Promise<string> {
  const env = new Map([...own.env, ["SOPS_AGE_KEY_FILE", keyFile("age-a.txt")]])
  const { io, ended } = ioFor({ args, cwd: own.cwd, env, answers: isTty ? ["y", "y"] : undefined })
  const { status, stderr } = ended(await run({ ...io, stderr: { ...io.stderr, isTty } }))
  expect(status).toBe(0)
  expect(stderr).not.toContain("canary")
  return stderr
}

describe("a rule that does not do what is meant is not silent", () => {
  test("at a terminal: how many were sealed, which were not, by which rule, and what looks like a secret", async () => {
    expect(await say(["encrypt", "-i", "app.yaml"], true)).toBe(
      "notice: app.yaml: sealed one value, 2 left in the clear: db.host, db.password (rule 2 of .sopsrc)\n" +
        "notice: app.yaml: left in the clear, and looks like a secret: db.password\n" +
        "sealed app.yaml for tester\n",
    )
    expect(readFileSync(join(own.cwd, "app.yaml"), "utf8")).toContain("token: ENC[")
    // What was said once is not said again.
    expect(await say(["set", "--string", "app.yaml", "token", "x"], true)).toBe(
      "notice: app.yaml: sealed one value, 2 left in the clear: db.host, db.password (rule 2 of .sopsrc)\n" +
        "sealed app.yaml for tester\n",
    )
    expect(await say(["set", "--create", "--string", "app.yaml", "db.api_key", "x1y2z3"], true)).toContain(
      "looks like a secret: db.api_key\nsealed app.yaml for tester\n",
    )
  })

  test("without a terminal it only refuses what looks like a secret", async () => {
    expect(await say(["encrypt", "-i", "--allow-clear", "db.password", "app.yaml"], false)).toBe("")
    expect(await say(["set", "--string", "app.yaml", "token", "x"], false)).toBe("")
  })

  test("says that it seals a text whole because its name says nothing", async () => {
    writeFileSync(join(own.cwd, "settings.conf"), "a = canary-7f3a\n")
    const said = await say(["encrypt", "-i", "settings.conf"], true)
    expect(said).toMatch(
      /^notice: settings\.conf was sealed as a whole, since its name tells no format: pass --input-type /,
    )
  })

  test("what a merge brings in the clear and looks like a secret is named by resolve", async () => {
    const git = (...args: string[]): void => {
      const env = Object.fromEntries([
        ...own.env,
        ["GIT_AUTHOR_NAME", "a"],
        ["GIT_AUTHOR_EMAIL", "a@example.com"],
        ["GIT_COMMITTER_NAME", "a"],
        ["GIT_COMMITTER_EMAIL", "a@example.com"],
      ])
      spawnSync("git", args, { cwd: own.cwd, env })
    }
    await say(["encrypt", "-i", "--allow-clear", "db.password", "app.yaml"], false)
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-qm", "one")
    git("checkout", "-q", "-b", "other")
    await say(["set", "--create", "--allow-clear", "db.api_key", "--string", "app.yaml", "db.api_key", "x1y2z3"], false)
    await say(["set", "--string", "app.yaml", "token", "theirs"], false)
    git("commit", "-qam", "two")
    git("checkout", "-q", "main")
    await say(["set", "--string", "app.yaml", "token", "ours"], false)
    git("commit", "-qam", "three")
    git("merge", "-q", "other")
    expect(await say(["resolve", "--ours", "app.yaml"], false)).toContain(
      "notice: app.yaml: left in the clear, and looks like a secret: db.api_key\n",
    )
  })
})
