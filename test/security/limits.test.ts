import { readFileSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { limits } from "../../src/core/limits.ts"
import { noSelectors, select } from "../../src/core/select.ts"
import { AppError } from "../../src/errors/app-error.ts"
import { loadPattern } from "../../src/config/re2.ts"
import { dotenv } from "../../src/formats/dotenv/dotenv.ts"
import { ini } from "../../src/formats/ini/ini.ts"
import { json } from "../../src/formats/json/json.ts"
import { yaml } from "../../src/formats/yaml/yaml.ts"
import { compile, openText, sealText } from "../laws/document-laws.ts"

function errorOf(work: () => unknown): AppError {
  try {
    work()
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error("nothing was refused")
}

const deep = 100_000

test("S21: every limit stands in the threat model", () => {
  const page = readFileSync(new URL("../../docs/threat-model.md", import.meta.url), "utf8")
  const [, table = ""] = /\n## Limits\n([^]*?)\n## /.exec(page) ?? []
  const told = [...table.matchAll(/\| +([\d,]+) +\|/g)].map(([, number]) => Number(number?.replaceAll(",", "")))
  const sizes = {
    ...limits,
    file_bytes_max: limits.file_bytes_max / 2 ** 20,
    memo_bytes_max: limits.memo_bytes_max / 1024,
  }
  const byNumber = (a: number, b: number): number => a - b
  expect(told.sort(byNumber)).toEqual(Object.values(sizes).sort(byNumber))
})

describe("S21: bombs are refused before they go off", () => {
  test.each([
    { name: "YAML flow lists", work: () => yaml.scan(`a: ${"[".repeat(deep)}`) },
    { name: "YAML flow mappings", work: () => yaml.scan("{a: ".repeat(deep)) },
    { name: "YAML block lists in one line", work: () => yaml.scan(`a:\n  ${"- ".repeat(deep)}x\n`) },
    {
      name: "YAML block mappings",
      work: () => yaml.scan(Array.from({ length: 2_000 }, (_, i) => `${" ".repeat(i)}a:\n`).join("")),
    },
    { name: "JSON lists", work: () => json.scan(`{"a":${"[".repeat(deep)}`) },
    { name: "JSON objects", work: () => json.scan('{"a":'.repeat(deep)) },
  ])("nesting: $name", ({ work }) => {
    expect(errorOf(work).code).toMatch(/TOO_LARGE|SYNTAX/)
  })

  test("nesting just below the limit works", () => {
    const depth = limits.nesting_max - 10
    const text = `{"a":${"[".repeat(depth)}1${"]".repeat(depth)}}`
    expect(json.scan(text).sites).toHaveLength(1)
    expect(yaml.scan(text).sites).toHaveLength(1)
  })

  test("a billion laughs", () => {
    const lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    for (let i = 1; i < 10; i++)
      lines.push(`a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(", ")}]`)
    expect(errorOf(() => yaml.scan(`${lines.join("\n")}\n`)).code).toBe("TOO_LARGE")
  })

  test("aliases that nest each other deeply do not exhaust the stack", () => {
    const lines = ["a0: &a0 x"]
    for (let i = 1; i < 3_000; i++) lines.push(`a${i}: &a${i} ${"[".repeat(90)}*a${i - 1}${"]".repeat(90)}`)
    expect(errorOf(() => yaml.scan(`${lines.join("\n")}\n`)).code).toBe("TOO_LARGE")
  })

  test("many recipients, many groups and a huge nonce in the metadata", () => {
    const text = sealText(yaml, "a: text\n").text
    const entry = "        - enc: x\n          recipient: age1x\n"
    const many = text.replace(/ {4}age:\n(?: {8}.*\n)+/, `    age:\n${entry.repeat(limits.recipients_max + 1)}`)
    expect(many).not.toBe(text)
    expect(errorOf(() => openText(yaml, many)).code).toBe("METADATA_INVALID")
    const nonce = Buffer.alloc(limits.nonce_bytes_max + 1).toString("base64")
    expect(errorOf(() => openText(yaml, text.replace(/,iv:[^,]*/, `,iv:${nonce}`))).code).toBe("TOKEN_INVALID")
  })

  test("a pattern of more than 1,000 characters", async () => {
    await expect(loadPattern("a".repeat(limits.pattern_chars_max + 1))).rejects.toMatchObject({
      code: "PATTERN_TOO_LONG",
    })
  })

  test("many comments above many values, for a rule that looks at comments", () => {
    const values = Array.from({ length: 60_000 }, (_, index) => `  k${index}: 1\n`).join("")
    const { sites } = yaml.scan(`${"# c\n".repeat(60_000)}a:\n${values}`)
    const compiled = compile({ ...noSelectors, encryptedCommentRegex: "none" })
    expect(select(sites, compiled).some(Boolean)).toBe(false)
  })

  test("texts of one long line are read in linear time by every format", () => {
    const long = "x".repeat(2_000_000)
    expect(yaml.scan(`a: ${long}\n`).sites).toHaveLength(1)
    expect(json.scan(`{"a": "${long}"}`).sites).toHaveLength(1)
    expect(dotenv.scan(`A=${long}\n`).sites).toHaveLength(1)
    expect(ini.scan(`[s]\na = ${long}\n`).sites.filter(({ kind }) => kind === "str")).toHaveLength(1)
  })
})
