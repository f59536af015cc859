import { readFileSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { keyPath } from "../../../src/core/site.ts"
import { utf8 } from "../../../src/core/text.ts"
import { AppError } from "../../../src/errors/app-error.ts"
import { ini } from "../../../src/formats/ini/ini.ts"
import { fault, filled, read, sealAll, textOf, token } from "./support.ts"

interface Row {
  readonly text: string
  readonly error?: boolean
  readonly sites?: readonly [section: string, kind: string, key: string, text: string][]
}

function rows(): Row[] {
  const lines = readFileSync(new URL("../../../fixtures/oracle/ini.jsonl", import.meta.url), "utf8")
    .trim()
    .split("\n")
  return lines.map((line) => JSON.parse(line) as Row)
}

/** Upstream takes three quotes that end a file for a value; we count them as open. */
function endsInOpenQuotes(text: string): boolean {
  return /"""[ \t]*$/.test(text) && fault(() => ini.scan(`${text}\n`)).code === "SYNTAX"
}

describe("what upstream's store says of 500 texts", () => {
  test("we refuse what it refuses, and take what it takes", () => {
    const wrong = rows().filter(({ text, error }) => {
      const { code } = fault(() => ini.scan(text))
      return (code !== "none") !== (error === true) && !endsInOpenQuotes(text)
    })
    expect(wrong).toEqual([])
  })

  test("keys and clear values are the same, in the same order", () => {
    for (const { text, error, sites } of rows()) {
      if (error === true || endsInOpenQuotes(text)) continue
      const found = filled(ini.scan(text)).filter(({ kind, shadowed }) => kind !== "comment" && shadowed !== true)
      const values = found.map((site) => [...keyPath(site.item), utf8.decode(site.clearBytes ?? site.scalar!.bytes)])
      const wanted = sites!.flatMap(([section, kind, key, value]) => (kind === "str" ? [[section, key, value]] : []))
      expect({ text, values }).toEqual({ text, values: wanted })
    }
  })

  test("sealed, each value is a whole token in our reading and in upstream's", () => {
    for (const { text, error } of rows()) {
      if (error === true || endsInOpenQuotes(text)) continue
      const wanted = filled(ini.scan(text)).map((site) => (textOf(site) === "" ? "" : token))
      const sealed = filled(ini.scan(sealAll(text)))
      expect({ text, found: sealed.map(textOf) }).toEqual({ text, found: wanted })
      const misread = sealed.filter((site) => textOf(site) === token && site.clearBytes !== undefined)
      expect({ text, misread }).toEqual({ text, misread: [] })
    }
  })
})

describe("two readings of a value", () => {
  const cases: { name: string; value: string; ours: string; upstream?: string; comment?: string }[] = [
    { name: "plain", value: "v", ours: "v" },
    { name: "a comment after a blank", value: "v ; c", ours: "v", comment: "c" },
    { name: "a mark without a blank belongs to the value", value: "a;b", ours: "a;b", upstream: "a" },
    { name: "a color", value: "x#fff", ours: "x#fff", upstream: "x" },
    { name: "a mark in quotes", value: '"a # b"', ours: "a # b", upstream: '"a' },
    { name: "a comment after quotes", value: "'a;b' ; c", ours: "a;b", upstream: "'a", comment: "c" },
    { name: "a comment right after quotes", value: '"a";c', ours: "a", comment: "c" },
    { name: "quotes in quotes are text", value: '"a" "b"', ours: '"a" "b"' },
    { name: "an apostrophe", value: "it's ; c", ours: "it's", comment: "c" },
    { name: "a quote that does not close", value: '"a ; c', ours: '"a', comment: "c" },
    { name: "backquotes", value: "`a;b`", ours: "a;b" },
    { name: "a comment after backquotes", value: "`a` ; c", ours: "a", comment: "c" },
    { name: "text after backquotes is dropped", value: "`a` b ; c", ours: "a" },
    { name: "triple quotes over lines", value: '"""a\n ; b"""', ours: "a\n ; b" },
    { name: "a line that goes on", value: "a \\\n   b ; c", ours: "a b ; c" },
    { name: "a line that goes on into nothing", value: "a \\\n\n", ours: "a " },
    { name: "an empty value with a comment", value: " ; c", ours: "", comment: "c" },
    { name: "white space as Go has it", value: "\u0085a\u00a0", ours: "a" },
  ]
  test.each(cases)("$name", ({ value, ours, upstream, comment }) => {
    const [site, other] = ini.scan(`k =${value}\n`).sites
    expect(textOf(site!)).toBe(ours)
    expect(site!.clearBytes === undefined ? undefined : utf8.decode(site!.clearBytes)).toBe(upstream)
    expect(other === undefined ? undefined : textOf(other)).toBe(comment)
  })
})

describe("order and paths", () => {
  const cases: { name: string; source: string; sites: string[] }[] = [
    {
      name: "a section's comment comes first, a key's comment after the key",
      source: "; top\ng = 1\n; who\n[owner] ; x\n; k\nname=John ; nick\n",
      sites: ["DEFAULT.g = 1", "DEFAULT ; top", "owner ; who\n; x", "owner.name = John", "owner ; k", "owner ; nick"],
    },
    {
      name: "a repeated key is at its first place with its last value",
      source: "[s]\na = 1\nb = 2\n; c\na = 3\n",
      sites: ["s.a = 3", "s.a = 1", "s ; c", "s.b = 2"],
    },
    { name: "repeated sections stay apart", source: "[s]\na=1\n[t]\n[s]\na=2\n", sites: ["s.a = 1", "s.a = 2"] },
    {
      name: "an explicit DEFAULT is one more section",
      source: "a=1\n[DEFAULT]\na=2",
      sites: ["DEFAULT.a = 1", "DEFAULT.a = 2"],
    },
    {
      name: "dashes are numbered, from each header on",
      source: "[s]\n-=a\n- = b\n[t]\n-=c",
      sites: ["s.#1 = a", "s.#2 = b", "t.#1 = c"],
    },
    {
      name: "comments at the end belong to the last section",
      source: "[s]\na=1\n; x\n\n# y\n",
      sites: ["s.a = 1", "s ; x\n# y"],
    },
    { name: "a file of comments", source: "# x\n", sites: ["DEFAULT ; x"] },
    {
      name: "quoted keys",
      source: '"a=b" = 1\n`c:d`: 2\n"""e`f""" =3',
      sites: ["DEFAULT.a=b = 1", "DEFAULT.c:d = 2", "DEFAULT.e`f = 3"],
    },
    { name: "a section name goes to the last bracket", source: "[ a ] ]\nk=1", sites: [" a ] .k = 1"] },
    {
      name: "names of Object.prototype",
      source: "[__proto__]\nconstructor=1\ntoString=2",
      sites: ["__proto__.constructor = 1", "__proto__.toString = 2"],
    },
    { name: "nothing", source: "", sites: [] },
    { name: "a BOM", source: "\uFEFFa=1", sites: ["DEFAULT.a = 1"] },
  ]
  test.each(cases)("$name", ({ source, sites }) => expect(read(ini.scan(source))).toEqual(sites))

  test("earlier lines of a key are shadowed, and share the item of the last", () => {
    const [last, first] = ini.scan("a = 1\na = 2\n").sites
    expect([last!.shadowed, first!.shadowed]).toEqual([undefined, true])
    expect(first!.item).toBe(last!.item)
  })
})

