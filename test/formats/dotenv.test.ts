import { readFileSync } from "node:fs"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { type Scan } from "../../src/core/format.ts"
import { type Kind } from "../../src/core/scalar.ts"
import { splice } from "../../src/core/splice.ts"
import { utf8 } from "../../src/core/text.ts"
import { type Tree } from "../../src/core/tree.ts"
import { AppError } from "../../src/errors/app-error.ts"
import { dotenv } from "../../src/formats/dotenv/dotenv.ts"
import { documentLaws } from "../laws/document-laws.ts"
import { confirmEditLaw, confirmLaw, formatLaws } from "../laws/format-laws.ts"

const scalar = (kind: Kind, text: string): Tree => ({ type: "scalar", scalar: { kind, bytes: utf8.encode(text) } })
const str = (text: string): Tree => scalar("str", text)

function read({ sites }: Scan): [key: string | null, kind: string, text: string][] {
  return sites.map(({ item, kind, scalar }) => [item.key, kind, utf8.decode(scalar!.bytes)])
}

function fault(work: () => unknown): { code: string; line?: number | undefined } {
  try {
    work()
  } catch (error) {
    if (error instanceof AppError) return { code: error.code, line: error.where.line }
    throw error
  }
  return { code: "none" }
}

describe("scan", () => {
  const cases: { name: string; source: string; sites: [string | null, string, string][] }[] = [
    { name: "a plain value", source: "A=1\n", sites: [["A", "str", "1"]] },
    { name: "quotes belong to the value", source: `A="x"\n`, sites: [["A", "str", `"x"`]] },
    { name: "blanks and `export` stay too", source: "export A =  x ", sites: [["export A ", "str", "  x "]] },
    { name: "the first equal sign splits", source: "A=b=c", sites: [["A", "str", "b=c"]] },
    { name: "a backslash with n is a line break", source: "A=x\\ny\\\\nz\\t", sites: [["A", "str", "x\ny\\\nz\\t"]] },
    {
      name: "a CR belongs to the value",
      source: "A=1\r\nB=\r\n",
      sites: [
        ["A", "str", "1\r"],
        ["B", "str", "\r"],
      ],
    },
    {
      name: "comments begin in the first column",
      source: "# c\n#\nA=#d",
      sites: [
        [null, "comment", " c"],
        [null, "comment", ""],
        ["A", "str", "#d"],
      ],
    },
    { name: "an indented comment with an equal sign is a name", source: " #a=1", sites: [[" #a", "str", "1"]] },
    { name: "blank lines are nothing", source: "\n\nA=1\n\n", sites: [["A", "str", "1"]] },
    {
      name: "empty names and values",
      source: "=\n=x\nA=",
      sites: [
        ["", "str", ""],
        ["", "str", "x"],
        ["A", "str", ""],
      ],
    },
    {
      name: "a name that appears twice",
      source: "A=1\nA=2",
      sites: [
        ["A", "str", "1"],
        ["A", "str", "2"],
      ],
    },
    { name: "a BOM is part of the first name", source: "\uFEFFA=1", sites: [["\uFEFFA", "str", "1"]] },
    { name: "LS and NEL break no line", source: "A=1\u2028B=2\u0085", sites: [["A", "str", "1\u2028B=2\u0085"]] },
    {
      name: "names of objects",
      source: "__proto__=1\nconstructor=2",
      sites: [
        ["__proto__", "str", "1"],
        ["constructor", "str", "2"],
      ],
    },
    {
      name: "names that only look like metadata",
      source: "sops=1\nSOPS_a=2\n sops_b=3",
      sites: [
        ["sops", "str", "1"],
        ["SOPS_a", "str", "2"],
        [" sops_b", "str", "3"],
      ],
    },
    { name: "nothing", source: "", sites: [] },
  ]
  test.each(cases)("$name", ({ source, sites }) => {
    const scan = dotenv.scan(source)
    expect(read(scan)).toEqual(sites)
    expect(scan.metadata).toBeNull()
  })

  test("knows lines and positions, which neither comments nor metadata count in", () => {
    const scan = dotenv.scan("# c\n\nA=1\nsops_version=3\nB=2")
    expect(scan.sites.map(({ item, line }) => [item.index, line])).toEqual([
      [0, 1],
      [0, 3],
      [1, 5],
    ])
    expect(scan.metadata?.tree).toEqual(new Map([["version", "3"]]))
  })

  const refused = [
    { source: "A=1\nB\n", line: 2 },
    { source: "A=1\n \nB=2", line: 2 },
    { source: " # canary-7f3a", line: 1 },
    { source: "A=1\n\r\r\n", line: 2 },
    { source: "sops_x", line: 1 },
  ]
  test.each(refused)("$source is refused, by line", ({ source, line }) => {
    expect(fault(() => dotenv.scan(source))).toEqual({ code: "SYNTAX", line })
  })

  test("the CR of a blank line must not be in a sealed file", () => {
    const scan = dotenv.scan("A=1\r\n\r\n\r\nB=2\r\n\r")
    expect(scan.banned).toEqual([
      { start: 5, end: 6 },
      { start: 7, end: 8 },
      { start: 14, end: 15 },
    ])
  })
})

