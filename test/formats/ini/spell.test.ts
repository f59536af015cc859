import { readFileSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { type Kind } from "../../../src/core/scalar.ts"
import { utf8 } from "../../../src/core/text.ts"
import { ini } from "../../../src/formats/ini/ini.ts"
import { filled, reopened, textOf } from "./support.ts"

interface Spelling {
  readonly value: string
  readonly ini: string
}

const spellings = readFileSync(new URL("../../../fixtures/oracle/spelling.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Spelling)
  .filter(({ value }) => value !== "")

describe("434 values and how upstream prints them", () => {
  test("opened in a plain place they keep that spelling, if it can be read back", () => {
    let same = 0
    for (const { value, ini: printed } of spellings) {
      const opened = reopened("[s]\nk = x\n", 0, value)
      const sites = filled(ini.scan(opened))
      expect(sites.map(textOf)).toEqual([value])
      const isReadable = filled(ini.scan(printed)).map(textOf).join("\u0000") === value
      if (isReadable) expect(opened).toBe(printed)
      if (isReadable) same++
    }
    expect(same).toBeGreaterThan(420)
  })

  test("every quote and every surrounding line keeps them", () => {
    for (const source of [
      'k = "x"\n',
      "k='x' ; c\n",
      "k : `x`\nl=1\n",
      'k = """x"""\r\n',
      "  k=x # c",
      "k = x \\\n  y\n",
    ]) {
      const before = ini.scan(source).sites.slice(1).map(textOf)
      for (const { value } of spellings) {
        const sites = ini.scan(reopened(source, 0, value)).sites
        expect({ source, found: sites.map(textOf) }).toEqual({ source, found: [value, ...before] })
      }
    }
  })

  test("they are emitted as upstream prints them", () => {
    for (const { value, ini: printed } of spellings) {
      const scalar = { kind: "str", bytes: utf8.encode(value) } as const
      const section = {
        type: "map",
        entries: [{ type: "entry", key: "k", value: { type: "scalar", scalar } }],
      } as const
      expect(ini.emit([{ type: "map", entries: [{ type: "entry", key: "s", value: section }] }], {})).toBe(printed)
    }
  })
})

describe("quotes that can hold the value stay", () => {
  const cases: [source: string, value: string, opened: string][] = [
    ['k="x"', "a # b", 'k="a # b"'],
    ["k='x'", 'a"b', "k='a\"b'"],
    ["k='x'", "it's", "k=it's"],
    ["k=`x`", "a\nb", "k=`a\nb`"],
    ['k="""x"""', "a", 'k="""a"""'],
    ['k="x"', "", 'k=""'],
    ["k=x", "back\\", 'k="""back\\"""'],
    ["k=x", '"q"', 'k=""""q""""'],
  ]
  test.each(cases)("%s with %j", (source, value, opened) => expect(reopened(source, 0, value)).toBe(opened))
})

describe("typed scalars of other formats are printed as upstream prints them", () => {
  const cases: [kind: Kind, bytes: string, opened: string][] = [
    ["int", "42", "42"],
    ["bool", "True", "true"],
    ["bool", "False", "false"],
    ["float", "1", "1.0"],
    ["float", "0.5", "0.5"],
    ["float", "1000000000000000000000000", "1E+24"],
    ["time", "2001-12-14T21:59:43.1-05:00", "2001-12-14T21:59:43-05:00"],
  ]
  test.each(cases)("%s %s", (kind, bytes, opened) => {
    const scan = ini.scan("k=x")
    expect(ini.open(scan, scan.sites[0]!, { kind, bytes: utf8.encode(bytes) }).text).toBe(opened)
  })
})
