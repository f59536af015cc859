import { spawnSync } from "node:child_process"
import { mkdirSync, readFileSync, rmSync, rmdirSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { builtProgram } from "../built.ts"
import { leaks } from "../canary.ts"
import { keyFile, recipients } from "../keys/golden.ts"
import { call, type Machine, machine } from "../machine.ts"
import { sample } from "./fault-io.ts"

/**
 * Homes, folders for temporary files and places for output that are not as they should be: a failure is an error with a
 * code, a place and a next step, and the file stays as it was. It is never a bug of ours.
 */
let own: Machine
let sealed: string
const config = `version: 1\nrecipients:\n  alice: ${recipients["age-a"]}\n  bob: ${recipients["age-b"]}\nrules:\n  - recipients: [alice, bob]\n`

beforeAll(async () => {
  own = machine()
  writeFileSync(join(own.home, "a-file"), "")
  symlinkSync(join(own.home, "loop"), join(own.home, "loop"))
  symlinkSync(join(own.home, "nowhere"), join(own.home, "dangling"))
  await restore()
  sealed = readFileSync(join(own.cwd, "s.yaml"), "utf8")
})
afterAll(() => own.remove())

async function restore(): Promise<void> {
  writeFileSync(join(own.cwd, ".sopsrc"), config)
  writeFileSync(join(own.cwd, "plain.yaml"), "a: canary-7f3a\n")
  if (sealed !== undefined) {
    writeFileSync(join(own.cwd, "s.yaml"), sealed)
    return
  }
  writeFileSync(join(own.cwd, "s.yaml"), "a: canary-7f3a\n")
  const ended = await call({ args: ["encrypt", "-i", "s.yaml"], cwd: own.cwd, env: own.env })
  expect(`${ended.status} ${ended.stderr}`).toBe("0 ")
}

const places = {
  "a file": () => join(own.home, "a-file"),
  "below a file": () => join(own.home, "a-file/folder"),
  "a link that leads to nothing": () => join(own.home, "dangling"),
  "a link that leads to itself": () => join(own.home, "loop"),
  "not there": () => join(own.home, "not/there"),
  "a name that is too long": () => join(own.home, "n".repeat(300)),
  relative: () => "some/folder",
  empty: () => "",
  "a device": () => "/dev/null",
} as const

const commands = [
  ["init"],
  ["keygen"],
  ["keygen", "-o", "new/key.txt"],
  ["join", "carol"],
  ["encrypt", "plain.yaml"],
  ["encrypt", "-i", "plain.yaml"],
  ["decrypt", "s.yaml"],
  ["edit", "s.yaml"],
  ["set", "s.yaml", "a", '"canary-7f3a-2"'],
  ["rotate", "-i", "s.yaml"],
  ["exec-file", "s.yaml", "cat {} > /dev/null"],
  ["exec-file", "--no-fifo", "s.yaml", "cat {} > /dev/null"],
  ["keys"],
  ["doctor", "s.yaml"],
  ["git", "install", "--global"],
  ["git", "status"],
  ["edit", "--drafts"],
]
const variables = ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "TMPDIR"] as const

describe.each(variables.map((variable, first) => ({ variable, first })))("$variable is", ({ variable, first }) => {
  const tried = Object.entries(places).map(([place, placeOf], nth) => ({ place, placeOf, nth: first + nth }))
  test.each(tried)("$place", async ({ placeOf, nth }) => {
    for (const args of sample(commands, nth)) {
      const isForIdentity = args[0] === "init" || args[0] === "join" || args[0] === "keys"
      const env = new Map(own.env).set("EDITOR", "true").set(variable, placeOf())
      if (!isForIdentity) env.set("SOPS_AGE_KEY_FILE", keyFile("age-a.txt"))
      const { status, stderr } = await call({ args, cwd: own.cwd, env })
      const line = `${args.join(" ")}: ${status} ${stderr}`
      expect(line).not.toMatch(/bug in sotto|node:/)
      expect(line).not.toMatch(/: (70|255) /)
      expect(leaks(Buffer.from(stderr))).toBe(false)
      if (/\[(FILE_UN|OUTPUT_F|FOLDER_)\w+\]/.test(stderr)) expect(line).toMatch(/\(.+\) \[\w+\]\n {2}.+\nhint: ./)
      await restore()
    }
  })
})

describe("as a process of its own", () => {
  async function shell(script: string, args: readonly string[]): Promise<string> {
    const [program, ...before] = await builtProgram()
    const env = { ...Object.fromEntries(own.env), SOPS_AGE_KEY_FILE: keyFile("age-a.txt"), EDITOR: "true" }
    const all = ["-c", script, "sh", program, ...before, ...args]
    const { status, stdout, stderr } = spawnSync("/bin/sh", all, { cwd: own.cwd, env })
    return `${status} ${String(stdout)}${String(stderr)}`
  }

  test.each([["decrypt", "s.yaml"], ["init"], ["set", "s.yaml", "a", "1"], ["check"], ["keygen", "-o", "k.txt"]])(
    "the working folder is gone: %s",
    async (...args) => {
      mkdirSync(join(own.cwd, "gone"))
      const answer = await shell('cd gone && rmdir ../gone && exec "$@"', args)
      expect(answer).toMatch(
        /^1 error: the working folder cannot be used .*\[FOLDER_UNUSABLE\]\n {2}.+\nhint: change into/,
      )
      expect(() => rmdirSync(join(own.cwd, "gone"))).toThrow()
    },
  )

  test.each([["decrypt", "s.yaml"], ["--help"], ["keys", "s.yaml"], ["completion", "bash"], ["ls", "s.yaml"]])(
    "the disk behind standard output is full: %s",
    async (...args) => {
      const answer = await shell('exec "$@" > /dev/full', args)
      expect(answer).toMatch(
        /^3 error: the output cannot be written \(standard output\) \[OUTPUT_FAILED\]\n {2}no space.*\nhint: free/,
      )
    },
  )

  test.each([32, 64, 128])("%i files may be open, and many are sealed again", async (count) => {
    await restore()
    const folder = join(own.cwd, "many")
    mkdirSync(folder)
    for (let at = 0; at < 80; at++) writeFileSync(join(folder, `${at}.yaml`), sealed)
    const answer = await shell(`ulimit -n ${count}; exec "$@"`, ["rotate", "-i", "many"])
    rmSync(folder, { recursive: true })
    expect(answer).toMatch(/^0 [^]*80 rotated/)
  })

  test.each([8, 12, 16, 20, 24, 32])("%i files may be open", async (count) => {
    for (const args of [
      ["decrypt", "s.yaml"],
      ["set", "s.yaml", "a", '"x"'],
      ["exec-file", "s.yaml", "cat {}"],
      ["status"],
    ]) {
      const answer = await shell(`ulimit -n ${count}; exec "$@"`, args)
      expect(answer).not.toMatch(/bug in sotto/)
      await restore()
    }
  })
})
