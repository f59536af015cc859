import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { splice } from "../../../src/core/splice.ts"
import { type Tree } from "../../../src/core/tree.ts"
import { AppError } from "../../../src/errors/app-error.ts"
import { yaml } from "../../../src/formats/yaml/yaml.ts"
import { runs } from "../../laws/runs.ts"
import { modelOf, modelOfTree, modelSet, modelUnset, pathsOf } from "./model-of.ts"
import { yamlText } from "./yaml-text.ts"

type Path = (string | number)[]

/** JSON data as a tree. */
function tree(value: unknown): Tree {
  if (value === null) return { type: "null" }
  if (Array.isArray(value)) return { type: "list", items: value.map(tree) }
  if (typeof value === "object") {
    const entries = Object.entries(value).map(([key, inner]) => ({ type: "entry" as const, key, value: tree(inner) }))
    return { type: "map", entries }
  }
  if (typeof value === "string") return { type: "scalar", scalar: { kind: "str", bytes: Buffer.from(value) } }
  if (typeof value === "number") return { type: "scalar", scalar: { kind: "int", bytes: Buffer.from(`${value}`) } }
  return { type: "scalar", scalar: { kind: "bool", bytes: Buffer.from(value === true ? "True" : "False") } }
}

function codeOf(work: () => unknown): string {
  try {
    work()
    return "none"
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return error.code
  }
}

