import * as fc from "fast-check"
import { RE2JS } from "re2js"
import { describe, expect, test } from "vitest"
import { simplePattern } from "../../src/config/simple-pattern.ts"

const runs = process.env["SLOW"] === "1" ? 20_000 : 2_000

describe("simplePattern", () => {
  test.each([
    "^(data|stringData)$",
    "^token$",
    "password$",
    "(secret$|^data$)",
    "(?i)password",
    "^spec\\.foo",
    "_unencrypted$",
    "^(?:a|b(c|d))e$",
    "",
    "^$",
    "a||b",
    "()",
    "кл",
    "a.b",
    "a*",
    "[ab]",
    "\\.ya?ml$",
    "^secrets/.*\\.(yaml|json)$",
    "^[^/]+/[a-z0-9_.-]+?\\.env$",
    ".*",
    "^.*$",
  ])("%s needs no engine", (pattern) => expect(simplePattern(pattern)).not.toBeNull())

  test.each([
    "a{2}",
    "a{,2}",
    "a**",
    "a*??",
    "(a)?",
    "^*",
    "[b-a]",
    "[]a]",
    "[[:alpha:]]",
    "[\\d]",
    "[é]",
    "[",
    "[a",
    "[^]",
    "(?i)a.",
    "\\d",
    "\\pL",
    "a^b",
    "a$b",
    "$^",
    "(",
    ")",
    "a)",
    "(a",
    "\\",
    "(?P<n>a)",
    "(?s)a",
    "(?i)é",
    "😀",
    `${"(".repeat(30)}a${")".repeat(30)}`,
    Array(65).fill("a").join("|"),
    "(a|b)".repeat(7),
  ])("%s is left to the engine", (pattern) => expect(simplePattern(pattern)).toBeNull())

  test("what it takes it decides as RE2 does", () => {
    const piece = fc.constantFrom(
      ...Array.from("abkKsS^$|()._-é\\ "),
      ...Array.from("{}[]*?+...."),
      ".*",
      ".+",
      "[^/]*",
      "[a-k]",
      "[^_.]+",
      "[\\-ab]",
      "[a-]",
      "[-b]",
      "\\.",
      "\\_",
      "\\-",
      "\\$",
      "\\a",
      "(?:",
      "(?i)",
      "data",
      "\u212a",
      "ſ",
      "😀",
    )
    const pattern = fc
      .tuple(fc.constantFrom("", "(?i)", "^"), fc.array(piece, { maxLength: 8 }), fc.constantFrom("", "$"))
      .map(([start, middle, end]) => start + middle.join("") + end)
    const char = fc.constantFrom(
      ...Array.from("abkKsSAB._-/é$|\n "),
      "data",
      "DATA",
      "\u212a",
      "ſ",
      "İ",
      "😀",
      "\ud83d",
    )
    const subject = fc.array(char, { maxLength: 6 }).map((chars) => chars.join(""))
    let taken = 0
    const law = fc.property(pattern, fc.array(subject, { minLength: 8, maxLength: 8 }), (text, subjects) => {
      const simple = simplePattern(text)
      if (simple === null) return
      taken++
      const engine = RE2JS.compile(text)
      const all = [...subjects, ...text.split(/[|()^$]/), text]
      expect(all.filter((each) => simple.test(each) !== engine.test(each))).toEqual([])
    })
    fc.assert(law, { numRuns: runs })
    expect(taken).toBeGreaterThan(runs / 10)
  })
})
