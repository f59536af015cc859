import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { run } from "../../src/cli/run.ts"
import { keyFile, recipients } from "../keys/golden.ts"
import { builtMain } from "../built.ts"
import { hasTmux, openPty } from "../host/pty.ts"
import { ioFor, machine, type Machine } from "../machine.ts"

let own: Machine
beforeEach(() => {
  own = machine()
  const rules = `version: 1
recipients: {alice: ${recipients["age-a"]}, ci: ${recipients["age-b"]}}
rules:
  - {recipients: [alice, ci]}
`
  writeFileSync(join(own.cwd, ".sopsrc"), rules)
  for (const name of ["app.yaml", "b.yaml", "c.yaml"])
    writeFileSync(join(own.cwd, name), "token: canary-7f3a\nhost_unencrypted: h\n")
  writeFileSync(join(own.cwd, "all.yaml"), "token: canary-7f3a\nmore: x\n")
  writeFileSync(join(own.cwd, "blob.bin"), "canary-7f3a\0")
})
afterEach(() => own.remove())

interface Said {
  readonly status: number
  readonly stderr: string
  readonly stdout: string
}

async function say(args: readonly string[], { isTty = true, key = "age-a.txt" } = {}): Promise<Said> {
  const env = new Map([...own.env, ["SOPS_AGE_KEY_FILE", keyFile(key)]])
  const { io, ended } = ioFor({ args, cwd: own.cwd, env, answers: isTty ? ["y", "y", "y"] : undefined })
  const { status, stderr, stdout } = ended(await run({ ...io, stderr: { ...io.stderr, isTty } }))
  // As the terminal shows it in the end.
  const shown = stderr.split("\n").map((line) => line.split("\r\u001b[K").at(-1))
  return { status, stderr: shown.join("\n"), stdout: stdout.toString("utf8") }
}

function lastLine({ stderr }: Said): string {
  return stderr.trimEnd().split("\n").at(-1)!
}

describe("the line that ends a command at a terminal", () => {
  const cases: readonly [args: readonly string[], line: string][] = [
    [["encrypt", "-i", "app.yaml"], "sealed app.yaml for alice, ci"],
    [["encrypt", "-i", "all.yaml"], "sealed all.yaml for alice, ci: 2 values, none left in the clear"],
    [["encrypt", "-i", "blob.bin"], "sealed blob.bin for alice, ci"],
    [
      ["encrypt", "all.yaml", "-o", "o.yaml"],
      "sealed all.yaml into o.yaml for alice, ci: 2 values, none left in the clear",
    ],
    [["encrypt", "all.yaml"], "sealed all.yaml to standard output for alice, ci: 2 values, none left in the clear"],
    [
      ["encrypt", "-i", "app.yaml", "b.yaml", "c.yaml"],
      "sealed 3 files for alice, ci; values left in the clear in 3 of them, which `sotto ls FILE` names",
    ],
  ]
  test.each(cases)("%j", async (args, line) => {
    const said = await say(args)
    expect(said.status).toBe(0)
    expect(lastLine(said)).toBe(line)
  })

  test("of a sealed file", async () => {
    await say(["encrypt", "-i", "all.yaml"])
    const changes: readonly [args: readonly string[], line: string | RegExp][] = [
      [
        ["set", "--string", "all.yaml", "token", "x"],
        "sealed all.yaml for alice, ci: 2 values, none left in the clear",
      ],
      [["unset", "all.yaml", "more"], "sealed all.yaml for alice, ci: one value, none left in the clear"],
      [["rotate", "-i", "all.yaml"], /^sealed all.yaml for alice, ci/],
      [["keygen", "-o", "k.txt"], "wrote k.txt: keep a copy of it in a safe place; its public key is above"],
      [["decrypt", "all.yaml", "-o", "plain.yaml"], "opened all.yaml into plain.yaml: it is in the clear there"],
      [["decrypt", "-i", "all.yaml"], "opened all.yaml: it is in the clear there"],
    ]
    for (const [args, line] of changes) {
      const said = await say(args)
      expect([args[0], said.status]).toEqual([args[0], 0])
      expect(lastLine(said)).toMatch(line)
    }
  })

  test("is not there without a terminal, with --quiet, and where nothing was written", async () => {
    expect(await say(["encrypt", "-i", "all.yaml"], { isTty: false })).toMatchObject({ status: 0, stderr: "" })
    expect(await say(["set", "--quiet", "--string", "all.yaml", "token", "x"])).toMatchObject({ status: 0, stderr: "" })
    expect(await say(["encrypt", "-q", "-i", "app.yaml", "b.yaml"])).toMatchObject({ status: 0, stderr: "" })
    expect(await say(["set", "--string", "all.yaml", "token", "x"])).toMatchObject({ status: 0, stderr: "" })
    const env = new Map([...own.env, ["SOPS_AGE_KEY_FILE", keyFile("age-a.txt")]])
    const { io, ended } = ioFor({
      args: ["set", "--json", "--string", "all.yaml", "token", "y"],
      cwd: own.cwd,
      env,
      answers: [],
    })
    expect(ended(await run({ ...io, stderr: { ...io.stderr, isTty: true } }))).toMatchObject({ status: 0, stderr: "" })
  })
})

