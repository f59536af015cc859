import { existsSync, readFileSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { fullPath, keyPath } from "../../../src/core/site.ts"
import { splice } from "../../../src/core/splice.ts"
import { utf8 } from "../../../src/core/text.ts"
import { scanYaml } from "../../../src/formats/yaml/scan.ts"
import { type OracleSite, faultOf, rows, sitesOf } from "./oracle.ts"

const suite = new URL("../../../../shared/golden/oracle/yaml-suite.jsonl", import.meta.url)
const hasSuite = existsSync(suite)

type Row = { readonly text: string; readonly docs: OracleSite[][] }
type Oddity = { readonly text: string; readonly error?: number; readonly docs?: [string[], string, string][][] }
type SuiteRow = { readonly id: string; readonly text: string; readonly error?: true; readonly docs?: OracleSite[][] }

describe("scan against upstream's store", () => {
  test("texts full of comments give the same sites in the same order", () => {
    const trees = rows<Row>("trees.jsonl")
    expect(trees.length).toBeGreaterThan(430)
    for (const { text, docs } of trees) expect({ text, docs: sitesOf(text) }).toEqual({ text, docs })
  })

  test("oddities are accepted and refused alike", () => {
    const oddities = rows<Oddity>("yaml-oddities.jsonl")
    expect(oddities.length).toBeGreaterThan(900)
    for (const { text, error, docs } of oddities) {
      if (docs === undefined) {
        expect({ text, ...faultOf(text) }).toMatchObject({ text, exit: error })
      } else {
        const sites = docs.map((document) => document.map(([path, kind, value]) => ({ path, kind, text: value })))
        expect({ text, docs: sitesOf(text) }).toEqual({ text, docs: sites })
      }
    }
  })

  test.skipIf(!hasSuite)("the public test suite is read alike", () => {
    const texts = readFileSync(suite, "utf8").trimEnd().split("\n")
    for (const line of texts) {
      const { id, text, error, docs } = JSON.parse(line) as SuiteRow
      if (text === "") expect(faultOf(text)).toMatchObject({ code: "NO_DOCUMENT" })
      else if (error === true) expect([id, faultOf(text)]).not.toEqual([id, null])
      // The oracle lists keys that are no strings, which upstream's walk then refuses.
      else if (docs!.flat().some(({ kind }) => kind.startsWith("key ")))
        expect([id, faultOf(text)?.exit]).toEqual([id, 23])
      else expect([id, sitesOf(text)]).toEqual([id, docs])
    }
  })
})

describe("refusals", () => {
  test.each([
    { name: "an empty file", source: "", code: "NO_DOCUMENT", exit: 92 },
    { name: "comments only", source: "# c\n", code: "SYNTAX", exit: 2, line: 1 },
    { name: "a list at the root", source: "# c\n- a\n", code: "ROOT_NOT_MAP", exit: 2, line: 2 },
    { name: "a scalar at the root", source: "text\n", code: "ROOT_NOT_MAP", exit: 2, line: 1 },
    {
      name: "a list at the root of a later document",
      source: "a: 1\n---\n- b\n",
      code: "ROOT_NOT_MAP",
      exit: 2,
      line: 3,
    },
    { name: "a key twice", source: "a: 1\nb:\n  c: 1\n  'c': 2\n", code: "DUPLICATE_KEY", exit: 2, line: 4, column: 3 },
    {
      name: "a key twice, among many",
      source: "a: 1\nb: 1\nc: 1\nd: 1\ne: 1\nf: 1\ng: 1\nh: 1\ni: 1\na: 2\n",
      code: "DUPLICATE_KEY",
      exit: 2,
      line: 10,
      column: 1,
    },
    { name: "a number as key", source: "a:\n  1: x\n", code: "KEY_NOT_STRING", exit: 23, line: 2, column: 3 },
    {
      name: "a list as key after a number",
      source: "1: x\n? [a]\n",
      code: "KEY_NOT_STRING",
      exit: 2,
      line: 2,
      column: 3,
    },
    {
      name: "a key that does not fit its tag",
      source: "1: x\n!!int a: b\n",
      code: "KEY_NOT_STRING",
      exit: 2,
      line: 2,
      column: 7,
    },
    {
      name: "a value that is missing behind its tag",
      source: "l:\n  - !!float # x\n\n  - z\n",
      code: "SYNTAX",
      exit: 2,
      line: 2,
      column: 12,
    },
    {
      name: "a list at the root after a number as key",
      source: "1: x\n---\n[]\n",
      code: "ROOT_NOT_MAP",
      exit: 2,
      line: 3,
    },
    { name: "a tag alone as key", source: "? !!int\n: x\n", code: "KEY_NOT_STRING", exit: 2, line: 1, column: 8 },
    {
      name: "an anchor alone as key",
      source: "x:\n  ? &a\n  : y\n",
      code: "KEY_NOT_STRING",
      exit: 23,
      line: 2,
      column: 7,
    },
    { name: "both", source: "? &a !!int # c\n\n: x\n", code: "KEY_NOT_STRING", exit: 2, line: 1, column: 11 },
    {
      name: "a tag alone before an end",
      source: "x:\n  ? !!float\ny: 1\n",
      code: "KEY_NOT_STRING",
      exit: 2,
      line: 2,
      column: 12,
    },
    { name: "a list as key", source: "? [a]\n: x\n", code: "KEY_NOT_STRING", exit: 2, line: 1, column: 3 },
    {
      name: "an integer beyond int64",
      source: "a: 9223372036854775808\n",
      code: "VALUE_UNSUPPORTED",
      exit: 23,
      line: 1,
    },
    { name: "a tag that does not fit", source: "a: !!int x\n", code: "SYNTAX", exit: 2, line: 1, column: 10 },
    { name: "a merge of a scalar", source: "a: 1\n<<: x\n", code: "SYNTAX", exit: 2, line: 2 },
    { name: "an unknown alias", source: "a: *b\n", code: "SYNTAX", exit: 2, line: 1, column: 4 },
    { name: "an alias within its anchor", source: "a: &b [*b]\n", code: "SYNTAX", exit: 2, line: 1, column: 8 },
    { name: "a colon too many", source: "a: 1\nb: c: d\n", code: "SYNTAX", exit: 2, line: 2, column: 5 },
    { name: "a control character", source: "a: 1\nb: \u0007\n", code: "SYNTAX", exit: 2, line: 2, column: 4 },
    {
      name: "an open quote, reported where it begins",
      source: 'a: 😀\nb: "x\n',
      code: "SYNTAX",
      exit: 2,
      line: 2,
      column: 4,
    },
    { name: "columns count UTF-16 units", source: "'😀': *b\n", code: "SYNTAX", exit: 2, line: 1, column: 7 },
    { name: "version 1.2", source: "%YAML 1.2\n---\na: 1\n", code: "SYNTAX", exit: 2, line: 1, column: 1 },
    { name: "two byte order marks", source: "\ufeff\ufeffa: 1\n", code: "SYNTAX", exit: 2, line: 1, column: 1 },
    { name: "a surrogate alone", source: "a: \ud800\n", code: "SYNTAX", exit: 2, line: 1, column: 1 },
  ])("$name", ({ name: _, source, ...fault }) => {
    expect(faultOf(source)).toEqual(fault)
  })

  test.each([
    ["a:\n\tb: 1\n", "a tab cannot indent: use spaces"],
    ["a: b: c\n", "a key cannot be here: check the indentation, or put a value that holds `: ` in quotes"],
    ['a: "x\nb: 1\n', "a quote is not closed"],
    ["a: [1, 2\nb: 3\n", "a comma or a closing bracket is missing"],
    ["a:\n    b: 1\n  c: 2\n", "this does not continue the mapping above: check indent, quotes and brackets"],
    ["a: 1\nb\n", "a `:` is missing after a key"],
    ["a: @x\n", "a value cannot begin with this character: put it in quotes"],
    ["a: *x\n", "no anchor of that name comes before this alias"],
  ])("%j: the reason, in words of ours", (source, reason) => {
    expect(() => scanYaml(source)).toThrow(expect.objectContaining({ detail: { subject: reason } }))
  })

  test("nesting is limited to 200, in every style and through aliases", () => {
    const flow = (levels: number): string => `a: ${"[".repeat(levels)}${"]".repeat(levels)}\n`
    expect(faultOf(flow(199))).toBeNull()
    expect(faultOf(flow(200))).toMatchObject({ code: "TOO_LARGE", line: 1, column: 203 })
    expect(faultOf(flow(300_000))).toMatchObject({ code: "TOO_LARGE" })
    expect(faultOf(`a:\n${"- ".repeat(100_000)}x\n`)).toMatchObject({ code: "TOO_LARGE" })
    expect(faultOf("? ".repeat(100_000))).toMatchObject({ code: "TOO_LARGE" })
    const chain = Array.from({ length: 20_000 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}]`).join("\n")
    expect(faultOf(`x: 1\n---\na0: &a0 [x]\n${chain}\n`)).toMatchObject({ code: "TOO_LARGE" })
  })

  test("a billion laughs are too many values, in any document", () => {
    const lines = Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`)
    const bomb = `a0: &a0 [x, x, x, x]\n${lines.join("\n")}\n`
    expect(faultOf(bomb)).toMatchObject({ code: "TOO_LARGE" })
    expect(faultOf(`x: 1\n---\n${bomb}`)).toMatchObject({ code: "TOO_LARGE" })
    const { metadata } = scanYaml(`sops:\n  ${bomb.replaceAll("\n", "\n  ")}`)
    expect(() => metadata!.tree).toThrow(expect.objectContaining({ code: "TOO_LARGE" }))
  })
})

