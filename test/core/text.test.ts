import { describe, expect, test } from "vitest"
import { decodeText } from "../../src/core/text.ts"

const long = "x".repeat(100)
/** The runtime's own strict decoder. */
const oracle = (bytes: Uint8Array): string | null => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

describe("decodeText", () => {
  test.each([
    { name: "U+FFFD in the bytes themselves", bytes: Buffer.from(`${long}\ufffd`), isText: true },
    { name: "a BOM, which stays", bytes: Buffer.from(`\ufeff${long}`), isText: true },
    { name: "a byte that begins nothing", bytes: Buffer.from([...Buffer.from(long), 0xff]), isText: false },
    { name: "half a character at the end", bytes: Buffer.from([...Buffer.from(long), 0xe2, 0x82]), isText: false },
    { name: "a surrogate", bytes: Buffer.from([0xed, 0xa0, 0x80, ...Buffer.from(long)]), isText: false },
    { name: "an overlong NUL", bytes: Buffer.from([0xc0, 0x80, ...Buffer.from(long)]), isText: false },
    { name: "both", bytes: Buffer.from([...Buffer.from("\ufffd"), 0x80]), isText: false },
  ])("$name: text is $isText", ({ bytes, isText }) => {
    expect(decodeText(bytes)).toBe(isText ? bytes.toString("utf8") : null)
  })

  test("agrees with the strict decoder on any bytes", () => {
    let seed = 7
    const next = (below: number): number => (seed = (seed * 1103515245 + 12345) % 2147483648) % below
    const pieces = ["a", "\ufffd", "ü", "€", "😀"].map((text) => [...Buffer.from(text)])
    for (let round = 0; round < 5000; round++) {
      const bytes = Array.from({ length: next(40) }, () => pieces[next(pieces.length)]!).flat()
      for (let change = next(3); change > 0; change--) bytes[next(bytes.length + 1)] = next(256)
      const given = Uint8Array.from(bytes)
      expect(decodeText(given)).toBe(oracle(given))
    }
  })
})
