import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, describe, expect, test } from "vitest"
import { paintWith } from "../../src/app/report/paint.ts"
import { type Cell, table } from "../../src/app/report/table.ts"
import { run } from "../../src/cli/run.ts"
import { keyFile, recipients } from "../keys/golden.ts"
import { call, ioFor, type Machine, machine } from "../machine.ts"

const machines: Machine[] = []
afterEach(() => {
  for (const each of machines.splice(0)) each.remove()
})

const config = `version: 1\nrecipients:\n  alice: ${recipients["age-a"]}\n  bob: ${recipients["age-b"]}\nrules:\n  - recipients: [alice, bob]\n`

async function place(more: Readonly<Record<string, string>> = {}): Promise<{
  readonly own: Machine
  readonly env: ReadonlyMap<string, string>
  run(...args: string[]): Promise<string>
}> {
  const own = machine()
  machines.push(own)
  const env = new Map([...own.env, ["SOPS_AGE_KEY_FILE", keyFile("age-a.txt")] as const, ...Object.entries(more)])
  writeFileSync(join(own.cwd, ".sopsrc"), config)
  writeFileSync(join(own.cwd, "f.yaml"), "a: canary-7f3a\n")
  const inPlace = async (...args: string[]): Promise<string> => {
    const { status, stdout, stderr } = await call({ args, cwd: own.cwd, env })
    // What a machine lacks is for the doctor to say.
    expect(`${args[0] === "doctor" ? 0 : status} ${stderr}`).toBe("0 ")
    return stdout.toString("utf8")
  }
  await inPlace("encrypt", "-i", "f.yaml")
  return { own, env, run: inPlace }
}

const commands = [
  ["keys"],
  ["keys", "f.yaml"],
  ["who"],
  ["who", "--by", "person"],
  ["groups", "list", "-f", "f.yaml"],
  ["status"],
  ["ls", "f.yaml"],
  ["doctor"],
  ["explain", "f.yaml"],
]
const escapes = /\x1b\[[\d;]*m/g

describe("reports", () => {
  test.each(commands)("%s %s %s is plain in a pipe, and the same text in colour", async (...args) => {
    const words = args.filter((word) => word !== undefined)
    const plain = await (await place()).run(...words)
    expect(plain).not.toMatch(escapes)
    expect(plain).not.toMatch(/ $/m)
    const forced = await (await place({ FORCE_COLOR: "1" })).run(...words)
    expect(forced).toMatch(escapes)
    const sameFolder = (text: string): string => text.replace(/sotto-test-\w+/g, "sotto-test").replaceAll(escapes, "")
    expect(sameFolder(forced)).toBe(sameFolder(plain))
    expect(await (await place({ FORCE_COLOR: "1", NO_COLOR: "1" })).run(...words)).not.toMatch(escapes)
  })

  test.each([...commands, ["filestatus", "f.yaml"]])(
    "%s %s %s is JSON with --json, never in colour",
    async (...args) => {
      const words = args.filter((word) => word !== undefined)
      const text = await (await place({ FORCE_COLOR: "1" })).run(...words, "--json")
      expect(text).not.toMatch(escapes)
      expect(typeof JSON.parse(text)).toBe("object")
    },
  )

  test.each([
    { args: ["filestatus", "f.yaml"], shows: "f.yaml  \x1b[32msealed\x1b[0m\n" },
    { args: ["filestatus", ".sopsrc"], shows: ".sopsrc  \x1b[33mnot sealed\x1b[0m\n" },
    { args: ["filestatus", "--json", "f.yaml"], shows: '{"encrypted":true}\n' },
  ])("at a terminal $args is for people", async ({ args, shows }) => {
    const { own, env } = await place()
    const { io, ended } = ioFor({ args, cwd: own.cwd, env })
    const terminal = { ...io.stdout, isTty: true, hasColor: true }
    const { stdout } = ended(await run({ ...io, stdout: terminal }))
    expect(stdout.toString("utf8").replace(/\x1b\[1m(.*?)\x1b\[0m/, "$1")).toBe(shows)
  })

  test("groups list has the numbers that delete takes", async () => {
    const { run: inPlace, own } = await place()
    const third = recipients["age-c"]
    writeFileSync(join(own.cwd, ".sopsrc"), config.replace("rules:", `  eve: ${third}\nrules:`))
    await call({
      args: ["groups", "add", "-i", "-f", "f.yaml", "--age", third],
      cwd: own.cwd,
      env: new Map([...own.env, ["SOPS_AGE_KEY_FILE", keyFile("age-a.txt")]]),
    })
    const text = await inPlace("groups", "list", "-f", "f.yaml")
    expect(text).toBe(
      [
        "group  who    recipient",
        `0      alice  ${recipients["age-a"]}  (you)`,
        `       bob    ${recipients["age-b"]}`,
        `1      eve    ${third}`,
        "2 of 2 groups are needed to open the file",
        "",
      ].join("\n"),
    )
    const { groups, needed } = JSON.parse(await inPlace("groups", "list", "-f", "f.yaml", "--json")) as {
      groups: object[][]
      needed: number
    }
    expect([groups.map((group) => group.length), needed]).toEqual([[2, 1], 2])
  })
})

describe("a table", () => {
  const plain = { paint: paintWith(false), columns: undefined }
  const rows: Cell[][] = [
    [["a", "good"], "bb", "c"],
    ["aaaa", ["b", "error"]],
  ]

  test("aligns its columns, without spaces at the end of a line", () => {
    expect(table(rows, plain, { head: ["x", "y", "z"], indent: 2 })).toBe("  x     y   z\n  a     bb  c\n  aaaa  b\n")
  })

  test("is empty without rows", () => expect(table([], plain)).toBe(""))

  test("colours words, not spaces", () => {
    expect(table(rows, { ...plain, paint: paintWith(true) })).toBe(
      "\x1b[32ma\x1b[0m     bb  c\naaaa  \x1b[1;31mb\x1b[0m\n",
    )
  })

  test("S20: nothing in a cell starts a line or acts on a terminal", () => {
    expect(table([["a\n\x1b[2Jb", "c"]], { ...plain, paint: paintWith(true) })).toBe("a\u{fffd}\u{fffd}[2Jb  c\n")
  })

  test("is cut at the width of the terminal where it may be, in whole characters and outside of colours", () => {
    const wide: Cell[][] = [["n".repeat(30), ["\u{1f511}".repeat(30), "error"]]]
    expect(table(wide, { paint: paintWith(true), columns: 50 }, { isCut: true })).toBe(
      `${"n".repeat(30)}  \x1b[1;31m${"\u{1f511}".repeat(17)}…\x1b[0m\n`,
    )
    expect(table(wide, { ...plain, columns: 50 })).toBe(`${"n".repeat(30)}  ${"\u{1f511}".repeat(30)}\n`)
  })
})
