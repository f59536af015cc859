import { describe, expect, test } from "vitest"
import { splice } from "../../../src/core/splice.ts"
import { type Tree } from "../../../src/core/tree.ts"
import { ini } from "../../../src/formats/ini/ini.ts"
import { fault, filled, read, str } from "./support.ts"

type Path = readonly (string | number)[]

function set(source: string, path: Path, value: Tree): string {
  return splice(source, ini.set(ini.scan(source), path, value))
}

function unset(source: string, path: Path): string {
  return splice(source, ini.unset(ini.scan(source), path))
}

describe("set", () => {
  const cases: { name: string; source: string; path: string[]; value: string; result: string }[] = [
    {
      name: "keeps quotes and comment",
      source: "[s]\na = 'x' ; c\n",
      path: ["s", "a"],
      value: "y;z",
      result: "[s]\na = 'y;z' ; c\n",
    },
    {
      name: "changes the last of repeated lines",
      source: "[s]\na=1\na=2\n",
      path: ["s", "a"],
      value: "3",
      result: "[s]\na=1\na=3\n",
    },
    {
      name: "fills an empty value",
      source: "[s]\na =\nb=\n",
      path: ["s", "a"],
      value: "x",
      result: "[s]\na = x\nb=\n",
    },
    { name: "fills an empty tight value", source: "[s]\na=\n", path: ["s", "a"], value: "x", result: "[s]\na=x\n" },
    { name: "empties a value", source: "[s]\na = x ; c\n", path: ["s", "a"], value: "", result: "[s]\na =  ; c\n" },
    {
      name: "adds after its siblings, in their style",
      source: "[s]\n  a: 1\n\n[t]\n",
      path: ["s", "b"],
      value: "2",
      result: "[s]\n  a: 1\n  b: 2\n\n[t]\n",
    },
    {
      name: "aligns",
      source: "[s]\nlong = 1\na    = 2\n",
      path: ["s", "bb"],
      value: "3",
      result: "[s]\nlong = 1\na    = 2\nbb   = 3\n",
    },
    {
      name: "adds to a section without keys",
      source: "[s]\n[t]\na=1\n",
      path: ["s", "b"],
      value: "2",
      result: "[s]\nb=2\n[t]\na=1\n",
    },
    {
      name: "adds without a final newline",
      source: "[s]\na = 1",
      path: ["s", "b"],
      value: "2",
      result: "[s]\na = 1\nb = 2",
    },
    {
      name: "adds after a value that is still open",
      source: "[s]\na = 1 \\\n",
      path: ["s", "b"],
      value: "2",
      result: "[s]\na = 1 \\\n\nb = 2\n",
    },
    { name: "adds a section", source: "[s]\na=1\n", path: ["t", "b"], value: "2", result: "[s]\na=1\n\n[t]\nb=2\n" },
    {
      name: "adds a section in front of the metadata",
      source: "[s]\na=1\n\n[sops]\nmac=x\n",
      path: ["t", "b"],
      value: "2",
      result: "[s]\na=1\n\n[t]\nb=2\n\n[sops]\nmac=x\n",
    },
    { name: "adds to an empty file", source: "", path: ["t", "b"], value: "2", result: "[t]\nb = 2\n" },
    {
      name: "adds in front of the first header",
      source: "\uFEFF[s]\r\na=1\r\n",
      path: ["DEFAULT", "b"],
      value: "2",
      result: "\uFEFFb=2\r\n\r\n[s]\r\na=1\r\n",
    },
    { name: "quotes a key", source: "[s]\n", path: ["s", "a=b"], value: "2", result: "[s]\n`a=b` = 2\n" },
    {
      name: "quotes a key that looks like a comment",
      source: "[s]\n",
      path: ["s", "#a"],
      value: "2",
      result: '[s]\n"#a" = 2\n',
    },
    { name: "quotes a value", source: "[s]\n", path: ["s", "a"], value: "x\ny", result: '[s]\na = """x\ny"""\n' },
  ]
  test.each(cases)("$name", ({ source, path, value, result }) => {
    expect(set(source, path, str(value))).toBe(result)
    expect(read(ini.scan(result))).toContain(`${path.join(".")} = ${value}`)
  })

  test("a whole section keeps the lines that stay", () => {
    const value: Tree = {
      type: "map",
      entries: [
        { type: "entry", key: "b", value: str("2") },
        { type: "entry", key: "c", value: str("3") },
      ],
    }
    expect(set("[s]\na = 1\nb = 0 ; x\n[t]\n", ["s"], value)).toBe("[s]\nb = 2 ; x\nc = 3\n[t]\n")
    expect(set("", ["s"], { type: "map", entries: [] })).toBe("[s]\n")
  })

  const refused: [name: string, path: Path, value: Tree][] = [
    ["a list", ["s", "a"], { type: "list", items: [] }],
    ["a null", ["s", "a"], { type: "null" }],
    ["a mapping as a value", ["s", "a"], { type: "map", entries: [] }],
    ["a value as a section", ["s"], str("x")],
    ["a path that is too deep", ["s", "a", "b"], str("x")],
    ["a position", ["s", 0], str("x")],
    ["a lone dash", ["s", "-"], str("x")],
    ["an empty key", ["s", ""], str("x")],
    ["a section with a line end", ["s\nt", "a"], str("x")],
    ["a key with a line end", ["s", "a\nb"], str("x")],
    ["the metadata", ["sops", "mac"], str("x")],
  ]
  test.each(refused)("refuses %s", (_name, path, value) => {
    expect(fault(() => set("[s]\na=1\n", path, value))).toMatchObject({ code: "NOT_PRINTABLE", exit: 4 })
  })
})

