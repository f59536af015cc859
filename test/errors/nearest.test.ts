import { describe, expect, test } from "vitest"
import { didYouMean, nearest } from "../../src/errors/nearest.ts"

const known = ["recipients", "rules", "encrypted_regex", "unencrypted_regex", "path", "__proto__"]

describe("nearest", () => {
  test.each([
    { word: "recipents", found: "recipients" },
    { word: "recipinets", found: "recipients" },
    { word: "Rules", found: "rules" },
    { word: "encrypted-regex", found: "encrypted_regex" },
    { word: "encryptedregexp", found: "encrypted_regex" },
    { word: "patth", found: "path" },
    { word: "__proto_", found: "__proto__" },
    { word: "creation_rules", found: null },
    { word: "x", found: null },
    { word: "", found: null },
    { word: "r".repeat(10_000), found: null },
  ])("$word", ({ word, found }) => expect(nearest(word, known)).toBe(found))

  test.each([
    { word: "decrpyt", found: "decrypt" },
    { word: "edti", found: "edit" },
    { word: "--input-typ", found: "--input-type" },
    { word: "--type", found: null },
  ])("of the command line: $word", ({ word, found }) =>
    expect(nearest(word, ["encrypt", "decrypt", "edit", "--input-type", "--output-type"])).toBe(found),
  )

  test("a swap of neighbours is one edit", () => {
    expect(nearest("ab", ["ba"])).toBe("ba")
    expect(nearest("ab", ["cd"])).toBeNull()
  })

  test("a hint, or none", () => {
    expect(didYouMean("pth", known)).toBe("did you mean `path`?")
    expect(didYouMean("zzz", known)).toBeUndefined()
  })
})
