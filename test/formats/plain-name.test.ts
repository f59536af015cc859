import { describe, expect, test } from "vitest"
import { detectPlainFormat } from "../../src/formats/plain-name.ts"

const names = [
  [
    "dotenv",
    ".env .env.production .env.local prod.env.local a/b/.env.test.local app.env X.ENV .env.example .env.vault",
  ],
  ["yaml", "x.yaml x.yml X.YML a.Yaml x.yaml.tmpl values.yml.j2 c.yaml.dist .env.yaml"],
  ["json", "x.json X.JSON x.json.tmpl package.json.bak .env.json"],
  ["ini", "x.ini X.INI php.ini.default"],
  ["binary", "notes notes.txt env production.env.gz .env.age .env.ts environment yaml .yamlrc x.yaml.prod a.toml tmpl"],
] as const

describe("names of files", () => {
  for (const [format, list] of names)
    test.each(list.split(" "))(`%s is ${format}`, (name) => expect(detectPlainFormat(name)).toBe(format))
})
