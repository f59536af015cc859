import { describe, expect, test } from "vitest"
import { type CommandEntry, type CommandTable, commands } from "../../src/cli/commands.ts"
import { findCommand } from "../../src/cli/find-command.ts"
import { familyHelp, programHelp } from "../../src/cli/help.ts"
import { command } from "../../src/cli/spec.ts"

const bell = command({
  details: [],
  arguments: {},
  options: { tone: { kind: "text", short: "t", value: "TEXT", summary: "which one" } },
  examples: [],
  run: async () => ({}),
})
const entry = (summary: string): CommandEntry => ({ group: "tools", summary, load: async () => bell })
const table: CommandTable = new Map([...commands, ["bell ring", entry("ring it")], ["bell mute", entry("mute it")]])

const found = [
  { words: ["decrypt", "-i", "f"], name: "decrypt", rest: ["-i", "f"] },
  { words: ["--json", "decrypt", "f"], name: "decrypt", rest: ["--json", "f"] },
  { words: ["--config", "get", "decrypt", "f"], name: "decrypt", rest: ["--config", "get", "f"] },
  { words: ["--config=get", "decrypt"], name: "decrypt", rest: ["--config=get"] },
  { words: ["--indent", "6", "encrypt", "f"], name: "encrypt", rest: ["--indent", "6", "f"] },
  { words: ["--age", "R", "encrypt", "f"], name: "encrypt", rest: ["--age", "R", "f"] },
  { words: ["-i", "encrypt", "f"], name: "encrypt", rest: ["-i", "f"] },
  { words: ["-o", "keys", "encrypt", "f"], name: "encrypt", rest: ["-o", "keys", "f"] },
  { words: ["-o", "decrypt", "encrypt", "f"], name: "encrypt", rest: ["-o", "decrypt", "f"] },
  { words: ["--output=keys", "-i", "encrypt"], name: "encrypt", rest: ["--output=keys", "-i"] },
  { words: ["-f", "a.env", "run", "--", "get", "-x"], name: "run", rest: ["-f", "a.env", "--", "get", "-x"] },
  { words: ["-f", "a.env", "run", "tool", "decrypt"], name: "run", rest: ["-f", "a.env", "tool", "decrypt"] },
  // Nobody takes that: the command that is named says so.
  { words: ["--nosuch", "6", "encrypt"], name: "encrypt", rest: ["--nosuch", "6"] },
  { words: ["--indent", "two", "encrypt", "f"], name: "encrypt", rest: ["--indent", "two", "f"] },
  { words: ["bell", "ring", "-t", "c"], name: "bell ring", rest: ["-t", "c"] },
  { words: ["-t", "bell", "bell", "mute"], name: "bell mute", rest: ["-t", "bell"] },
  { words: ["bell", "--json", "ring"], name: "bell ring", rest: ["--json"] },
  { words: ["--json", "bell", "ring"], name: "bell ring", rest: ["--json"] },
]

describe("the words that name a command", () => {
  test.each(found)("$words", async ({ words, name, rest }) => {
    const topic = await findCommand(table, words)
    expect(topic).toMatchObject({ name, rest })
    expect(topic.entry).toBe(table.get(name))
  })

  test.each([
    { words: [], name: undefined },
    { words: ["--help"], name: undefined },
    { words: ["--json", "--version"], name: undefined },
    { words: ["bell"], name: "bell" },
    { words: ["bell", "--help"], name: "bell" },
    { words: ["--json", "bell"], name: "bell" },
  ])("$words name no single command", async ({ words, name }) => {
    expect(await findCommand(table, words)).toMatchObject({ entry: null, name })
  })

  test.each([
    { words: ["decrpyt"], code: "COMMAND_UNKNOWN", subject: "decrpyt", hint: "`decrypt`" },
    { words: ["--json", "decrpyt"], code: "COMMAND_UNKNOWN", subject: "decrpyt", hint: "`decrypt`" },
    { words: ["bell", "rign"], code: "COMMAND_UNKNOWN", subject: "bell rign", hint: "`bell ring`" },
    { words: ["ring"], code: "COMMAND_UNKNOWN", subject: "ring", hint: "" },
    { words: ["-d", "f.yaml"], code: "OPTION_UNKNOWN", subject: "-d", hint: "sotto decrypt" },
    { words: ["--nosuch"], code: "OPTION_UNKNOWN", subject: "--nosuch", hint: "name a command first" },
    { words: ["--nosuch=canary-7f3a"], code: "OPTION_UNKNOWN", subject: "--nosuch", hint: "name a command first" },
    { words: ["--nosuch", "--", "encrypt"], code: "OPTION_UNKNOWN", subject: "--nosuch", hint: "name a command first" },
    { words: ["-o", "decrypt", "file"], code: "OPTION_UNKNOWN", subject: "-o", hint: "name a command first" },
    { words: ["--config"], code: "OPTION_VALUE", subject: "--config", hint: "" },
  ])("$words are wrong", async ({ words, code, subject, hint }) => {
    const wrong = await findCommand(table, words).catch((error: unknown) => error)
    expect(wrong).toMatchObject({ code })
    expect(wrong).toHaveProperty("detail.subject", expect.stringContaining(subject))
    if (hint !== "") expect(wrong).toHaveProperty("hint", expect.stringContaining(hint))
  })

  test("a family is in the help, and has one of its own", () => {
    const style = { color: false, columns: undefined }
    expect(programHelp(table, style)).toMatch(/^ {2}bell ring +ring it$/m)
    expect(familyHelp("bell", table, style)).toMatch(/^ {2}bell mute +mute it$/m)
    expect(familyHelp("bell", table, style)).not.toContain("decrypt")
  })
})
