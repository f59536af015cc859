import { describe, expect, test } from "vitest"
import { commands } from "../../src/cli/commands.ts"
import { hasColor } from "../../src/app/report/paint.ts"
import { type HelpStyle, commandHelp, programHelp } from "../../src/cli/help.ts"
import { run } from "../../src/cli/run.ts"
import { type Output } from "../../src/host/streams.ts"
import { ioFor } from "../machine.ts"

const plain: HelpStyle = { color: false, columns: undefined }
const sgr = /\x1b\[\d*(?:;\d+)*m/g

async function pages(style: HelpStyle): Promise<[string, string][]> {
  const own = [...commands].map(async ([name, entry]): Promise<[string, string]> => {
    return [name, commandHelp(name, entry, await entry.load(), style)]
  })
  return [["program", programHelp(commands, style)], ...(await Promise.all(own))]
}

/** What may be longer than the line: a name, a usage line or an example, which nobody wants broken, and a single word. */
function isOneTerm(line: string): boolean {
  if (!line.trim().includes(" ")) return true
  return /^ {2}\S/.test(line) ? !/ {2}\S/.test(line.slice(2)) : line.startsWith("Usage: ")
}

describe("help", () => {
  test.each([
    { columns: undefined, width: 80 },
    { columns: 120, width: 100 },
    { columns: 100, width: 100 },
    { columns: 64, width: 64 },
    { columns: 40, width: 40 },
    { columns: 10, width: 40 },
  ])("at $columns columns no line is longer than $width", async ({ columns, width }) => {
    let longest = 0
    for (const [name, text] of await pages({ color: false, columns })) {
      for (const line of text.split("\n")) {
        if (isOneTerm(line)) continue
        if (line.length > width) throw new Error(`${name}: ${line}`)
        longest = Math.max(longest, line.length)
      }
    }
    expect(longest).toBeGreaterThan(width * 0.9)
  })

  test("with colours it is the same text", async () => {
    const shown = await pages(plain)
    for (const [at, [name, text]] of (await pages({ ...plain, color: true })).entries()) {
      expect([name, text.includes("\x1b[1mUsage:\x1b[0m")]).toEqual([name, true])
      expect(text.replace(sgr, "")).toBe(shown[at]?.[1])
    }
  })

  test.each([
    { env: {}, terminal: true, color: true },
    { env: {}, terminal: false, color: false },
    { env: { FORCE_COLOR: "1" }, terminal: false, color: true },
    { env: { FORCE_COLOR: "0" }, terminal: true, color: false },
    { env: { FORCE_COLOR: "false" }, terminal: true, color: false },
    { env: { FORCE_COLOR: "" }, terminal: false, color: false },
    { env: { FORCE_COLOR: "1", NO_COLOR: "1" }, terminal: false, color: false },
  ])("colours with $env, terminal: $terminal", ({ env, terminal, color }) => {
    const output: Output = { isTty: terminal, hasColor: terminal, write: async () => {}, flush: async () => {} }
    expect(hasColor(new Map(Object.entries(env)), output)).toBe(color)
  })

  test.each([
    { args: ["--help"], force: undefined, isColored: false },
    { args: ["get", "--help"], force: "1", isColored: true },
    { args: ["help", "get"], force: "1", isColored: true },
  ])("$args with FORCE_COLOR=$force", async ({ args, force, isColored }) => {
    const env = new Map(force === undefined ? [] : [["FORCE_COLOR", force]])
    const { io, ended } = ioFor({ args, cwd: "/", env })
    const { stdout, status } = ended(await run(io))
    expect([status, stdout.includes("\x1b[")]).toEqual([0, isColored])
  })
})