const sets: { name: string; text: string; path: Path; value: unknown; result: string }[] = [
  { name: "plain stays plain", text: "a: 1 # c\n", path: ["a"], value: "x", result: "a: x # c\n" },
  { name: "quotes where they are needed", text: "a: x\n", path: ["a"], value: "31", result: 'a: "31"\n' },
  { name: "quotes stay", text: "a: 'x'\nb: \"y\"\n", path: ["a"], value: "31", result: "a: '31'\nb: \"y\"\n" },
  { name: "a number leaves its quotes", text: 'a: "x"\n', path: ["a"], value: 31, result: "a: 31\n" },
  {
    name: "a block stays for lines",
    text: "a: |\n   x\nb: 1\n",
    path: ["a"],
    value: "p\nq\n",
    result: "a: |\n   p\n   q\nb: 1\n",
  },
  { name: "and goes without them", text: "a: | # c\n  x\nb: 1\n", path: ["a"], value: "p", result: "a: p # c\nb: 1\n" },
  {
    name: "lines in a plain place",
    text: "m:\n  a: x\n",
    path: ["m", "a"],
    value: "p\nq\n",
    result: "m:\n  a: |\n    p\n    q\n",
  },
  { name: "no value yet", text: "a:\nb: 1\n", path: ["a"], value: "x", result: "a: x\nb: 1\n" },
  { name: "no value yet, with a comment", text: "a: # c\nb: 1\n", path: ["a"], value: "x", result: "a: x # c\nb: 1\n" },
  { name: "a core tag goes", text: "a: !!int 5\n", path: ["a"], value: "x", result: "a: x\n" },
  { name: "an anchor stays", text: "a: &a x\nb: *a\n", path: ["a"], value: "z", result: "a: &a z\nb: *a\n" },
  { name: "an alias goes", text: "a: &a x\nb: *a\n", path: ["b"], value: "z", result: "a: &a x\nb: z\n" },
  {
    name: "below an alias, which is written out",
    text: "a: &a {x: 1, y: 0x1F}\nb: *a # c\n",
    path: ["b", "x"],
    value: "z",
    result: "a: &a {x: 1, y: 0x1F}\nb: {x: z, y: 0x1F} # c\n",
  },
  {
    name: "below a merge key",
    text: "a: &a\n  x: |\n    1\nb:\n  <<: *a\n  y: 2\n",
    path: ["b", "<<", "new"],
    value: "z",
    result: 'a: &a\n  x: |\n    1\nb:\n  <<: {x: "1\\n", new: "z"}\n  y: 2\n',
  },
  {
    name: "below one of several merges",
    text: "a: &a {x: 1}\nb: &b {x: 2}\nc: {<<: [*a, *b]}\n",
    path: ["c", "<<", 1, "x"],
    value: "z",
    result: "a: &a {x: 1}\nb: &b {x: 2}\nc: {<<: [*a, {x: z}]}\n",
  },
  {
    name: "below a merge within a merge",
    text: "a: &a {x: 1}\nb: &b\n  <<: *a\nc:\n  <<: *b\n",
    path: ["c", "<<", "<<", "x"],
    value: "z",
    result: "a: &a {x: 1}\nb: &b\n  <<: *a\nc:\n  <<: {<<: {x: z}}\n",
  },
  {
    name: "a name that only a merge gives",
    text: "a: &a {x: 1}\nb:\n  <<: *a\n",
    path: ["b", "x"],
    value: "z",
    result: "a: &a {x: 1}\nb:\n  <<: *a\n  x: z\n",
  },
  {
    name: "a new key, indented as its neighbours",
    text: "m:\n   a: 1\n\nn: 2\n",
    path: ["m", "b"],
    value: "x",
    result: "m:\n   a: 1\n   b: x\n\nn: 2\n",
  },
  {
    name: "a new key, quoted as its neighbours",
    text: "a: 'x'\n",
    path: ["b"],
    value: "z",
    result: "a: 'x'\nb: 'z'\n",
  },
  { name: "no final line end", text: "a: 1", path: ["b"], value: "x\ny", result: "a: 1\nb: |-\n    x\n    y" },
  { name: "CRLF", text: "a: 1\r\n", path: ["b"], value: "x\ny\n", result: "a: 1\r\nb: |\r\n    x\r\n    y\r\n" },
  {
    name: "a block without a line end keeps its text",
    text: "a: |\n  x",
    path: ["b"],
    value: 1,
    result: "a: |-\n  x\nb: 1",
  },
  {
    name: "new structure",
    text: "m:\n  a: 1\n",
    path: ["m", "b", "c", 0],
    value: "x",
    result: "m:\n  a: 1\n  b:\n    c:\n      - x\n",
  },
  {
    name: "lists as this file indents them",
    text: "l:\n- a\n",
    path: ["m"],
    value: ["x", { k: 1, l: [2] }],
    result: "l:\n- a\nm:\n- x\n- k: 1\n  l:\n  - 2\n",
  },
  { name: "an element", text: "l:\n  - a # c\n  - b\n", path: ["l", 0], value: "x", result: "l:\n  - x # c\n  - b\n" },
  {
    name: "one more element",
    text: "l:\n  - a\n# c\nm: 1\n",
    path: ["l", 9],
    value: { k: "x" },
    result: "l:\n  - a\n  - k: x\n# c\nm: 1\n",
  },
  {
    name: "a scalar in the way",
    text: "a: x # c\nb: 1\n",
    path: ["a", "b"],
    value: "z",
    result: "a: # c\n    b: z\nb: 1\n",
  },
  {
    name: "a mapping for a scalar",
    text: "a: x\nb: 1\n",
    path: ["a"],
    value: { c: 1 },
    result: "a:\n    c: 1\nb: 1\n",
  },
  {
    name: "a scalar for a mapping",
    text: "a: # c\n  b: 1\n  # d\n  c: 2\ne: 3\n",
    path: ["a"],
    value: 5,
    result: "a: 5 # c\ne: 3\n",
  },
  {
    name: "a block whose header changes keeps its comment",
    text: "a: | # c\n  x\nb: 1\n",
    path: ["a"],
    value: "p\nq",
    result: "a: |- # c\n  p\n  q\nb: 1\n",
  },
  {
    name: "so does one that no block can hold",
    text: "a: |- # c\n  x\nb: 1\n",
    path: ["a"],
    value: "\u0007\nq",
    result: 'a: "\\a\\nq" # c\nb: 1\n',
  },
  {
    name: "lines for an empty block",
    text: "a: |\nb: 1\n",
    path: ["a"],
    value: "x\ny",
    result: "a: |-\n    x\n    y\nb: 1\n",
  },
  {
    name: "lines for an empty block with a comment",
    text: "a: |2 # c\n\nb: 1\n",
    path: ["a"],
    value: "x\ny",
    result: 'a: "x\\ny" # c\n\nb: 1\n',
  },
  { name: "a word for such a block", text: "a: >- # c\nb: 1\n", path: ["a"], value: "x", result: "a: x # c\nb: 1\n" },
  { name: "flow", text: "a: {b: 1, c: [x]}\n", path: ["a", "d"], value: ["z"], result: "a: {b: 1, c: [x], d: [z]}\n" },
  { name: "flow, as JSON", text: '{"a": "x"}\n', path: ["b"], value: "z", result: '{"a": "x", "b": "z"}\n' },
  { name: "flow on lines", text: "{\n  a: 1 # c\n}\n", path: ["b"], value: "x", result: "{\n  a: 1, # c\n  b: x\n}\n" },
  {
    name: "flow on lines with a last comma",
    text: "l: [\n  a,\n]\n",
    path: ["l", 1],
    value: "x",
    result: "l: [\n  a,\n  x,\n]\n",
  },
  { name: "a bare pair in a list", text: "l: [a: 1]\n", path: ["l", 0, "b"], value: 2, result: "l: [{a: 1, b: 2}]\n" },
  {
    name: "into an empty mapping",
    text: "a: {} # c\nb: 1\n",
    path: ["a", "k"],
    value: 1,
    result: "a: # c\n    k: 1\nb: 1\n",
  },
  { name: "into an empty list", text: "m:\n  a: []\n", path: ["m", "a", 0], value: "x", result: "m:\n  a:\n    - x\n" },
  { name: "into an empty root", text: "{}\n", path: ["a"], value: 1, result: "a: 1\n" },
  { name: "into an empty document", text: "---\n# c\n", path: ["a"], value: 1, result: "---\n# c\na: 1\n" },
  { name: "the first document", text: "a: 1\n---\na: 2\n", path: ["b"], value: 3, result: "a: 1\nb: 3\n---\na: 2\n" },
  { name: "a key that needs quotes", text: "a: 1\n", path: ["on"], value: true, result: 'a: 1\n"on": true\n' },
  { name: "a merge key is a key", text: "a: 1\n", path: ["<<"], value: {}, result: 'a: 1\n"<<": {}\n' },
]