describe("spelling", () => {
  const rows = readFileSync(new URL("../../fixtures/oracle/spelling.jsonl", import.meta.url), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { value: string; dotenv: string })
  test.each(rows)("prints $value as sops does", ({ value, dotenv: text }) => {
    const tree: Tree = { type: "map", entries: [{ type: "entry", key: "k", value: str(value) }] }
    expect(dotenv.emit([tree], {})).toBe(text)
  })

  const scalars = [
    { kind: "int", text: "-5", spelled: "-5" },
    { kind: "float", text: "1", spelled: "1.0" },
    { kind: "float", text: "1000000000000000000000", spelled: "1E+21" },
    { kind: "float", text: "NaN", spelled: "NaN" },
    { kind: "bool", text: "True", spelled: "true" },
    { kind: "time", text: "2001-12-14T21:59:43.1-05:00", spelled: "2001-12-14T21:59:43-05:00" },
    { kind: "time", text: "2001-12-14T00:00:00Z", spelled: "2001-12-14T00:00:00Z" },
    { kind: "str", text: "a\n\nb\\", spelled: "a\\n\\nb\\" },
  ] as const
  test.each(scalars)("$kind $text as sops spells it", ({ kind, text, spelled }) => {
    const scan = dotenv.scan("k=ENC[x]")
    expect(dotenv.open(scan, scan.sites[0]!, { kind, bytes: utf8.encode(text) }).text).toBe(spelled)
  })

  test("emit prints comments, in lines of their own, and null as upstream", () => {
    const tree: Tree = {
      type: "map",
      entries: [
        { type: "comment", text: utf8.encode(" a\nb"), inline: true },
        { type: "entry", key: "n", value: { type: "null" } },
      ],
    }
    expect(dotenv.emit([tree], {})).toBe("# a\n#b\nn=<nil>\n")
  })

  const unprintable: { name: string; key: string; value: Tree }[] = [
    { name: "a mapping", key: "a", value: { type: "map", entries: [] } },
    { name: "a list", key: "a", value: { type: "list", items: [] } },
    { name: "a name with an equal sign", key: "a=b", value: str("x") },
    { name: "a name with a line break", key: "a\nb", value: str("x") },
    { name: "a name like a comment", key: "#a", value: str("x") },
  ]
  test.each(unprintable)("$name is refused", ({ key, value }) => {
    const tree: Tree = { type: "map", entries: [{ type: "entry", key, value }] }
    expect(fault(() => dotenv.emit([tree], {})).code).toBe("NOT_PRINTABLE")
  })

  test("a part of a document is a text or nothing", () => {
    expect(dotenv.emitValue(str("a\nb"), {})).toBe("a\nb")
    expect(fault(() => dotenv.emitValue(scalar("int", "1"), {})).code).toBe("NOT_PRINTABLE")
  })
})