describe("aliases", () => {
  const source = "a: &x\n  # note\n  b: 1\nc: *x\nd:\n  - *x\n"
  const scan = scanYaml(source)

  test("values behind them are virtual: no span, the outermost alias, in the order of the walk", () => {
    const virtual = scan.sites.filter(({ alias }) => alias !== undefined)
    expect(virtual.map(({ item, kind, span }) => [fullPath(item), kind, span])).toEqual([
      [["c"], "comment", null],
      [["c", "b"], "int", null],
      [["d", 0], "comment", null],
      [["d", 0, "b"], "int", null],
    ])
  })

  test("each names its text, its place and its target", () => {
    const told = scan.aliases.map(({ item, span, name, target }) => [
      fullPath(item),
      source.slice(span.start, span.end),
      name,
      fullPath(target),
    ])
    expect(told).toEqual([
      [["c"], "*x", "x", ["a"]],
      [["d", 0], "*x", "x", ["a"]],
    ])
  })

  test("only outermost aliases are listed, and anchors live on in later documents", () => {
    const { aliases, sites } = scanYaml("a: &x 1\nb: &y [*x]\nc: *y\n---\nd: *y\n")
    expect(aliases.map(({ item, name }) => [...fullPath(item), name])).toEqual([
      ["b", 0, "x"],
      ["c", "y"],
      ["d", "y"],
    ])
    expect(sites.map(({ item, alias }) => [keyPath(item).join(), alias?.name])).toEqual([
      ["a", undefined],
      ["b", "x"],
      ["c", "y"],
      ["d", "y"],
    ])
  })

  test("an alias into the metadata cannot stay when that is taken out", () => {
    expect(faultOf("sops: &m {mac: x}\na: *m\n")).toMatchObject({ code: "METADATA_INVALID", line: 2 })
  })
})

