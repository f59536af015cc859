import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { type Glob, compileGlob } from "../../src/config/glob.ts"

function glob(text: string): Glob {
  const compiled = compileGlob(text)
  if ("problem" in compiled) throw new Error(compiled.problem)
  return compiled
}

const rows = [
  {
    text: "secrets/**/*.yaml",
    hits: ["secrets/a.yaml", "secrets/x/y/a.yaml"],
    misses: ["a.yaml", "secrets/a.yml", "x/secrets/a.yaml"],
  },
  { text: "*.yaml", hits: ["a.yaml", "x/y/.yaml"], misses: ["a.yaml/b", "a.yml"] },
  { text: "/*.yaml", hits: ["a.yaml"], misses: ["x/a.yaml"] },
  { text: "./*.yaml", hits: ["a.yaml"], misses: ["x/a.yaml"] },
  { text: "secrets/", hits: ["secrets/a", "secrets/x/y", "x/secrets/a"], misses: ["secrets", "xsecrets/a"] },
  { text: "/secrets/", hits: ["secrets/a"], misses: ["x/secrets/a"] },
  { text: "secrets/**", hits: ["secrets/a", "secrets/x/y"], misses: ["secrets", "x/secrets/a"] },
  { text: "**", hits: ["a", "x/y"], misses: [] },
  { text: "**/prod/**/*.env", hits: ["prod/.env", "x/prod/y/z/a.env"], misses: ["x/prods/a.env", "prod/a.envs"] },
  { text: "a/*/c", hits: ["a/b/c"], misses: ["a/c", "a/b/b/c"] },
  { text: "a/b**c", hits: ["a/bxc", "a/bc"], misses: ["a/b/c"] },
  { text: "{dev,prod}.{yaml,json}", hits: ["dev.yaml", "x/prod.json"], misses: ["dev.yml", "test.yaml"] },
  { text: "a{b,{c,d}e,}f", hits: ["abf", "acef", "adef", "af"], misses: ["aef", "abcf"] },
  { text: "[a-c]?", hits: ["ax", "b😀"], misses: ["dx", "a"] },
  { text: "[!a-c]", hits: ["d", "]"], misses: ["a"] },
  { text: "[^a]", hits: ["b"], misses: ["a"] },
  { text: "[]x]", hits: ["]", "x"], misses: ["["] },
  { text: "[a-]", hits: ["a", "-"], misses: ["b"] },
  { text: "\\*\\{", hits: ["*{"], misses: ["a{"] },
  { text: "a b,c", hits: ["a b,c"], misses: ["a b"] },
  { text: "a.b", hits: ["a.b"], misses: ["axb"] },
  { text: "__proto__", hits: ["__proto__"], misses: ["constructor"] },
]

describe("compileGlob", () => {
  test.each(rows)("$text", ({ text, hits, misses }) => {
    const compiled = glob(text)
    expect(hits.filter((path) => !compiled.test(path))).toEqual([])
    expect(misses.filter((path) => compiled.test(path))).toEqual([])
  })

  test.each([
    { text: "", problem: "empty" },
    { text: "/", problem: "empty" },
    { text: "a//b", problem: "empty part" },
    { text: "../a", problem: "cannot leave" },
    { text: "a/./b", problem: "cannot leave" },
    { text: "{a,b", problem: "not closed" },
    { text: "[a", problem: "not closed" },
    { text: "[]", problem: "not closed" },
    { text: "a\\", problem: "backslash" },
    { text: "{a,b}".repeat(7), problem: "100 alternatives" },
    { text: "a".repeat(1001), problem: "1,000 characters" },
  ])("$text is refused", ({ text, problem }) => {
    expect(compileGlob(text)).toMatchObject({ problem: expect.stringContaining(problem) as unknown })
  })

  test("stars agree with a matcher that tries everything", () => {
    const slow = (pattern: readonly string[], path: readonly string[]): boolean => {
      const [head, ...rest] = pattern
      if (head === undefined) return path.length === 0
      if (head === "**") return slow(rest, path) || (path.length > 0 && slow(pattern, path.slice(1)))
      return path.length > 0 && (head === "*" || head === path[0]) && slow(rest, path.slice(1))
    }
    const part = fc.constantFrom("a", "b", "*", "**")
    const law = fc.property(
      fc.array(part, { minLength: 1, maxLength: 6 }),
      fc.array(fc.constantFrom("a", "b"), { minLength: 1, maxLength: 7 }),
      (parts, path) => {
        // A last `**` takes at least one part.
        const pattern = parts.at(-1) === "**" ? [...parts, "*"] : parts
        expect(glob(`/${parts.join("/")}`).test(path.join("/"))).toBe(slow(pattern, path))
      },
    )
    fc.assert(law, { numRuns: 2_000 })
  })

  test("many stars take no more than time in proportion", () => {
    expect(glob("*a".repeat(300)).test(`${"a".repeat(20_000)}b`)).toBe(false)
    expect(glob(`/${"**/a/".repeat(100)}b`).test("a/".repeat(5_000) + "c")).toBe(false)
  })
})
