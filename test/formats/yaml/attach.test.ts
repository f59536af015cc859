import fc from "fast-check"
import { readFileSync, readdirSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { type MetaMap } from "../../../src/core/format.ts"
import { splice } from "../../../src/core/splice.ts"
import { yaml } from "../../../src/formats/yaml/yaml.ts"
import { runs } from "../../laws/runs.ts"
import { yamlText } from "./yaml-text.ts"

const tree: MetaMap = new Map([["mac", "m"]])
const full: MetaMap = new Map<string, string | MetaMap | MetaMap[]>([
  [
    "age",
    [
      new Map([
        ["recipient", "age1"],
        ["enc", "-----\nx\n-----\n"],
      ]),
    ],
  ],
  ["lastmodified", "2024-01-01T00:00:00Z"],
  ["mac", "ENC[AES256_GCM,data:YQ==,iv:Yg==,tag:Yw==,type:str]"],
  ["version", "3.13.2"],
])

function attached(text: string, meta: MetaMap = tree, indent?: number): string {
  return splice(text, yaml.attach(yaml.scan(text), meta, null, indent))
}

const cases: { name: string; plain: string; sealed: string }[] = [
  { name: "last, with a line end", plain: "a: 1\n", sealed: "a: 1\nsops:\n    mac: m\n" },
  { name: "without a final line end", plain: "a: 1", sealed: "a: 1\nsops:\n    mac: m" },
  { name: "after comments and empty lines", plain: "a: 1\n# c\n\n", sealed: "a: 1\n# c\n\nsops:\n    mac: m\n" },
  {
    name: "in every document",
    plain: "a: 1\n---\nb: 2\n",
    sealed: "a: 1\nsops:\n    mac: m\n---\nb: 2\nsops:\n    mac: m\n",
  },
  { name: "in an empty document", plain: "---\n", sealed: "---\nsops:\n    mac: m\n" },
  { name: "in an empty document without a line end", plain: "---", sealed: "---\nsops:\n    mac: m" },
  { name: "before the end marker", plain: "a: 1\n...\n", sealed: "a: 1\nsops:\n    mac: m\n...\n" },
  { name: "CRLF", plain: "a: 1\r\n", sealed: "a: 1\r\nsops:\r\n    mac: m\r\n" },
  { name: "BOM", plain: "\uFEFFa: 1\n", sealed: "\uFEFFa: 1\nsops:\n    mac: m\n" },
  { name: "an indented root", plain: "  a: 1\n", sealed: "  a: 1\n  sops:\n      mac: m\n" },
  // A script that wants to know the type looks for a line that is `sops:`, and reads a JSON text as JSON.
  { name: "a flow root", plain: "{a: 1}\n", sealed: '{a: 1,\nsops:\n  {"mac": "m"}}\n' },
  { name: "a flow root that is JSON", plain: '{"a": 1}\n', sealed: '{"a": 1, "sops": {"mac": "m"}}\n' },
  { name: "an empty flow root", plain: "{}\n", sealed: '{"sops": {"mac": "m"}}\n' },
  {
    name: "a flow root with a last comma",
    plain: "{\r\n  a: 1,\r\n}\r\n",
    sealed: '{\r\n  a: 1,\r\nsops:\r\n  {"mac": "m"},\r\n}\r\n',
  },
  {
    name: "a flow root with comments",
    plain: "{\n  a: 1 # c\n}\n",
    sealed: '{\n  "sops": {"mac": "m"}, a: 1 # c\n}\n',
  },
  {
    name: "first, where a kept line end is followed by blanks",
    plain: "a: |+\n  x\n\n ",
    sealed: "sops:\n    mac: m\na: |+\n  x\n\n ",
  },
  { name: "first, where a block has no line end", plain: "a: |\n  x", sealed: "sops:\n    mac: m\na: |\n  x" },
]

describe("attach", () => {
  test.each(cases)("$name", ({ plain, sealed }) => {
    expect(attached(plain)).toBe(sealed)
    expect(splice(sealed, yaml.scan(sealed).metadata!.detach)).toBe(plain)
  })

  test("as upstream prints it: dates in quotes, blocks literal, tokens plain", () => {
    expect(attached("a: 1\n", full, 2)).toBe(`a: 1
sops:
  age:
    - recipient: age1
      enc: |
        -----
        x
        -----
  lastmodified: "2024-01-01T00:00:00Z"
  mac: ENC[AES256_GCM,data:YQ==,iv:Yg==,tag:Yw==,type:str]
  version: 3.13.2
`)
  })
})

const kept: { name: string; sealed: string; plain: string; again: string }[] = [
  {
    name: "place, indent, quotes and comments of the block",
    sealed: "# top\n\nsops: # do not edit\n  # one\n  version: '3.7.3'\n\n  mac: \"m\"\na: 1\n",
    plain: "# top\n\na: 1\nb: 2\n",
    again: "# top\n\nsops: # do not edit\n  # one\n  version: '3.7.3'\n\n  mac: w\na: 1\nb: 2\n",
  },
  {
    name: "between two entries",
    sealed: "a: 1\n\n# c\nsops:\n   mac: m\n\nb: 2\n",
    plain: "a: 1\n\n# c\n\nb: 2\n",
    again: "a: 1\n\n# c\nsops:\n   mac: w\n\nb: 2\n",
  },
  {
    name: "before a comment at the end",
    sealed: "a: 1\nsops:\n    mac: m\n# end\n",
    plain: "a: 1\nb: 2\n# end\n",
    again: "a: 1\nb: 2\nsops:\n    mac: w\n# end\n",
  },
  { name: "all there is", sealed: "sops:\n    mac: m\n", plain: "{}\n", again: "sops:\n    mac: w\n" },
]

describe("attach like before", () => {
  test.each(kept)("$name", ({ sealed, plain, again }) => {
    const before = yaml.scan(sealed).metadata!
    const changed = new Map([...before.tree].map(([key, value]) => [key, key === "mac" ? "w" : value]))
    expect(splice(plain, yaml.attach(yaml.scan(plain), changed, before))).toBe(again)
  })

  test.each([1, 2, 9, 10, 12, 40])("entries that change keep a column of %d", (indent) => {
    const entries = ["version: 3.13.2", "age:", "      - enc: |2", "            old", "mac: m"]
    const sealed = `  a: 1\n  sops:\n${entries.map((line) => `${" ".repeat(indent + 2)}${line}\n`).join("")}`
    const before = yaml.scan(sealed).metadata!
    const changed = new Map(before.tree).set("age", [new Map([["enc", "  new\nend\n"]])])
    const again = splice("  a: 1\n", yaml.attach(yaml.scan("  a: 1\n"), changed, before))
    expect(yaml.scan(again).metadata!.tree).toEqual(changed)
    expect(again.split("\n").filter((line) => /^ *(?:version|age|mac):/.test(line))).toEqual(
      ["version: 3.13.2", "age:", "mac: m"].map((line) => " ".repeat(indent + 2) + line),
    )
  })

  test("differences of a later document do not count", () => {
    const sealed = "a: 1\nsops:\n    mac: m\n---\nb: 2\nsops:\n    mac: other\n"
    const scan = yaml.scan(sealed)
    const plain = splice(sealed, scan.metadata!.detach)
    expect(splice(plain, yaml.attach(yaml.scan(plain), tree, scan.metadata))).toBe(
      "a: 1\nsops:\n    mac: m\n---\nb: 2\nsops:\n    mac: m\n",
    )
  })

  const golden = new URL("../../../fixtures/golden/sealed/", import.meta.url)
  test.each(readdirSync(golden))("blocks of release %s come back to the byte", (release) => {
    const folder = new URL(`${release}/`, golden)
    const names = readdirSync(folder).filter((name) => name.endsWith(".yaml"))
    expect(names.length).toBeGreaterThan(30)
    const changed = names.filter((name) => {
      const sealed = readFileSync(new URL(name, folder), "utf8")
      const before = yaml.scan(sealed).metadata!
      const plain = splice(sealed, before.detach)
      return splice(plain, yaml.attach(yaml.scan(plain), before.tree, before)) !== sealed
    })
    expect(changed).toEqual([])
  })
})

test("laws: detach takes out what attach put in, and attach puts it back", () => {
  const law = fc.property(yamlText, fc.constantFrom(undefined, 2, 3), (plain, indent) => {
    const sealed = attached(plain, full, indent)
    const { metadata } = yaml.scan(sealed)
    expect(metadata!.tree).toEqual(full)
    const back = splice(sealed, metadata!.detach)
    expect(back).toBe(plain)
    expect(splice(back, yaml.attach(yaml.scan(back), metadata!.tree, metadata))).toBe(sealed)
  })
  fc.assert(law, runs)
})
