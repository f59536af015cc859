import { describe, expect, test } from "vitest"
import { type Scalar } from "../../../src/core/scalar.ts"
import { utf8 } from "../../../src/core/text.ts"
import { emitYaml } from "../../../src/formats/yaml/emit/emit.ts"
import { scanYaml } from "../../../src/formats/yaml/scan.ts"
import {
  type Carrier,
  flowPlace,
  keyPlace,
  spellScalar,
  spellString,
  spellText,
} from "../../../src/formats/yaml/carry/spell.ts"
import { rows } from "./oracle.ts"

const block: Carrier = { context: "block", indent: 2, hint: 2, eol: "\n" }

describe("as upstream spells strings", () => {
  test.each(rows<{ value: string; yaml: string }>("spelling.jsonl"))("$value", ({ value, yaml }) => {
    const leaf = { type: "scalar", scalar: { kind: "str", bytes: utf8.encode(value) } } as const
    const inner = { type: "map", entries: [{ type: "entry", key: "k", value: leaf }] } as const
    expect(emitYaml([{ type: "map", entries: [{ type: "entry", key: "s", value: inner }] }], {})).toBe(yaml)
  })
})

const kinds: { scalar: [Scalar["kind"], string]; text: string }[] = [
  { scalar: ["int", "-12"], text: "-12" },
  { scalar: ["bool", "True"], text: "true" },
  { scalar: ["bool", "False"], text: "false" },
  { scalar: ["float", "1"], text: "1" },
  { scalar: ["float", "1000000"], text: "1e+06" },
  { scalar: ["float", "0.0000001"], text: "1e-07" },
  { scalar: ["float", "+Inf"], text: ".inf" },
  { scalar: ["float", "-Inf"], text: "-.inf" },
  { scalar: ["float", "NaN"], text: ".nan" },
  { scalar: ["time", "2001-12-14T21:59:43.1-05:00"], text: "2001-12-14T21:59:43.1-05:00" },
]

test.each(kinds)("$scalar", ({ scalar: [kind, text], text: spelled }) => {
  expect(spellScalar({ kind, bytes: utf8.encode(text) }, block)).toBe(spelled)
})

const places: { name: string; text: string; place: Carrier; spelled: string }[] = [
  { name: "a block has no final line end", text: "a\nb\n", place: block, spelled: "|\n  a\n  b" },
  { name: "kept line ends", text: "a\n\n", place: block, spelled: "|+\n  a\n" },
  { name: "no line end", text: "a\nb", place: block, spelled: "|-\n  a\n  b" },
  { name: "only a line end", text: "\n", place: block, spelled: "|2+\n" },
  { name: "a blank first needs the hint", text: " a\nb", place: block, spelled: "|2-\n   a\n  b" },
  { name: "a tab first, which upstream turns into null", text: "\ta\n", place: block, spelled: "|2\n  \ta" },
  { name: "line ends of the file", text: "a\nb\n", place: { ...block, eol: "\r\n" }, spelled: "|\r\n  a\r\n  b" },
  { name: "no room for a block", text: "a\nb", place: { ...block, oneLine: true }, spelled: '"a\\nb"' },
  { name: "a blank before a line end", text: "a \nb", place: block, spelled: '"a \\nb"' },
  { name: "flow: a comma", text: "a,b", place: flowPlace, spelled: "'a,b'" },
  { name: "block: a comma", text: "a,b", place: block, spelled: "a,b" },
  { name: "flow: several lines", text: "a\nb", place: flowPlace, spelled: '"a\\nb"' },
  { name: "a key that looks like a boolean of YAML 1.1", text: "on", place: keyPlace, spelled: '"on"' },
  { name: "a merge key as text", text: "<<", place: block, spelled: "!!merge <<" },
  { name: "a first BOM has everything escaped", text: "\uFEFFa", place: block, spelled: '"\\uFEFF\\x61"' },
]

test.each(places)("$name", ({ text, place, spelled }) => {
  expect(spellText(text, place)).toBe(spelled)
})

test("bytes that are not UTF-8 are tagged", () => {
  expect(spellString(Uint8Array.of(0xff, 0x00), block)).toBe("!!binary /wA=")
  const long = spellString(new Uint8Array(60).fill(0xff), block)
  expect(long).toBe(`!!binary |\n  ${"/".repeat(70)}\n  ${"/".repeat(10)}`)
  const [site] = scanYaml(`k: ${long}\n`).sites
  expect(site!.scalar).toEqual({ kind: "str", bytes: new Uint8Array(60).fill(0xff) })
})
