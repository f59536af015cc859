import { describe, expect, test } from "vitest"
import { type FormatName } from "../../src/core/format.ts"
import { detectFormat, formatNamed, loadFormat } from "../../src/formats/registry.ts"

describe("registry", () => {
  const paths: [path: string, format: FormatName][] = [
    ["a.yaml", "yaml"],
    ["dir.json/a.yml", "yaml"],
    ["a.json", "json"],
    [".env", "dotenv"],
    ["prod.env", "dotenv"],
    ["a.ini", "ini"],
    [".env.production", "binary"],
    [".envrc", "binary"],
    ["a.env.enc", "binary"],
    ["A.YAML", "binary"],
    ["a.yaml.bak", "binary"],
    ["env", "binary"],
    ["", "binary"],
  ]
  test.each(paths)("the suffix of %j tells %s", (path, format) => expect(detectFormat(path)).toBe(format))

  test.each(["yaml", "json", "dotenv", "ini", "binary"] as const)("%s is loaded by its name", async (name) => {
    expect(formatNamed(name)).toBe(name)
    expect((await loadFormat(name)).name).toBe(name)
  })

  test.each(["", "YAML", "env", "toString", "__proto__"])("%j names no format", (text) => {
    expect(formatNamed(text)).toBeNull()
  })
})