describe("attach", () => {
  const tree = new Map([
    ["mac", "a\nb"],
    ["version", "3"],
  ])
  const block = "sops_mac=a\\nb\nsops_version=3"
  const cases = [
    { name: "after the last line", source: "A=1\n", sealed: `A=1\n${block}\n` },
    { name: "in a file without a line break at its end", source: "A=1", sealed: `A=1\n${block}` },
    { name: "in an empty file", source: "", sealed: `${block}\n` },
    { name: "after CRLF, with LF alone", source: "A=1\r\n", sealed: `A=1\r\n${block}\n` },
    { name: "after blank lines", source: "A=1\n\n\n", sealed: `A=1\n\n\n${block}\n` },
  ]
  test.each(cases)("$name", ({ source, sealed }) => {
    expect(splice(source, dotenv.attach(dotenv.scan(source), tree, null))).toBe(sealed)
    expect(splice(sealed, dotenv.scan(sealed).metadata!.detach)).toBe(source)
  })

  const changed = new Map([
    ["added", "1"],
    ["mac", "y"],
    ["pgp", "2"],
    ["version", "3"],
  ])
  const places = [
    {
      name: "in another order",
      sealed: "A=1\nsops_version=3\nsops_mac=x\n",
      wanted: "A=1\nsops_added=1\nsops_version=3\nsops_mac=y\nsops_pgp=2\n",
    },
    {
      name: "between the variables",
      sealed: "sops_mac=x\nA=1\nsops_version=3\n\nB=2",
      wanted: "sops_added=1\nsops_mac=y\nsops_pgp=2\nA=1\nsops_version=3\n\nB=2",
    },
    {
      name: "at both ends",
      sealed: "sops_mac=x\nA=1\nsops_version=3",
      wanted: "sops_added=1\nsops_mac=y\nsops_pgp=2\nA=1\nsops_version=3",
    },
  ]
  test.each(places)("lines that were $name keep their places", ({ sealed, wanted }) => {
    const { metadata } = dotenv.scan(sealed)
    const plain = splice(sealed, metadata!.detach)
    const back = splice(plain, dotenv.attach(dotenv.scan(plain), metadata!.tree, metadata))
    const again = splice(plain, dotenv.attach(dotenv.scan(plain), changed, metadata))
    expect(back).toBe(sealed)
    expect(again).toBe(wanted)
    expect(splice(again, dotenv.scan(again).metadata!.detach)).toBe(plain)
  })

  test("lines whose place is gone go to the end", () => {
    const { metadata } = dotenv.scan("A=1\nB=2\nsops_mac=x\nC=3\n")
    expect(splice("A=1\n", dotenv.attach(dotenv.scan("A=1\n"), new Map([["mac", "x"]]), metadata))).toBe(
      "A=1\nsops_mac=x\n",
    )
  })

  test("a senseless block is found, and refused when it is read", () => {
    const { metadata } = dotenv.scan("sops_a=1\nsops_a__map_b=2\n")
    expect(metadata).not.toBeNull()
    expect(fault(() => metadata!.tree).code).toBe("METADATA_INVALID")
  })

  test("a name that would end early is refused", () => {
    const names = new Map([["kms", [new Map([["context", new Map([["a=b", "c"]])]])]]])
    expect(fault(() => dotenv.attach(dotenv.scan(""), names, null)).code).toBe("METADATA_INVALID")
  })
})