const unsets: { name: string; text: string; path: Path; result: string }[] = [
  {
    name: "below a merge key",
    text: "a: &a {x: 1, y: 2}\nb:\n  <<: *a\n",
    path: ["b", "<<", "x"],
    result: "a: &a {x: 1, y: 2}\nb:\n  <<: {y: 2}\n",
  },
  {
    name: "its lines and its comments",
    text: "a: 1\n\n# of b\n# too\nb: 2 # this\n# of c\nc: 3\n",
    path: ["b"],
    result: "a: 1\n\n# of c\nc: 3\n",
  },
  {
    name: "a whole block",
    text: "a:\n  b: |\n    x\n\n  c: 1\nd: 2\n",
    path: ["a", "b"],
    result: "a:\n\n  c: 1\nd: 2\n",
  },
  { name: "the last key", text: "m: # c\n  a: 1\nn: 2\n", path: ["m", "a"], result: "m: {} # c\nn: 2\n" },
  {
    name: "the last key of an anchored mapping",
    text: "m: &m\n  a: 1\nn: *m\n",
    path: ["m", "a"],
    result: "m: &m {}\nn: *m\n",
  },
  { name: "the last element", text: "l:\n- a\nm: 1\n", path: ["l", 0], result: "l: []\nm: 1\n" },
  { name: "the last key of the root", text: "# c\n\na: 1\n", path: ["a"], result: "# c\n\n{}\n" },
  {
    name: "the first key of an element",
    text: "l:\n  - a: 1\n    b: 2\n",
    path: ["l", 0, "a"],
    result: "l:\n  - b: 2\n",
  },
  {
    name: "the only key of an element",
    text: "l:\n  - a: 1\n  - b\n",
    path: ["l", 0, "a"],
    result: "l:\n  - {}\n  - b\n",
  },
  { name: "an element", text: "l:\n  - a\n  # of b\n  - b\n  - c\n", path: ["l", 1], result: "l:\n  - a\n  - c\n" },
  { name: "a list in a list", text: "l:\n- - a\n  - b\n", path: ["l", 0, 0], result: "l:\n- - b\n" },
  { name: "without a final line end", text: "a: 1\nb: 2", path: ["b"], result: "a: 1" },
  {
    name: "the last one of a list with a tag, an anchor and comments",
    text: "a: !t # c\n  &b # d\n  # e\n  - x\nz: 1\n",
    path: ["a", 0],
    result: "a: !t # c\n  &b [] # d\nz: 1\n",
  },
  { name: "a block above keeps its line end", text: "a: |\n  x\nb: 2", path: ["b"], result: "a: |\n  x\n" },
  {
    name: "nor must a line of blanks",
    text: "a: |-\n x\nb: 2\n   \nc: 3\n",
    path: ["b"],
    result: "a: |-\n x\nc: 3\n",
  },
  {
    name: "a comment must not fall into a block",
    text: "a: |\n  x\nb: 2\n  # c\n",
    path: ["b"],
    result: "a: |\n  x\n# c\n",
  },
  { name: "flow", text: "a: {b: 1, c: 2, d: 3}\n", path: ["a", "c"], result: "a: {b: 1, d: 3}\n" },
  { name: "flow, last", text: "a: [x, y]\n", path: ["a", 1], result: "a: [x]\n" },
  { name: "flow, only", text: "a: [ x, ]\n", path: ["a", 0], result: "a: [  ]\n" },
  { name: "flow on lines", text: "{\n  a: 1,\n  # of b\n  b: 2\n}\n", path: ["b"], result: "{\n  a: 1\n}\n" },
  { name: "the first of two equal keys", text: "a: 1\n---\nb: 1\n", path: ["a"], result: "{}\n---\nb: 1\n" },
]

