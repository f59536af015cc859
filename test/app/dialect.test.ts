import { describe, expect, test } from "vitest"
import { sottoDialect } from "../../src/app/dialect.ts"
import { sopsDialect } from "../../src/cli/sops/dialect.ts"
import { sources, withoutComments } from "../sources.ts"

/** Every decision by its path: `keys.strictKeyFiles`. */
function decisions(dialect: object, before = ""): Map<string, unknown> {
  const found = new Map<string, unknown>()
  for (const [name, value] of Object.entries(dialect) as [string, unknown][]) {
    if (typeof value !== "object" || value === null) found.set(before + name, value)
    else for (const [inner, decided] of decisions(value, `${before}${name}.`)) found.set(inner, decided)
  }
  return found
}

const [own, theirs] = [decisions(sottoDialect), decisions(sopsDialect)]
const names = [...new Set([...own.keys(), ...theirs.keys()])]

describe("the two dialects", () => {
  test.each(names)("%s is decided differently, and some code asks", (name) => {
    expect(own.get(name)).not.toEqual(theirs.get(name))
    const word = new RegExp(`\\b${name.split(".").at(-1)!}\\b`)
    const isDialect = (file: string): boolean => file.endsWith("/dialect.ts")
    const askers = sources("src").filter(({ file, text }) => !isDialect(file) && word.test(withoutComments(text)))
    expect(askers).not.toEqual([])
  })

  test("no code below the command line asks which face was called", () => {
    const asks = /\basSops\b|\bisSops\b|dialect === |sopsDialect/
    const wrong = sources("src").filter(({ file, text }) => !file.startsWith("src/cli/") && asks.test(text))
    expect(wrong.map(({ file }) => file)).toEqual([])
  })
})
