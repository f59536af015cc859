import fc from "fast-check"
import { json } from "../../src/formats/json/json.ts"
import { describe, expect, test } from "vitest"
import { utf8 } from "../../src/core/text.ts"
import { documentLaws, openText, sealText } from "./document-laws.ts"

const spacing = fc.constantFrom("", " ", "\n", "\n  ", "\t", "\r\n")
const key = fc.constantFrom("a", "b", "name", "x y", "é", "a_unencrypted", "\\u0061b", "😀")
const leaf = fc.constantFrom(
  '"x"',
  '""',
  '"a\\nb"',
  '"\\/"',
  '"<&>"',
  '"\\u0041"',
  "1",
  "-0",
  "1.0",
  "1e3",
  "true",
  "null",
  "12345678901234567",
  "0.1e-7",
  "{}",
  "[]",
  "[ ]",
)

/** JSON text with white space and spellings that no printer would choose. */
const value: fc.Memo<string> = fc.memo((depth) =>
  depth <= 1 ? leaf : fc.oneof(leaf, object(depth - 1), list(depth - 1)),
)
const object: fc.Memo<string> = fc.memo((depth) =>
  fc
    .tuple(fc.array(fc.tuple(spacing, key, spacing, value(depth), spacing), { maxLength: 4 }), spacing)
    .map(([entries, end]) => `{${entries.map(([a, k, b, v, c]) => `${a}"${k}"${b}:${c}${v}`).join(",")}${end}}`),
)
const list: fc.Memo<string> = fc.memo((depth) =>
  fc
    .tuple(fc.array(fc.tuple(spacing, value(depth)), { maxLength: 4 }), spacing)
    .map(([items, end]) => `[${items.map(([a, v]) => `${a}${v}`).join(",")}${end}]`),
)
const texts = fc
  .tuple(fc.constantFrom("", "\uFEFF"), object(3), fc.constantFrom("", "\n", "\r\n", "  \n"))
  .map((parts) => parts.join(""))

documentLaws(json, texts)

describe("what a text costs beside its tokens", () => {
  test.each([
    ["what sops prints as escapes", '{"a": "<b>bold</b> & more", "b": ["\u2028", "x > y"]}'],
    ["the escapes that a string needs", '{"a": "\\"\\\\\\n\\t\\u0001", "b": "caf\u00e9 \u2014"}'],
  ])("nothing has to be remembered of %s", (_name, text) => {
    const { text: sealed } = sealText(json, text)
    expect(sealed).not.toContain("sotto_layout")
    expect(utf8.decode(openText(json, sealed).bytes)).toBe(text)
  })

  test.each([
    ["escapes of ASCII printers", '{"a": "caf\\u00e9", "b": "x\\/y", "c": "\\u003cb>"}'],
    ["a digest that is left out", '{"a": "<b>", "c": "\\u003cb>"}'],
  ])("all comes back: %s", (name, text) => {
    for (const structure of [true, false]) {
      const { text: sealed, warnings } = sealText(json, text, { structure })
      expect([name, structure, warnings]).toEqual([name, structure, []])
      expect(utf8.decode(openText(json, sealed).bytes)).toBe(text)
    }
  })
})
