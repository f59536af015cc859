import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { parseDocument } from "yaml"
import { YamlText } from "../../src/config/edit-yaml.ts"
import { newSopsrc } from "../../src/config/edit-sopsrc.ts"
import { readOnlyDocument } from "../../src/config/yaml-values.ts"
import { AppError } from "../../src/errors/app-error.ts"

describe("what is changed, and what stays", () => {
  const removed = [
    {
      name: "the first entry, with what is behind it",
      path: ["r", "a"],
      text: "r:\n  a: 1   # one\n  b: 2\n",
      is: "r:\n  b: 2\n",
    },
    {
      name: "an entry and the comment above it",
      path: ["r", "b"],
      text: "r:\n  a: 1\n  # two\n  b: 2\n\nx: y\n",
      is: "r:\n  a: 1\n\nx: y\n",
    },
    {
      name: "the last entry, without an end of line",
      path: ["r", "b"],
      text: "r:\n  a: 1\n  b: 2",
      is: "r:\n  a: 1\n",
    },
    { name: "the only entry", path: ["r", "a"], text: "r: # all\n  a: 1\nx: y\n", is: "r: {} # all\nx: y\n" },
    { name: "the only item", path: ["r", 0], text: "r:\n- a\nx: y\n", is: "r: []\nx: y\n" },
    { name: "the first item, not indented", path: ["r", 0], text: "r:\n- a\n- b # b\n", is: "r:\n- b # b\n" },
    { name: "a mapping in a list", path: ["r", 0], text: "r:\n  - a: 1\n    b: 2\n  - c: 3\n", is: "r:\n  - c: 3\n" },
    { name: "the last of a padded list", path: ["r", 1], text: "r: [ a, b ] # x\n", is: "r: [ a ] # x\n" },
    {
      name: "the first of a list in lines",
      path: ["r", 0],
      text: "r: [\n  a, # a\n  b # b\n]\n",
      is: "r: [\n  b # b\n]\n",
    },
    { name: "one before a last comma", path: ["r", 1], text: "r: [a, b,]\n", is: "r: [a,]\n" },
    { name: "an entry in braces", path: ["r", "a"], text: "r: {a: 1, 'b': 2}\n", is: "r: {'b': 2}\n" },
    { name: "a key in quotes", path: ["r", "b"], text: "r: {a: 1, 'b': 2}\n", is: "r: {a: 1}\n" },
    { name: "a key that YAML 1.1 takes for yes", path: ["r", "y"], text: "r:\n  y: 1\n  n: 2\n", is: "r:\n  n: 2\n" },
    {
      name: "CRLF and a byte order mark",
      path: ["r", "a"],
      text: "\uFEFFr:\r\n  a: 1\r\n  b: 2\r\n",
      is: "\uFEFFr:\r\n  b: 2\r\n",
    },
  ]
  test.each(removed)("without $name", ({ text, path, is }) => expect(new YamlText(text).remove(path)).toBe(is))

  const appended = [
    { name: "a list", text: "r:\n  - a # a\n\n# end\n", is: "r:\n  - a # a\n  - new\n\n# end\n" },
    { name: "a list that is not indented, without an end of line", text: "r:\n- a\n- b", is: "r:\n- a\n- b\n- new\n" },
    { name: "an empty one", text: "r: []\n", is: "r: [new]\n" },
    { name: "one with a last comma", text: "r: [a,]\n", is: "r: [a, new]\n" },
    { name: "a padded one", text: "r: [ a ]   # x\n", is: "r: [ a, new ]   # x\n" },
    { name: "one in lines", text: "r: [\n    a # a\n  ]\n", is: "r: [\n    a, # a\n    new\n  ]\n" },
    { name: "CRLF", text: "r:\r\n  - a\r\n", is: "r:\r\n  - a\r\n  - new\r\n" },
    { name: "an anchor's list", text: "r: &t [a]\ns: *t\n", is: "r: &t [a, new]\ns: *t\n" },
  ]
  test.each(appended)("one more in $name", ({ text, is }) => expect(new YamlText(text).append(["r"], "new")).toBe(is))

  const added = [
    { name: "in a mapping", text: "r:\n    a: 1 # a\n\nx: y\n", is: "r:\n    a: 1 # a\n    new: it\n\nx: y\n" },
    { name: "in braces", text: "r: { a: 1 }\n", is: "r: { a: 1, new: it }\n" },
    { name: "in empty braces", text: "r: {}\n", is: "r: {new: it}\n" },
    { name: "where the mapping is not there", text: "x: y\n# end\n", is: "x: y\nr:\n  new: it\n# end\n" },
    { name: "below a nested one", text: "r:\n  a:\n    - x\n    - y\n", is: "r:\n  a:\n    - x\n    - y\n  new: it\n" },
  ]
  test.each(added)("a new entry $name", ({ text, is }) => expect(new YamlText(text).add(["r", "new"], "it")).toBe(is))

  const single = [
    { name: "in quotes", text: "r: 'a'  # a\n", is: "r:  # a\n  - 'a'\n  - new\n" },
    { name: "in braces", text: "{r: a, s: b}\n", is: "{r: [a, new], s: b}\n" },
    { name: "with an anchor", text: "r: &x a\n", is: "r: &x\n  - a\n  - new\n" },
  ]
  test.each(single)("a second one beside one $name", ({ text, is }) => {
    expect(new YamlText(text).addToSingle(["r"], "new")).toBe(is)
  })

  const refused = [
    { name: "an alias", work: () => new YamlText("r: &t [a]\ns: *t\n").remove(["s", 0]) },
    { name: "what is merged in", work: () => new YamlText("x: &x {a: [1]}\nr:\n  <<: *x\n").append(["r", "a"], "new") },
    { name: "a block of text", work: () => new YamlText("r: |\n  a\n").addToSingle(["r"], "new") },
    { name: "two documents", work: () => new YamlText("r: 1\n---\nr: 2\n").remove(["r"]) },
    { name: "what is no YAML", work: () => new YamlText("r: [a\n").append(["r"], "new") },
    { name: "an entry of a list", work: () => new YamlText("r: [a]\n").add(["r", "new"], "it") },
  ]
  test.each(refused)("refused: $name", ({ work }) => {
    expect(work).toThrow(AppError)
    expect(work).toThrow(expect.objectContaining({ code: "CONFIG_BY_HAND" }))
  })
})

