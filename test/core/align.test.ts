import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { align } from "../../src/core/align.ts"

function pairs(before: string, after: string): string {
  const codes = (text: string): number[] => [...text].map((letter) => letter.charCodeAt(0))
  return [...align(codes(before), codes(after))].map((old) => (old === -1 ? "-" : String(old))).join("")
}

describe("what two sequences have in common", () => {
  test.each([
    { name: "nothing changed", before: "abc", after: "abc", paired: "012" },
    { name: "one of many equal ones changed", before: "aaaa", after: "axaa", paired: "0-23" },
    { name: "one of many equal ones is gone", before: "aaba", after: "aba", paired: "023" },
    { name: "one came to equal ones", before: "aa", after: "xaa", paired: "-01" },
    { name: "two changes apart from each other", before: "aabaa", after: "xabax", paired: "-123-" },
    { name: "all is new", before: "abc", after: "xyz", paired: "---" },
    { name: "from nothing", before: "", after: "ab", paired: "--" },
  ])("$name", ({ before, after, paired }) => {
    expect(pairs(before, after)).toBe(paired)
  })

  test("partners are equal, ascend, and are used once", () => {
    const sequence = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 40 })
    fc.assert(
      fc.property(sequence, sequence, (before, after) => {
        let last = -1
        for (const [index, old] of align(before, after).entries()) {
          if (old === -1) continue
          expect(old).toBeGreaterThan(last)
          expect(before[old]).toBe(after[index])
          last = old
        }
      }),
    )
  })
})
