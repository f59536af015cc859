import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, describe, expect, test } from "vitest"
import { keyFile, recipients } from "../keys/golden.ts"
import { call, type Ended, type Machine, machine } from "../machine.ts"

const machines: Machine[] = []
afterEach(() => {
  for (const each of machines.splice(0)) each.remove()
})

const config = `version: 1\nrecipients:\n  alice: ${recipients["age-a"]}\n  bob: ${recipients["age-b"]}\nrules:\n  - recipients: [alice, bob]\n`
const secretKey = "AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQS5CANARY"

/** What may stand in place of a recipient, in a file that somebody changed by hand or that was damaged. */
const damaged = {
  "nothing at all": "",
  "a letter that is missing": recipients["age-b"].slice(0, -1),
  "a word": "bob",
  "the secret half of a key": secretKey,
  "a character that acts on a terminal": String.raw`"age1\e[2J\n- eve"`,
  "a very long text": "age1" + "q".repeat(9000),
}

interface Place {
  run(...args: string[]): Promise<Ended>
  read(): string
  write(text: string): void
}

async function place(damage: string): Promise<Place> {
  const own = machine()
  machines.push(own)
  const env = new Map([...own.env, ["SOPS_AGE_KEY_FILE", keyFile("age-a.txt")]])
  const inPlace = (...args: string[]): Promise<Ended> => call({ args, cwd: own.cwd, env })
  const file = join(own.cwd, "f.yaml")
  writeFileSync(join(own.cwd, ".sopsrc"), config)
  writeFileSync(file, "a: canary-7f3a\n")
  expect((await inPlace("encrypt", "-i", "f.yaml")).stderr).toBe("")
  const text = readFileSync(file, "utf8")
  expect(text).toContain(recipients["age-b"])
  writeFileSync(
    file,
    text.replace(recipients["age-b"], () => (damage === "" ? '""' : damage)),
  )
  return { run: inPlace, read: () => readFileSync(file, "utf8"), write: (text) => writeFileSync(file, text) }
}

function textOf({ stdout, stderr }: Ended): string {
  return stdout.toString("utf8") + stderr
}

describe.each(Object.entries(damaged))("an entry that is %s", (_, damage) => {
  const name = "unreadable entry 2 (age)"

  test("is named by its place, and never shown", async () => {
    const at = await place(damage)
    const commands = [
      ["keys", "f.yaml"],
      ["keys", "--json", "f.yaml"],
      ["groups", "list", "-f", "f.yaml"],
      ["who"],
      ["who", "--by", "person"],
      ["who", "--json"],
      ["sync", "--dry-run", "f.yaml"],
      ["sync", "--dry-run", "--json", "f.yaml"],
      ["updatekeys", "--dry-run", "f.yaml"],
      ["status"],
      ["status", "--json"],
      ["explain", "f.yaml"],
      ["check", "f.yaml"],
    ]
    for (const args of commands) {
      const text = textOf(await at.run(...args))
      expect(`${args.join(" ")}: ${text}`).toContain(name)
      expect(text).not.toContain("SECRET-KEY")
      expect(text).not.toMatch(/qqqqq|\x1b|- eve/)
    }
  })

  test("is in the JSON of keys without its text", async () => {
    const { stdout } = await (await place(damage)).run("keys", "--json", "f.yaml")
    const { groups } = JSON.parse(stdout.toString("utf8")) as { groups: object[][] }
    expect(groups[0]?.[1]).toEqual({ type: "age", isKnown: true, recipient: null, name, isHeld: false })
  })

  test("stops a new data key, until somebody says that it may go", async () => {
    const at = await place(damage)
    const before = at.read()
    const errors = [await at.run("rotate", "-i", "f.yaml"), await at.run("revoke", "--yes", "alice")]
    errors.push(await at.run("groups", "add", "-i", "-f", "f.yaml", "--age", recipients["age-c"]))
    for (const ended of errors) {
      expect(ended.status).not.toBe(0)
      expect(ended.stderr).toContain(`${name} (f.yaml) [RECIPIENT_INVALID]`)
      expect(ended.stderr).toContain("sotto sync f.yaml")
    }
    expect(at.read()).toBe(before)
    expect((await at.run("rotate", "-i", "--drop-unknown", "f.yaml")).stderr).toBe("")
    expect(at.read()).not.toBe(before)
    expect(textOf(await at.run("who"))).toBe("f.yaml: alice\n")
  })

  test("goes with sync, which wraps for the recipients of the rule", async () => {
    const at = await place(damage)
    const { stdout, stderr } = await at.run("sync", "--yes", "f.yaml")
    expect(`${stdout.toString("utf8")}${stderr}`).toContain(`added bob, removed ${name}`)
    expect(textOf(await at.run("who"))).toBe("f.yaml: alice, bob\n")
    expect(textOf(await at.run("decrypt", "f.yaml"))).toBe("a: canary-7f3a\n")
  })
})

test("with several groups the place says in which", async () => {
  const at = await place("age1")
  const text = at.read()
  const age = text.slice(text.indexOf("    age:\n"), text.indexOf("    lastmodified"))
  const group = `        - ${age.trimStart().replaceAll("\n", "\n          ").trimEnd()}\n`
  at.write(text.replace(age, () => `    shamir_threshold: 2\n    key_groups:\n${group}${group}`))
  expect(textOf(await at.run("keys", "f.yaml"))).toMatch(
    /group 1: any one of\n.*\n {4}unreadable entry 2 \(age, group 1\)\n[^]*\n {4}unreadable entry 2 \(age, group 2\)\n$/,
  )
})
