import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { compileGlob, type Glob } from "../../src/config/glob.ts"
import { regexesOf } from "../../src/config/glob-regex.ts"
import { loadPattern } from "../../src/config/re2.ts"

const pieces = fc.constantFrom(..."a b . * ? ** / [a-c] [!a] [+-9] [] {a,b} {,x} \\* ( + $ ^ | é 😀 -".split(" "))
const globs = fc.array(pieces, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(""))
const paths = fc
  .array(fc.constantFrom(..."a b c . / x * 5 ( + $ ^ | é 😀 -".split(" "), "\n"), { minLength: 1, maxLength: 8 })
  .map((parts) => parts.join(""))
  // No file is called so.
  .filter((path) => !path.endsWith("/"))

function valid(text: string): Glob[] {
  const glob = compileGlob(text)
  return "problem" in glob ? [] : [glob]
}

test("the patterns match what the globs match", async () => {
  let hits = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(globs, { minLength: 1, maxLength: 3 }),
      fc.array(paths, { minLength: 8, maxLength: 8 }),
      async (texts, subjects) => {
        const compiled = texts.flatMap(valid)
        const patterns = await Promise.all(regexesOf(compiled).map((pattern) => loadPattern(pattern)))
        for (const path of subjects) {
          const isHit = compiled.some((glob) => glob.test(path))
          if (isHit) hits++
          expect([texts, path, patterns.some((pattern) => pattern.test(path))]).toEqual([texts, path, isHit])
        }
      },
    ),
    { numRuns: 1_000 },
  )
  expect(hits).toBeGreaterThan(100)
})

describe("people can read them", () => {
  test.each([
    ["*.yaml", "(^|/)[^/]*\\.yaml$"],
    ["secrets/", "(^|/)secrets/(?s:.+)$"],
    ["/a/**/b.json", "^a/(?:[^/]*/)*b\\.json$"],
    ["{dev,prod}.env", "(^|/)dev\\.env$|(^|/)prod\\.env$"],
  ])("%s", (glob, pattern) => expect(regexesOf(valid(glob))).toEqual([pattern]))

  test("many make several patterns, none too long", () => {
    const many = Array.from({ length: 60 }, (_, index) => valid(`folder-${index}/**/*.yaml`)).flat()
    const patterns = regexesOf(many)
    expect(patterns.length).toBeGreaterThan(1)
    expect(Math.max(...patterns.map(({ length }) => length))).toBeLessThanOrEqual(1_000)
  })
})