describe("spans", () => {
  const spanOf = (source: string): string[] =>
    scanYaml(source).sites.map(({ span }) => (span === null ? "-" : source.slice(span.start, span.end)))

  test.each([
    { name: "quotes belong to a value", source: `a: "b"\nc: 'd'\n`, spans: [`"b"`, `'d'`] },
    {
      name: "a block comes with its header, without its last line end",
      source: "a: |-\n  b\n  c\nd: 1\n",
      spans: ["|-\n  b\n  c", "1"],
    },
    { name: "empty lines after a block do not belong to it", source: "a: |\n  b\n\n\nd: 1\n", spans: ["|\n  b", "1"] },
    { name: "but they do when they are kept", source: "a: |+\n  b\n\n\nd: 1\n", spans: ["|+\n  b\n\n", "1"] },
    { name: "an empty block is its header", source: "a: | # c\nd: 1\n", spans: [" c", "|", "1"] },
    { name: "several lines", source: "a: b\n  c\n\n  d # e\n", spans: [" e", "b\n  c\n\n  d"] },
    { name: "a tag that forces a kind belongs to the value", source: "a: &x !!int '1'\n", spans: ["!!int '1'"] },
    { name: "other tags and anchors do not", source: "a: !x &y b\nc: !!str 1\n", spans: ["b", "1"] },
    { name: "nothing is an empty span", source: "a:\nb: ~\n", spans: ["", "~"] },
    { name: "empty collections", source: "a: {}\nb: [ ]\n", spans: ["{}", "[ ]"] },
    { name: "a comment is what follows its mark", source: "# a\r\nb: 1 #c \r\n", spans: [" a", "c ", "1"] },
    { name: "a byte order mark", source: "\ufeffa: b # c\n", spans: [" c", "b"] },
    {
      name: "line breaks of YAML 1.1",
      source: "a: 1 # c\u2028b: 2\u0085c: 3\rd: 4",
      spans: [" c", "1", "2", "3", "4"],
    },
  ])("$name", ({ source, spans }) => {
    expect(spanOf(source)).toEqual(spans)
  })

  test("an empty root counts as one empty mapping, however it is written", () => {
    for (const source of ["---\n", "{}\n", "null\n", "sops: {mac: x}\n", "{sops: {mac: x}}\n"]) {
      expect(scanYaml(source).sites.map(({ kind, item }) => [kind, item.parent])).toEqual([["map", null]])
    }
  })
})