const texts = [
  "bob",
  "yes",
  "1e3",
  "~",
  "a: b",
  "#c",
  "x #y",
  "[z]",
  "it's",
  "1_000",
  "0o7",
  "12:30",
  "é",
  "a,b",
  "- x",
  "@me",
]

test.each(texts)("%s is read as that text, wherever it is put", (text) => {
  for (const source of ["r:\n  - a\n", "r: [a]\n", "r: [\n  a\n]\n"]) {
    const root = readOnlyDocument(new YamlText(source).append(["r"], text))
    expect(root).toMatchObject({ type: "map" })
    const list = root?.type === "map" ? root.entries.get("r")?.value : undefined
    expect(list).toMatchObject({ type: "list", items: [{ text: "a" }, { kind: "text", text }] })
  }
  for (const source of ["r:\n  a: b\n", "r: {a: b}\n"]) {
    const root = readOnlyDocument(new YamlText(source).add(["r", text], text))
    const map = root?.type === "map" ? root.entries.get("r")?.value : undefined
    expect(map?.type === "map" ? map.entries.get(text)?.value : undefined).toMatchObject({ kind: "text", text })
  }
})

test("whatever is added can be taken away again, and the rest is the same data", () => {
  const name = fc.stringMatching(/^[a-z][a-z ._-]{0,8}[a-z]$/)
  const layout = fc.record({ flow: fc.boolean(), indentSeq: fc.boolean(), comment: fc.boolean() })
  fc.assert(
    fc.property(
      fc.uniqueArray(name, { minLength: 1, maxLength: 4 }),
      name,
      layout,
      (names, added, { flow, indentSeq, comment }) => {
        fc.pre(!names.includes(added))
        const document = parseDocument(comment ? "# top\nr: []\n# end\n" : "r: []\n")
        const list = document.createNode(names)
        list.flow = flow
        document.set("r", list)
        const source = document.toString({ indentSeq, lineWidth: 0 })
        const more = new YamlText(source).append(["r"], added)
        expect(parseDocument(more).toJS()).toEqual({ r: [...names, added] })
        expect(new YamlText(more).remove(["r", names.length])).toBe(source)
        expect(parseDocument(new YamlText(more).remove(["r", 0])).toJS()).toEqual({ r: [...names.slice(1), added] })
      },
    ),
  )
})

test("a new config is what people would write", () => {
  expect(
    newSopsrc([
      ["anna", "age1x"],
      ["bob-2", "ssh-ed25519 AAAA c: d"],
    ]),
  ).toBe(`# Who can open which file, and what in it is sealed: docs/configuration.md of sotto explains every setting.
version: 1

recipients:
  anna: age1x
  bob-2: "ssh-ed25519 AAAA c: d"

rules:
  # The first rule that matches a file is used.
  - path: "*"
    recipients: [anna, bob-2]
`)
})
