import { describe, expect, test } from "vitest"
import { utf8 } from "../../../src/core/text.ts"
import { type CommentEntry, type MapTree, type Tree } from "../../../src/core/tree.ts"
import { ini } from "../../../src/formats/ini/ini.ts"
import { fault, str } from "./support.ts"

function map(entries: Readonly<Record<string, Tree>>): MapTree {
  return { type: "map", entries: Object.entries(entries).map(([key, value]) => ({ type: "entry", key, value })) }
}

function comment(text: string): CommentEntry {
  return { type: "comment", text: utf8.encode(text), inline: false }
}

describe("emit prints as upstream", () => {
  test("delimiters are aligned by bytes, sections divided, the first DEFAULT has no header", () => {
    const tree = map({ DEFAULT: map({ a: str("1") }), s: map({ é: str("2"), long: str("") }), DEFAULT2: map({}) })
    expect(ini.emit([tree], {})).toBe("a = 1\n\n[s]\né   = 2\nlong = \n\n[DEFAULT2]\n")
  })

  test("an empty DEFAULT at the start is silent, later ones are not", () => {
    expect(ini.emit([map({ default: map({}), s: map({}) })], {})).toBe("[s]\n")
    expect(ini.emit([map({ s: map({}), DEFAULT: map({}) })], {})).toBe("[s]\n\n[DEFAULT]\n")
  })

  test("it keeps the first comment of a section and the last after a key", () => {
    const entries: MapTree["entries"] = [
      comment(" a\n#b"),
      comment("lost"),
      { type: "entry", key: "k", value: str("1") },
      comment("lost"),
      comment(" c "),
    ]
    const tree: Tree = {
      type: "map",
      entries: [comment("lost"), { type: "entry", key: "s", value: { type: "map", entries } }],
    }
    expect(ini.emit([tree], {})).toBe(";  a\n# b\n[s]\n; c\nk = 1\n")
  })

  test("keys with delimiters and quotes", () => {
    const tree = map({ s: map({ "a=b": str("1"), 'q"': str("2"), "`": str("3"), "#1": str("4") }) })
    expect(ini.emit([tree], {})).toBe('[s]\n`a=b`   = 1\n`q"`    = 2\n"""`""" = 3\n#1      = 4\n')
  })

  const refused: [name: string, tree: Tree][] = [
    ["a value at the root", map({ a: str("1") })],
    ["a list in a section", map({ s: map({ a: { type: "list", items: [] } }) })],
    ["a mapping in a section", map({ s: map({ a: map({}) }) })],
    ["a null", map({ s: map({ a: { type: "null" } }) })],
    ["a list as the root", { type: "list", items: [] }],
  ]
  test.each(refused)("refuses %s", (_name, tree) => {
    expect(fault(() => ini.emit([tree], {}))).toMatchObject({ code: "NOT_PRINTABLE", exit: 4 })
  })
})

describe("emitValue", () => {
  const cases: [name: string, value: Tree, text: string][] = [
    ["text as it is", str('a "b"'), 'a "b"'],
    ["a list as JSON", { type: "list", items: [str("<a>"), { type: "null" }] }, '["\\u003ca\\u003e",null]'],
    ["a bool", { type: "scalar", scalar: { kind: "bool", bytes: utf8.encode("True") } }, "true"],
    ["a mapping of mappings as a document", map({ s: map({ a: str("1") }) }), "[s]\na = 1\n"],
  ]
  test.each(cases)("%s", (_name, value, text) => expect(ini.emitValue(value, {})).toBe(text))

  test("a section alone is not a document", () => {
    expect(fault(() => ini.emitValue(map({ a: str("1") }), {}))).toMatchObject({ code: "NOT_PRINTABLE", exit: 4 })
  })
})
