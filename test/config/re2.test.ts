import { describe, expect, test } from "vitest"
import { compileSelectors, loadPattern, loadPatternIfValid } from "../../src/config/re2.ts"
import { noSelectors } from "../../src/core/select.ts"

const rows = [
  { name: "searches anywhere", pattern: "b+", text: "abbc", hit: true },
  { name: "a dollar is the end of the text, not of a line", pattern: ".$", text: "a\n", hit: false },
  { name: "a dollar of a plain word neither", pattern: "a$", text: "a\n", hit: false },
  { name: "a dot is no line feed", pattern: "a.b", text: "a\nb", hit: false },
  { name: "no flags by default", pattern: "(a)", text: "A", hit: false },
  { name: "flags in the pattern", pattern: "(?i)^A[b]", text: "aB", hit: true },
  { name: "flags of a word", pattern: "(?i)password", text: "DB_PassWord", hit: true },
  { name: "POSIX classes", pattern: "^k[[:digit:]]+\\z", text: "k12", hit: true },
  { name: "quoting", pattern: "\\Qa.b\\E", text: "a.b", hit: true },
  { name: "named groups", pattern: "(?P<n>x)", text: "x", hit: true },
  { name: "characters beyond ASCII", pattern: "^кл..$", text: "ключ", hit: true },
  { name: "a character beyond the BMP is one", pattern: "^.$", text: "😀", hit: true },
  { name: "an empty pattern", pattern: "", text: "x", hit: true },
]

describe("loadPattern", () => {
  test.each(rows)("$name", async ({ pattern, text, hit }) => {
    expect((await loadPattern(pattern)).test(text)).toBe(hit)
  })

  test.each(["^(?=a)a", "(?<!a)b", "(a)\\1", "(", "a**", "\\Z", "a{1001}", "[z-a]"])(
    "%s is not RE2",
    async (pattern) => {
      await expect(loadPattern(pattern)).rejects.toMatchObject({ code: "PATTERN_INVALID", exit: 1 })
      expect(await loadPatternIfValid(pattern)).toBeNull()
    },
  )

  test("S21: a pattern has at most 1,000 characters", async () => {
    await expect(loadPattern("a".repeat(1000))).resolves.toBeDefined()
    await expect(loadPattern("a".repeat(1001))).rejects.toMatchObject({ code: "PATTERN_TOO_LONG" })
    await expect(loadPatternIfValid("a.".repeat(501))).rejects.toMatchObject({ code: "PATTERN_TOO_LONG" })
  })

  test("S21: time is linear where other engines back-track", async () => {
    const pattern = await loadPattern("^(a+)+$")
    expect(pattern.test(`${"a".repeat(50_000)}b`)).toBe(false)
  })

  test("an error does not quote the pattern", async () => {
    const error: unknown = await loadPattern("(canary-7f3a").catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Error)
    expect(JSON.stringify([error, (error as Error).message, (error as Error).cause])).not.toContain("canary")
  })
})

describe("compileSelectors", () => {
  test("a suffix needs no pattern, and the default is one", async () => {
    const compiled = await compileSelectors(noSelectors, { refuseInvalid: true })
    expect(compiled).toEqual({ rule: "unencryptedSuffix", text: "_unencrypted", pattern: null })
  })

  test("an invalid pattern is refused before writing, and never matches when reading", async () => {
    const selectors = { ...noSelectors, encryptedRegex: "(?=a)" }
    await expect(compileSelectors(selectors, { refuseInvalid: true })).rejects.toMatchObject({
      code: "PATTERN_INVALID",
    })
    expect(await compileSelectors(selectors, { refuseInvalid: false })).toMatchObject({ pattern: null })
  })

  test("a pattern is compiled", async () => {
    const selectors = { ...noSelectors, encryptedCommentRegex: "sops:enc" }
    const compiled = await compileSelectors(selectors, { refuseInvalid: true })
    expect(compiled.rule).toBe("encryptedCommentRegex")
    expect(compiled.pattern?.test(" sops:enc ")).toBe(true)
  })
})