test("a section without anything is an empty mapping, the one before the first header too", () => {
  const empty = (source: string): string[] =>
    ini.scan(source).sites.flatMap(({ kind, item }) => (kind === "map" ? keyPath(item) : []))
  expect(empty("[s]\n;;\n[t]\na=1\n; c\n[u]\n")).toEqual(["DEFAULT", "s"])
  expect(empty("a=1\n[s]\n[DEFAULT]\n\n[sops]\n")).toEqual(["s", "DEFAULT"])
})

describe("refusals name a line and nothing else", () => {
  const cases: [name: string, source: string, code: string, line: number][] = [
    ["a key without a value", "[s]\n\nsecret-flag\n", "INI_BARE_KEY", 3],
    ["a header that is not closed", "a=1\n[secret\n", "SYNTAX", 2],
    ["a section without a name", "[]\n", "SYNTAX", 1],
    ["a key without a name", "a=1\n =secret\n", "SYNTAX", 2],
    ["a key of quotes without a name", '"" = secret\n', "SYNTAX", 1],
    ["the quote of a key that is not closed", '"secret = 1\n', "SYNTAX", 1],
    ["a quote over lines that is not closed", "a = 1\nb = `secret\n\n\n", "SYNTAX", 2],
    ["behind a value of several lines", 'a = """1\n2\n3"""\nsecret', "INI_BARE_KEY", 4],
    ["behind a line that goes on", "a = 1\\\n2\\\n3\nsecret", "INI_BARE_KEY", 4],
  ]
  test.each(cases)("%s", (_name, source, code, line) => {
    expect(fault(() => ini.scan(source))).toEqual({ code, line, exit: 2 })
    try {
      ini.scan(source)
    } catch (error) {
      expect(error).toBeInstanceOf(AppError)
      expect(JSON.stringify(error) + String(error)).not.toContain("secret")
    }
  })
})

describe("S21: hostile input costs linear time", () => {
  const size = 100_000
  const cases: [name: string, source: string][] = [
    ["quotes", `k = "${'" x '.repeat(size)}\n`],
    ["blanks behind quotes", `k = "${'"      '.repeat(size)}x\n`],
    ["marks", `k = x${"; #".repeat(size)}\n`],
    ["comment lines", `${";\n".repeat(size)}k=1\n`],
    ["one key", "k=1\n".repeat(size)],
    ["lines that go on", `k = a\\\n${"x\\\n".repeat(size)}`],
    ["lines in quotes", `k = \`\n${"x\n".repeat(size)}\``],
    ["headers with comments", "[s] ; c\n".repeat(size / 10)],
  ]
  test.each(cases)("%s", (_name, source) => expect(() => ini.scan(source)).not.toThrow())
})