describe("set", () => {
  test.each(sets)("$name", ({ text, path, value, result }) => {
    const scan = yaml.scan(text)
    expect(splice(text, yaml.set(scan, path, tree(value)))).toBe(result)
    const wanted = modelSet(modelOf(scan), path, modelOfTree(tree(value)))
    if (scan.aliases.length === 0) expect(modelOf(yaml.scan(result))).toEqual(wanted)
  })

  test.each<{ text: string; path: Path }>([
    { text: "a: {b: 1}\n", path: ["a", 0] },
    { text: "a: [1]\n", path: ["a", "b"] },
    { text: "a: [1]\n", path: ["a", -1] },
    { text: "a: 1\n", path: [] },
  ])("$path in $text is refused", ({ text, path }) => {
    expect(codeOf(() => yaml.set(yaml.scan(text), path, tree(1)))).toBe("KEY_NOT_FOUND")
  })
})

describe("unset", () => {
  test.each(unsets)("$name", ({ text, path, result }) => {
    const scan = yaml.scan(text)
    expect(splice(text, yaml.unset(scan, path))).toBe(result)
    if (scan.aliases.length === 0) expect(modelOf(yaml.scan(result))).toEqual(modelUnset(modelOf(scan), path))
  })

  test.each<{ text: string; path: Path }>([
    { text: "a: 1\n", path: ["b"] },
    { text: "a: 1\n", path: ["a", "b"] },
    { text: "a: [1]\n", path: ["a", 1] },
    { text: "a: [1]\n", path: ["a", "b"] },
    { text: "a: {b: 1}\n", path: ["a", 0] },
    { text: "a: 1\n", path: [] },
  ])("$path in $text is refused", ({ text, path }) => {
    expect(codeOf(() => yaml.unset(yaml.scan(text), path))).toBe("KEY_NOT_FOUND")
  })
})

describe("laws", () => {
  const leaf = fc.constantFrom<unknown>(
    "x",
    "two\nlines",
    "31",
    "",
    "'q",
    "a: b",
    "a\n\n",
    " lead\nb",
    "\ttab\nx",
    5,
    null,
    true,
  )
  const value = fc.letrec<{ node: unknown }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 2 },
      leaf,
      fc.dictionary(fc.constantFrom("p", "q", "on", "a b"), tie("node"), { maxKeys: 3 }),
      fc.array(tie("node"), { maxLength: 3 }),
    ),
  })).node
  const below = fc.constantFrom<Path>([], [], ["fresh"], [9], ["n1", "n2"], [7, "k"], ["k", 0], [3, 3])

  test("set does to any text what upstream does to its data", () => {
    const law = fc.property(yamlText, value, fc.nat(1000), below, (text, data, pick, rest) => {
      const scan = yaml.scan(text)
      const model = modelOf(scan)
      const paths: Path[] = [[], ...pathsOf(model)]
      const path = [...paths[pick % paths.length]!, ...rest]
      const code = codeOf(() => yaml.set(scan, path, tree(data)))
      fc.pre(code === "none")
      const result = splice(text, yaml.set(scan, path, tree(data)))
      expect(modelOf(yaml.scan(result))).toEqual(modelSet(model, path, modelOfTree(tree(data))))
    })
    fc.assert(law, runs)
  })

  test("unset removes one entry from any text", () => {
    const law = fc.property(yamlText, fc.nat(1000), (text, pick) => {
      const scan = yaml.scan(text)
      const model = modelOf(scan)
      const paths = pathsOf(model)
      fc.pre(paths.length > 0)
      const path = paths[pick % paths.length]!
      expect(modelOf(yaml.scan(splice(text, yaml.unset(scan, path))))).toEqual(modelUnset(model, path))
    })
    fc.assert(law, runs)
  })
})
