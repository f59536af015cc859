import { readFileSync } from "node:fs"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
  formatF,
  formatG,
  formatJson,
  formatUpperG,
  int64Text,
  parseFloat64,
  parseInt64,
  parseInt64In,
  parseIntBase0,
  parseUint64In,
  parseUintBase0,
} from "../../src/core/gonumber.ts"
import { runs } from "../laws/runs.ts"

/** What Go's strconv, encoding/json and sops' ValToString say; `null` where Go refuses the text. */
interface Row {
  readonly text: string
  readonly f: string | null
  readonly g: string | null
  readonly upperG: string | null
  readonly json: string | null
  readonly int: string | null
  readonly base0: string | null
  readonly uint0: string | null
}

const rows = readFileSync(new URL("../../fixtures/oracle/gonumber.jsonl", import.meta.url), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Row)

describe("gonumber", () => {
  test("the list made by Go is there", () => expect(rows.length).toBeGreaterThan(700))

  test.each(rows)("as Go: $text", (row) => {
    const value = parseFloat64(row.text)
    expect({
      text: row.text,
      f: value === null ? null : formatF(value),
      g: value === null ? null : formatG(value),
      upperG: value === null ? null : formatUpperG(value),
      json: value === null || !Number.isFinite(value) ? null : formatJson(value),
      int: int64Text(row.text),
      base0: parseIntBase0(row.text)?.toString() ?? null,
      uint0: parseUintBase0(row.text)?.toString() ?? null,
    }).toEqual(row)
  })

  test("the text of an integer is that of its number", () => {
    const texts = fc.stringMatching(/^[-+]?[0-9]{0,21}$/)
    const law = fc.property(texts, (text) => {
      expect(int64Text(text)).toBe(parseInt64(text)?.toString() ?? null)
    })
    fc.assert(law, { numRuns: runs.numRuns })
  })

  const fixedBase = [
    { text: "-17", radix: 8, int: -15n, uint: null },
    { text: "+101", radix: 2, int: 5n, uint: null },
    { text: "102", radix: 2, int: null, uint: null },
    { text: "fF", radix: 16, int: 255n, uint: 255n },
    { text: "0x1", radix: 16, int: null, uint: null },
    { text: "1_0", radix: 10, int: null, uint: null },
    { text: "ffffffffffffffff", radix: 16, int: null, uint: 2n ** 64n - 1n },
    { text: "-8000000000000000", radix: 16, int: -(2n ** 63n), uint: null },
  ] as const
  test.each(fixedBase)("$text in base $radix", ({ text, radix, int, uint }) => {
    expect(parseInt64In(text, radix)).toBe(int)
    expect(parseUint64In(text, radix)).toBe(uint)
  })

  test("every float comes back from each of its spellings", () => {
    const finite = fc.double({ noNaN: true, noDefaultInfinity: true })
    const law = fc.property(finite, (value) => {
      for (const format of [formatF, formatG, formatUpperG, formatJson]) expect(parseFloat64(format(value))).toBe(value)
    })
    fc.assert(law, runs)
  })

  test("a long run of digits takes linear work", () => {
    const digits = "9".repeat(1_000_000)
    expect(parseInt64(digits)).toBeNull()
    expect(parseIntBase0(`0x${digits}`)).toBeNull()
    expect(parseFloat64(digits)).toBeNull()
    expect(parseFloat64(`0x.${digits}p0`)).toBe(0.6)
  })
})
