import { describe, expect, test } from "vitest"
import { utf8 } from "../../../src/core/text.ts"
import { resolveScalar, resolvesToString } from "../../../src/formats/yaml/resolve/resolve.ts"
import { faultOf, rows, sitesOf } from "./oracle.ts"

interface Lexeme {
  readonly lexeme: string
  readonly kind: string
  readonly text?: string
}

describe("resolve", () => {
  test("every lexeme of the oracle is what upstream's store sees", () => {
    const lexemes = rows<Lexeme>("scalars-yaml.jsonl")
    expect(lexemes.length).toBeGreaterThan(780)
    for (const { lexeme, kind, text } of lexemes) {
      const source = `k: ${lexeme}\n`
      // Upstream loads integers beyond int64 and fails when it walks them.
      const isUnsupported = kind === "int" && BigInt(text!) > 2n ** 63n - 1n
      if (kind === "error") expect({ lexeme, ...faultOf(source) }).toMatchObject({ lexeme, exit: 2 })
      else if (isUnsupported) {
        expect({ lexeme, ...faultOf(source) }).toMatchObject({ lexeme, code: "VALUE_UNSUPPORTED", exit: 23 })
      } else if (kind !== "list" && kind !== "map") {
        const values = sitesOf(source)[0]!.filter((site) => site.kind !== "comment")
        expect({ lexeme, values }).toEqual({ lexeme, values: [{ path: ["k"], kind, text: text ?? "" }] })
      }
    }
  })

  test.each([
    { tag: "", style: "double", value: "12", kind: "str", text: "12" },
    { tag: "!!int", style: "double", value: "12", kind: "int", text: "12" },
    { tag: "!!float", style: "plain", value: "0x10", kind: "float", text: "16" },
    { tag: "!custom", style: "plain", value: "12", kind: "str", text: "12" },
    { tag: "!!timestamp", style: "single", value: "2001-1-2", kind: "time", text: "2001-01-02T00:00:00Z" },
    { tag: "!!binary", style: "literal", value: "aG\nk=\n", kind: "str", text: "hi" },
    { tag: "", style: "plain", value: "0o-7", kind: "int", text: "-7" },
  ] as const)("$tag $style $value is the $kind $text", ({ tag, style, value, kind, text }) => {
    const found = resolveScalar(tag, style, value)
    expect(found).toMatchObject({ kind })
    expect(utf8.decode((found as { bytes: Uint8Array }).bytes)).toBe(text)
  })

  test.each([
    { tag: "!!int", value: "x", is: "mismatch" },
    { tag: "!!bool", value: "yes", is: "mismatch" },
    { tag: "!!null", value: "x", is: "mismatch" },
    { tag: "!!float", value: "2001-01-01", is: "mismatch" },
    { tag: "!!binary", value: "aGk", is: "mismatch" },
    { tag: "!!null", value: "~", is: null },
    { tag: "", value: "18446744073709551615", is: "unsupported" },
    { tag: "", value: "2001-01-01T00:00:00+24:00", is: "unsupported" },
  ])("$tag $value is $is", ({ tag, value, is }) => {
    expect(resolveScalar(tag, "plain", value)).toBe(is)
  })

  test("what plain text is a string", () => {
    for (const text of ["a", "yes", "12:30", "<<", "1.2.3", "+", "0o8", "2001-13-01", "1e400", ".", "nullx"]) {
      expect([text, resolvesToString(text)]).toEqual([text, true])
    }
    for (const text of [
      "",
      "~",
      "1",
      "1_0",
      "0x1",
      ".5",
      "true",
      "2001-01-01",
      ".inf",
      "9".repeat(20),
      "2".repeat(19),
    ]) {
      expect([text, resolvesToString(text)]).toEqual([text, false])
    }
  })
})