describe("a thousand files with one error", () => {
  test("each is named, what they share is said once, and how many were done", async () => {
    mkdirSync(join(own.cwd, "many"))
    const names = Array.from({ length: 20 }, (_, at) => `many/${at}.yaml`)
    for (const name of names) writeFileSync(join(own.cwd, name), "a: canary-7f3a\n")
    expect((await say(["encrypt", "-i", ...names])).status).toBe(0)
    for (const isTty of [true, false]) {
      const said = await say(["decrypt", "-i", ...names], { key: "age-c.txt", isTty })
      expect(said.status).toBe(128)
      expect(said.stderr.match(/^error: .*\[DATA_KEY\]$/gm)).toHaveLength(20)
      expect(said.stderr.match(/^hint: /gm)).toHaveLength(1)
      expect(said.stderr).toContain("0 of 20 files were done, 20 were not")
    }
  })

  test("what differs is said of each", async () => {
    const said = await say(["encrypt", "-i", "app.yaml", "none.yaml", "nor.yaml", "all.yaml"])
    expect(said.stderr).toContain("sealed 2 files for alice, ci")
    expect(said.stderr).toContain("2 of 4 files were done, 2 were not")
    expect(said.stderr.match(/\[FILE_MISSING\]$/gm)).toHaveLength(2)
  })
})

describe.skipIf(!hasTmux())("on a real terminal (skipped without tmux)", () => {
  test("a question is the last line, and the report begins a line of its own", async () => {
    await say(["encrypt", "-i", "app.yaml", "b.yaml"])
    const env = {
      SOPS_AGE_KEY_FILE: keyFile("age-a.txt"),
      TERM: "xterm",
      NODE: process.execPath,
      SOTTO: await builtMain(),
    }
    const pty = openPty({ cwd: own.cwd, env })
    const screen = (): string[] => pty.screen().trimEnd().split("\n")
    pty.enter(`"$NODE" "$SOTTO" revoke ci; "$NODE" "$SOTTO" sync; echo "status $?"`)
    await pty.shows("[y/N]")
    expect(screen().at(-1)).toMatch(/^Take ci out of the config, .*\? \[y\/N\]$/)
    expect(screen().slice(-3, -1)).toEqual([
      "notice: app.yaml would be sealed again without ci",
      "notice: b.yaml would be sealed again without ci",
    ])
    pty.press("y", "Enter")
    await pty.shows("status 0")
    expect(screen()).toContain("2 sealed files: 0 updated, 2 already up to date")
  })
})
