import fc from "fast-check"
import { expect, test } from "vitest"
import { stringEnd, unquote } from "../../../src/formats/json/strings.ts"

const filler = "x".repeat(70_000)

test.each([
  { name: "plain", text: filler, isString: true },
  { name: "other scripts", text: `${filler}grüße 👋`, isString: true },
  { name: "DEL and U+2028", text: `${filler}\u007f\u2028`, isString: true },
  { name: "an escape", text: `${filler}\\n`, isString: true },
  { name: "an escaped quote", text: `${filler}\\"${filler}`, isString: true },
  { name: "an escaped backslash at the end", text: `${filler}\\\\`, isString: true },
  { name: "half an astral character at a border of pieces", text: `${"x".repeat(65_535)}👋${filler}`, isString: true },
  { name: "an escape that JSON does not know", text: `${filler}\\x`, isString: false },
  { name: "a line break", text: `${filler}\n${filler}`, isString: false },
  { name: "a control character", text: `${filler}\u0001`, isString: false },
  { name: "a tab at a border of pieces", text: `${"x".repeat(65_536)}\t${filler}`, isString: false },
])("a long string with $name", ({ text, isString }) => {
  const source = `["${text}", 1]`
  expect(stringEnd(source, 1)).toEqual(
    isString ? text.length + 3 : expect.objectContaining({ reason: expect.any(String) as string }),
  )
})

test("a long string that does not end", () => {
  expect(stringEnd(`"${filler}`, 0)).toHaveProperty("fault", 0)
})

test("generated strings are found and read as the engine's own parser reads them", () => {
  const parts = [
    '"',
    "\\",
    "\\\\",
    '\\"',
    "u",
    "00e9",
    "\\u00E9",
    "\\ud83d\\udc4b",
    "\\ud800",
    "\\n",
    "\\/",
    "n",
    "\u0001",
    "\u{1f44b}",
  ]
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...parts), { maxLength: 9 }), (found) => {
      const text = `"${found.join("")}", "z": "q\\n"`
      let end = 1
      while (end < text.length && text[end] !== '"') end += text[end] === "\\" ? 2 : 1
      const own = text.slice(0, end + 1)
      const wanted = parsed(own)
      const reached = stringEnd(text, 0)
      if (wanted === null) expect(reached).toHaveProperty("fault")
      else expect([reached, unquote(text, 0, own.length)]).toEqual([own.length, wanted.toWellFormed()])
    }),
    { numRuns: 5000 },
  )
})

function parsed(text: string): string | null {
  try {
    return JSON.parse(text) as string
  } catch {
    return null
  }
}