describe("set and unset", () => {
  const sets = [
    { name: "a value in its line", source: "A=1\nB=2\n", key: "A", value: str("x\ny"), wanted: "A=x\\ny\nB=2\n" },
    { name: "a new line", source: "A=1\n", key: "B", value: str("2"), wanted: "A=1\nB=2\n" },
    { name: "a new line where none ends the file", source: "A=1", key: "B", value: str("2"), wanted: "A=1\nB=2" },
    { name: "the first line", source: "", key: "B", value: str("2"), wanted: "B=2\n" },
    // A CR would be part of the value, and what is set is what was given.
    { name: "a value of a file with CRLF", source: "A=1\r\n", key: "A", value: str("2"), wanted: "A=2\n" },
    {
      name: "a new line of a file with CRLF",
      source: "A=1\r\n",
      key: "B",
      value: scalar("bool", "True"),
      wanted: "A=1\r\nB=true\n",
    },
    { name: "the first of two", source: "A=1\nA=2\n", key: "A", value: str("3"), wanted: "A=3\nA=2\n" },
  ]
  test.each(sets)("sets $name", ({ source, key, value, wanted }) => {
    expect(splice(source, dotenv.set(dotenv.scan(source), [key], value))).toBe(wanted)
  })

  const impossible: { name: string; path: (string | number)[]; value: Tree; code: string }[] = [
    { name: "a nested value", path: ["A", "b"], value: str("x"), code: "NOT_PRINTABLE" },
    { name: "a mapping", path: ["A"], value: { type: "map", entries: [] }, code: "NOT_PRINTABLE" },
    { name: "a position", path: [0], value: str("x"), code: "KEY_NOT_FOUND" },
    { name: "nowhere", path: [], value: str("x"), code: "KEY_NOT_FOUND" },
    { name: "metadata", path: ["sops_mac"], value: str("x"), code: "NOT_PRINTABLE" },
  ]
  test.each(impossible)("cannot set $name", ({ path, value, code }) => {
    expect(fault(() => dotenv.set(dotenv.scan("A=1\n"), path, value)).code).toBe(code)
  })

  const unsets = [
    { name: "a line", source: "A=1\nB=2\nC=3\n", wanted: "A=1\nC=3\n" },
    { name: "the last line", source: "A=1\nB=2", wanted: "A=1" },
    { name: "the only line", source: "B=2", wanted: "" },
    { name: "a line with its comments", source: "A=1\n# own\n# too\nB=2\n", wanted: "A=1\n" },
    {
      name: "a line, but not the comments before a blank one",
      source: "A=1\n# other\n\nB=2\n",
      wanted: "A=1\n# other\n\n",
    },
    { name: "a line, but not the comments of the file", source: "# file\nB=2\nC=3\n", wanted: "# file\nC=3\n" },
    { name: "a line with CRLF", source: "A=1\r\nB=2\r\n", wanted: "A=1\r\n" },
  ]
  test.each(unsets)("unsets $name", ({ source, wanted }) => {
    expect(splice(source, dotenv.unset(dotenv.scan(source), ["B"]))).toBe(wanted)
  })

  test("there is nothing to unset", () => {
    expect(fault(() => dotenv.unset(dotenv.scan("A=1\n"), ["B"])).code).toBe("KEY_NOT_FOUND")
    expect(fault(() => dotenv.unset(dotenv.scan("A=1\n"), ["A", "x"])).code).toBe("KEY_NOT_FOUND")
  })
})

test("valueSpan spans the value of a variable", () => {
  const scan = dotenv.scan("# c\nA=1\nB=22\n")
  expect(scan.sites.map(({ item }) => dotenv.valueSpan(scan, item))).toEqual([
    null,
    { start: 6, end: 7 },
    { start: 10, end: 12 },
  ])
})

const part = fc.oneof(
  fc.stringMatching(/^[ -~]$/),
  fc.constantFrom("\\n", "\\\\n", "é", "😀", "\u2028", "=", "#", "\t", "\\"),
)
const tail = fc.array(part, { maxLength: 8 }).map((parts) => parts.join(""))
const variable = fc.tuple(fc.stringMatching(/^(export )?[A-Z_]{0,4}$/), tail).map((parts) => parts.join("="))
const line = fc.oneof(
  variable,
  tail.map((text) => `#${text}`),
  fc.constantFrom("", "", "\uFEFFA=1"),
)
const ending = fc.constantFrom("\n", "\n", "\r\n")
const text = fc
  .tuple(fc.array(line, { maxLength: 8 }), ending, fc.boolean())
  .map(([lines, end, isEnded]) => lines.join(end) + (isEnded && lines.length > 0 ? end : ""))

formatLaws(dotenv, text)
documentLaws(dotenv, text)
confirmLaw(dotenv, text)
confirmEditLaw(dotenv, text)
