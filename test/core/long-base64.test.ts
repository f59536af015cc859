import { describe, expect, test } from "vitest"
import { isAllDigits } from "../../src/core/base64.ts"

const plain = Buffer.alloc(3000, "any bytes of a value").toString("base64")
/** The text with one character put into it, in place of another. */
const replaced = (sign: string, at: number): string => plain.slice(0, at) + sign + plain.slice(at + 1)

describe("isAllDigits", () => {
  test("takes what encoding gives, wherever a piece begins", () => {
    expect(isAllDigits(plain)).toBe(true)
    expect(isAllDigits("")).toBe(true)
    for (let at = 0; at < 5; at++) expect(isAllDigits(plain.slice(at, at + 1000))).toBe(true)
    expect(isAllDigits(plain.slice(1))).toBe(false)
  })

  const signs = [...'-_= \n\t"\\,:]\0\x1f\x7f\x80\xff', "\u0141", "\u0441", "\u2028", "\ufeff", "\ud83d"]
  test.each(signs.map((sign) => ({ sign, code: sign.codePointAt(0)!.toString(16) })))("refuses U+$code", ({ sign }) => {
    for (const at of [0, 1, 2, 3, 500, plain.length - 2, plain.length - 1]) {
      expect(isAllDigits(replaced(sign, at))).toBe(false)
    }
  })

  test("refuses every character but the 64 digits", () => {
    const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for (let code = 0; code < 0x10000; code++) {
      const sign = String.fromCharCode(code)
      expect(isAllDigits(replaced(sign, 100))).toBe(digits.includes(sign))
    }
  })
})
