import { describe, expect, test } from "vitest"
import { logLine } from "../../../src/cli/sops/messages.ts"
import { type Output } from "../../../src/host/streams.ts"

function output(isTty: boolean, hasColor = isTty): Output {
  return { isTty, hasColor, write: async () => {}, flush: async () => {} }
}

const now = (): Date => new Date("2026-03-04T05:06:07.890Z")
const pipe = { stdout: output(false), stderr: output(false), now, clock: () => 0 }
const terminal = { stdout: output(true), stderr: output(true), now, clock: () => 12_345 }

const texts = [
  { text: "plain/text-1.0@x^y+z_", shown: "plain/text-1.0@x^y+z_" },
  { text: "two words", shown: '"two words"' },
  { text: 'a "quote" and \\', shown: '"a \\"quote\\" and \\\\"' },
  { text: "line\nbreak\ttab", shown: '"line\\nbreak\\ttab"' },
  { text: "\x1b[2J\u202e", shown: '"\\x1b[2J\\u202e"' },
  { text: "é", shown: '"é"' },
]

describe("a log line", () => {
  test.each(texts)("quotes as Go does: $shown", ({ text, shown }) => {
    const line = logLine(pipe, { level: "warning", logger: "CMD", text })
    expect(line).toMatch(/^\[CMD\]\t time="2026-03-04T\d\d:\d\d:07(?:Z|[+-]\d\d:\d\d)" level=warning msg=/)
    expect(line.endsWith(`msg=${shown}\n`)).toBe(true)
  })

  test("fields follow", () => {
    const line = logLine(pipe, { level: "error", logger: "SOPS", text: "x", fields: { error: "a b", n: "1" } })
    expect(line.endsWith('level=error msg=x error="a b" n=1\n')).toBe(true)
  })

  test("on a terminal it is short, and coloured", () => {
    const line = logLine(terminal, { level: "fatal", logger: "CMD", text: "x", fields: { a: "b" } })
    expect(line).toBe(`\x1b[1m[CMD]\x1b[0m\t \x1b[31mFATA\x1b[0m[0012] ${"x".padEnd(44)}  \x1b[31ma\x1b[0m=b\n`)
  })

  test("no text acts on a terminal", () => {
    expect(logLine(terminal, { level: "warning", logger: "CMD", text: "\x1b]0;title\x07" })).not.toContain("\x1b]")
  })
})
