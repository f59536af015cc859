import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { combine, split } from "../../src/core/shamir.ts"

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"))
const runs = { numRuns: process.env["SLOW"] === undefined ? 50 : 5000 }

describe("shamir", () => {
  test("the share is y, then x: polynomial 0x2a + 7x", () => {
    const shares = split(bytes("2a"), { parts: 2, threshold: 2, random: (size) => new Uint8Array(size).fill(7) })
    expect(shares.map(hex)).toEqual(["2d01", "2402"])
    expect(hex(combine(shares))).toBe("2a")
  })

  test("multiplication is that of the AES field: 0x57 * 0x83 = 0xc1 by x = 0x83 on 0 + 0x57x", () => {
    const shares = split(bytes("00"), { parts: 0x83, threshold: 2, random: (size) => new Uint8Array(size).fill(0x57) })
    expect(hex(shares[0x82]!)).toBe("c183")
  })

  test("every large enough subset gives the secret, every smaller one something else", () => {
    const secret = bytes("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff")
    const shares = split(secret, { parts: 5, threshold: 3 })
    for (let mask = 0; mask < 32; mask++) {
      const chosen = shares.filter((_, i) => ((mask >> i) & 1) === 1)
      if (chosen.length >= 3) expect(hex(combine(chosen))).toBe(hex(secret))
      if (chosen.length === 2) expect(hex(combine(chosen))).not.toBe(hex(secret))
    }
  })

  test("law: split and combine are inverse, in any order of the shares", () => {
    const arbitrary = fc
      .record({ secret: fc.uint8Array({ minLength: 1, maxLength: 64 }), parts: fc.integer({ min: 2, max: 12 }) })
      .chain(({ secret, parts }) =>
        fc.record({
          secret: fc.constant(secret),
          parts: fc.constant(parts),
          threshold: fc.integer({ min: 2, max: parts }),
          order: fc.shuffledSubarray([...Array(parts).keys()], { minLength: parts }),
        }),
      )
    const law = fc.property(arbitrary, ({ secret, parts, threshold, order }) => {
      const shares = split(secret, { parts, threshold })
      expect(combine(order.slice(0, threshold).map((i) => shares[i]!))).toEqual(secret)
    })
    fc.assert(law, runs)
  })

  test("255 shares are the maximum", () => {
    const secret = bytes("c0ffee")
    const shares = split(secret, { parts: 255, threshold: 255 })
    expect(shares.at(-1)!.at(-1)).toBe(255)
    expect(combine(shares)).toEqual(secret)
  })

  const unusable = [
    { name: "threshold 1", parts: 2, threshold: 1, secret: "00" },
    { name: "threshold 0", parts: 2, threshold: 0, secret: "00" },
    { name: "threshold over parts", parts: 2, threshold: 3, secret: "00" },
    { name: "256 parts", parts: 256, threshold: 2, secret: "00" },
    { name: "half a share", parts: 3, threshold: 2.5, secret: "00" },
    { name: "no number", parts: 3, threshold: Number.NaN, secret: "00" },
    { name: "an empty secret", parts: 2, threshold: 2, secret: "" },
  ]
  test.each(unusable)("split refuses $name", ({ parts, threshold, secret }) => {
    expect(() => split(bytes(secret), { parts, threshold })).toThrow(
      expect.objectContaining({ code: "KEY_GROUPS_INVALID" }),
    )
  })

  const misfits = [
    { name: "no share", shares: [] },
    { name: "one share", shares: ["2d01"] },
    { name: "unequal lengths", shares: ["2d01", "242402"] },
    { name: "shares without y", shares: ["01", "02"] },
    { name: "empty shares", shares: ["", ""] },
    { name: "one share twice", shares: ["2d01", "2d01"] },
    { name: "x = 0, which would be the secret itself", shares: ["2d01", "2400"] },
  ]
  test.each(misfits)("combine refuses $name", ({ shares }) => {
    expect(() => combine(shares.map(bytes))).toThrow(expect.objectContaining({ code: "DATA_KEY" }))
  })
})
