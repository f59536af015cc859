import { describe, expect, test } from "vitest"
import { HiddenLine } from "../../src/host/terminal.ts"

describe("hidden line", () => {
  test.each([
    { name: "enter", keys: "abc\r", event: "line", text: "abc" },
    { name: "line feed", keys: "abc\n", event: "line", text: "abc" },
    { name: "erase", keys: "abx\x7fc\r", event: "line", text: "abc" },
    { name: "erase a wide character", keys: "a😀\x7fü\bb\r", event: "line", text: "ab" },
    { name: "erase nothing", keys: "\x7f\x7fa\r", event: "line", text: "a" },
    { name: "erase all", keys: "wrong\x15a\r", event: "line", text: "a" },
    { name: "arrows", keys: "a\x1b[D\x1b[1;5Cb\x1bOAc\r", event: "line", text: "abc" },
    { name: "other control keys", keys: "a\x01\tb\r", event: "line", text: "ab" },
    { name: "end of input behind text", keys: "ab\x04", event: "line", text: "ab" },
    { name: "end of input", keys: "\x04", event: "end", text: "" },
    { name: "interrupt", keys: "ab\x03", event: "interrupt", text: "ab" },
    { name: "nothing yet", keys: "ab", event: null, text: "ab" },
  ])("$name", ({ keys, event, text }) => {
    const whole = new HiddenLine()
    expect(whole.feed(Buffer.from(keys))).toBe(event)
    expect(whole.text()).toBe(text)
    const byBytes = new HiddenLine()
    const events = [...Buffer.from(keys)].map((byte) => byBytes.feed(Buffer.from([byte])))
    expect(events.at(-1)).toBe(event)
    expect(byBytes.text()).toBe(text)
  })

  test("lines that were pasted together", () => {
    const line = new HiddenLine()
    expect(line.feed(Buffer.from("one\rtwo\r\nthree\nrest"))).toBe("line")
    expect(line.text()).toBe("one")
    expect(line.linesAhead()).toEqual(["two", "three"])
  })

  test("nothing is left after a wipe", () => {
    const line = new HiddenLine()
    const chunk = Buffer.from("a\rsecret\r")
    line.feed(chunk)
    line.wipe()
    expect(line.text()).toBe("")
    expect(chunk.toString()).not.toContain("secret")
  })
})
