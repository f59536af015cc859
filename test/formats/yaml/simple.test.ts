import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { type YamlDocument } from "../../../src/formats/yaml/node.ts"
import { parseYaml } from "../../../src/formats/yaml/parse.ts"
import { parseSimple } from "../../../src/formats/yaml/simple.ts"
import { AppError } from "../../../src/errors/app-error.ts"

const runs = process.env["SLOW"] === "1" ? 200_000 : 3000

function parseOrNull(text: string): YamlDocument[] | null {
  try {
    return parseYaml(text)
  } catch (error) {
    if (error instanceof AppError) return null
    throw error
  }
}

const taken = [
  { name: "a mapping", text: "a: 1\nb: two words\n" },
  { name: "without a final line break", text: "a: 1\nb:" },
  { name: "nested mappings", text: "a:\n  b:\n    c: x\n  d: y\ne: z\n" },
  { name: "a list in its mapping's column", text: "a:\n- x\n- y\nb: z\n" },
  { name: "a list that is indented", text: "a:\n    - x: 1\n      y: 2\n    - z\nb: 3\n" },
  { name: "values that are missing", text: "a:\nb:\n  c:\nd:\n" },
  { name: "quotes", text: `a: "x # y: z"\nb: 'it"s'\nc: ""\n` },
  { name: "a token", text: "a: ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAA,type:str]\n" },
  {
    name: "a block",
    text: "a:\n  - enc: |\n        -----BEGIN\n          deeper\n        -----END\n    to: x\nb: 1\n",
  },
  { name: "empty collections", text: "a: []\nb: {}\n" },
  { name: "a mark before it, and empty lines", text: "---\n\na: 1\n\n\nb: 2\n\n" },
  { name: "other scripts", text: "a: grüße 👋🏽\nb: 日本\n" },
]

const refused = [
  { name: "a comment", text: "a: 1 # one\n" },
  { name: "a comment line", text: "# one\na: 1\n" },
  { name: "an anchor", text: "a: &x 1\nb: *x\n" },
  { name: "a tag", text: "a: !!str 1\n" },
  { name: "two documents", text: "a: 1\n---\nb: 2\n" },
  { name: "a value that goes on", text: "a: one\n  two\n" },
  { name: "a value below its key", text: "a:\n  one\n" },
  { name: "an escape", text: 'a: "\\n"\n' },
  { name: "a doubled quote", text: "a: 'it''s'\n" },
  { name: "flow with content", text: "a: [x]\n" },
  { name: "a folded block", text: "a: >\n  x\n" },
  { name: "a block with an empty line", text: "a: |\n  x\n\n  y\n" },
  { name: "CRLF", text: "a: 1\r\n" },
  { name: "a tab", text: "a:\t1\n" },
  { name: "a colon in a value", text: "a: b: c\n" },
  { name: "an indentation that fits nothing", text: "a:\n    b: 1\n  c: 2\n" },
  { name: "an entry in a mapping", text: "a: 1\n- b\n" },
  { name: "NEL", text: "a: x\u0085b: y\n" },
  { name: "a lone surrogate", text: "a: \ud800\n" },
  { name: "nothing", text: "\n\n" },
]

describe("plain YAML is read line by line", () => {
  test.each(taken)("$name", ({ text }) => {
    const simple = parseSimple(text)
    expect(simple).not.toBeNull()
    expect(simple).toEqual(parseYaml(text))
  })

  test.each(refused)("it steps aside for $name", ({ text }) => {
    expect(parseSimple(text)).toBeNull()
  })

  const piece = fc.constantFrom(
    "a",
    "b",
    "key",
    "x y",
    "1",
    "true",
    "~",
    "<<",
    "é",
    "👋",
    "=",
    "\\",
    "ENC[AES256_GCM,data:AA==,iv:AA==,type:str]",
    ":",
    ": ",
    ":\n",
    "- ",
    "-",
    "\n",
    "\n",
    "\n  ",
    "\n    ",
    "\n\n",
    " ",
    "  ",
    "#",
    " # ",
    "---\n",
    "...\n",
    "\t",
    "\r\n",
    '"',
    "'",
    '"x"',
    "'y'",
    "|",
    "|\n",
    "|-\n",
    ">",
    "[]",
    "{}",
    "[",
    "]",
    "{",
    "}",
    ",",
    "&a",
    "*a",
    "!t",
    "?",
    "? ",
    "%",
    "@",
    "`",
    "a: 1\n",
    "  b: 2\n",
    "    c: 3\n",
    "- x\n",
    "  - y\n",
    "  - z: 1\n",
    "    w: 2\n",
    "a:\n",
    "  b:\n",
    "e: |\n  t\n",
  )
  const text = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(""))
  test("whatever it takes, it reads as the other parser does; what that refuses it does not take", () => {
    const law = fc.property(text, (source) => {
      const simple = parseSimple(source)
      if (simple !== null) expect(simple).toEqual(parseOrNull(source))
    })
    fc.assert(law, { numRuns: runs })
  })

  test("lines that fit together are often taken", () => {
    const line = fc.tuple(
      fc.nat(2),
      fc.constantFrom("a: 1", "b:", "c: x", "- d: y", "- e", "f: |\n      t", 'g: "h"', "i: []"),
    )
    const lines = fc.array(line, { minLength: 1, maxLength: 8 })
    const law = fc.property(lines, (pairs) => {
      const source = pairs.map(([depth, content]) => `${"  ".repeat(depth)}${content}\n`).join("")
      const simple = parseSimple(source)
      if (simple !== null) expect(simple).toEqual(parseOrNull(source))
    })
    fc.assert(law, { numRuns: runs })
  })
})