describe("unset", () => {
  const cases: { name: string; source: string; path: string[]; result: string }[] = [
    {
      name: "takes the comments right above",
      source: "[s]\n; x\n\n; y\na=1\nb=2\n",
      path: ["s", "a"],
      result: "[s]\n; x\n\nb=2\n",
    },
    {
      name: "takes all lines of a repeated key",
      source: "[s]\na=1\nb=2\na=3\n",
      path: ["s", "a"],
      result: "[s]\nb=2\n",
    },
    { name: "takes all lines of a value", source: '[s]\na="""1\n2"""\nb=2\n', path: ["s", "a"], result: "[s]\nb=2\n" },
    { name: "leaves the section of its last key", source: "[s]\na=1\n[t]\n", path: ["s", "a"], result: "[s]\n[t]\n" },
    { name: "takes a section", source: "; x\n[s]\na=1\n\n; y\n[t]\nb=2\n", path: ["s"], result: "; y\n[t]\nb=2\n" },
    {
      name: "takes the last section with the empty line above",
      source: "[s]\na=1\n\n[t]\nb=2\n",
      path: ["t"],
      result: "[s]\na=1\n",
    },
    {
      name: "leaves the metadata",
      source: "[s]\na=1\n\n[t]\nb=2\n\n[sops]\nmac=x\n",
      path: ["t"],
      result: "[s]\na=1\n\n[sops]\nmac=x\n",
    },
    {
      name: "takes the keys before the first header",
      source: "a=1\n\n[t]\nb=2\n",
      path: ["DEFAULT"],
      result: "[t]\nb=2\n",
    },
  ]
  test.each(cases)("$name", ({ source, path, result }) => expect(unset(source, path)).toBe(result))

  test.each([[["s", "x"]], [["x"]], [["x", "a"]], [["DEFAULT"]], [["sops"]], [["s", 0]], [["s", "a", "b"]]])(
    "%j is not there",
    (path: Path) => {
      expect(fault(() => unset("[s]\na=1\n[sops]\nmac=x\n", path))).toMatchObject({ code: "KEY_NOT_FOUND", exit: 1 })
    },
  )
})

test("the span of a value has its quotes; of a repeated key it is the last", () => {
  const source = "[s]\na = 1\na = 'x' ; c\n"
  const scan = ini.scan(source)
  const { start, end } = ini.valueSpan(scan, filled(scan)[0]!.item)!
  expect(source.slice(start, end)).toBe("'x'")
  expect(ini.valueSpan(scan, filled(scan)[0]!.item.parent!)).toBeNull()
})