describe("metadata", () => {
  test("is split off from every document, and read as data", () => {
    const block =
      'sops:\n    # c\n    lastmodified: 2024-01-01T00:00:00Z\n    n: 2\n    f: .5\n    t: true\n    z:\n    l: [{a: "1"}]\n'
    const source = `a: 1\n${block}---\n${block}b: 2\n`
    const { sites, metadata } = scanYaml(source)
    expect(sites.map(({ item }) => keyPath(item).join())).toEqual(["a", "b"])
    expect(sites.map(({ item }) => item.index)).toEqual([0, 0])
    expect(metadata!.tree).toEqual(
      new Map<string, unknown>([
        ["lastmodified", "2024-01-01T00:00:00Z"],
        ["n", 2],
        ["f", 0.5],
        ["t", true],
        ["z", null],
        ["l", [new Map([["a", "1"]])]],
      ]),
    )
    expect(splice(source, metadata!.detach)).toBe("a: 1\n---\nb: 2\n")
  })

  test("comments above the key stay with the root, those within are dropped", () => {
    const { sites } = scanYaml("a: 1\n# keep\nsops: # drop\n    mac: x # drop\n    # drop\n")
    expect(sites.map(({ kind, scalar }) => [kind, utf8.decode(scalar!.bytes)])).toEqual([
      ["int", "1"],
      ["comment", " keep"],
    ])
  })

  test("if the first document has none, those of the others do not count", () => {
    const { metadata, sites } = scanYaml("a: 1\n---\nsops: {mac: x}\n")
    expect(metadata).toBeNull()
    expect(sites.map(({ item }) => keyPath(item).join("."))).toEqual(["a", "sops.mac"])
  })

  test.each([
    { name: "text", source: "sops: x\n" },
    { name: "nothing", source: "sops:\n" },
    { name: "a list", source: "sops: [a]\n" },
    { name: "a mapping with a number for a key", source: "sops: {1: x}\n" },
    { name: "there twice", source: "k: &k sops\nsops: {a: 1}\n*k : {a: 1}\n" },
  ])("that is $name is only an error for who reads it", ({ source }) => {
    const { metadata } = scanYaml(source)
    expect(() => metadata!.tree).toThrow(expect.objectContaining({ code: "METADATA_INVALID" }))
  })
})

test.each(["? a", "? a\n# note", "b: 1\n? a\n? c\n # note", "? a\n\n\n"])(
  "the missing value of %j is at its key, and never within metadata that follows",
  (plain) => {
    const { sites, metadata } = scanYaml(`${plain}\nsops:\n  mac: x`)
    const { start } = metadata!.detach[0]!
    const missing = sites.filter(({ kind }) => kind === "null")
    expect(missing.length).toBeGreaterThan(0)
    expect(missing.filter(({ span }) => span!.start > start)).toEqual([])
  },
)
