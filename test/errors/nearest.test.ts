import { describe, expect, test } from "vitest"
import { nearest } from "../../src/errors/nearest.ts"

const known = ["encrypt", "decrypt", "edit", "--input-type", "--output-type"]
const cases = [
  { word: "decrpyt", found: "decrypt" },
  { word: "encrpt", found: "encrypt" },
  { word: "edti", found: "edit" },
  { word: "Edit", found: "edit" },
  { word: "--input-typ", found: "--input-type" },
  { word: "--type", found: null },
  { word: "xyz", found: null },
  { word: "", found: null },
  { word: "decrypt".repeat(100_000), found: null },
]

describe("nearest", () => {
  test.each(cases)("$word", ({ word, found }) => {
    expect(nearest(word.slice(0, 1000), known)).toBe(found)
  })
})
