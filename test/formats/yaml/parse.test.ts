import { describe, expect, test } from "vitest"
import { type CommentLine, type MapNode, type YamlNode } from "../../../src/formats/yaml/scan/node.ts"
import { parseYaml } from "../../../src/formats/yaml/scan/parse.ts"

function mapOf(source: string): MapNode {
  const root = parseYaml(source).documents[0]?.root
  if (root?.type !== "map") throw new Error("the test needs a mapping")
  return root
}

function valueOf(source: string): YamlNode {
  return mapOf(source).pairs[0]!.value
}

const text = (source: string, span: { start: number; end: number } | null): string | null =>
  span === null ? null : source.slice(span.start, span.end)

const lines = (source: string, comments: readonly CommentLine[]): string[] =>
  comments.map(({ span, line }) => `${line}:${source.slice(span.start, span.end)}`)

describe("values", () => {
  test.each([
    { name: "plain over several lines", source: "a: b\n  c\n\n\n  d\n", value: "b c\n\nd" },
    { name: "plain in flow style at column 0", source: "a: [b\nc]\n", value: "b c", inList: true },
    { name: "LS stays, NEL folds", source: "a: b\u2028  c\u0085  d\n", value: "b\u2028c d" },
    { name: "single quotes", source: "a: 'it''s\n  so'\n", value: "it's so" },
    { name: "double quotes", source: 'a: "b \\\n   \\ c\\x41\\u00e9\\U0001F600\\n"\n', value: "b  cAé😀\n" },
    {
      name: "blanks before a break are dropped, escaped ones kept",
      source: 'a: "b \t\n  c\\t\n d"\n',
      value: "b c\t d",
    },
    { name: "literal", source: "a: |\n  b\n   c\n\n  d\n\n", value: "b\n c\n\nd\n" },
    { name: "literal without a last break", source: "a: |\n  b", value: "b" },
    { name: "literal with CR LF", source: "a: |\r\n  b\r\n  c\r\n", value: "b\nc\n" },
    { name: "literal with an indentation indicator", source: "a: |1-\n   b\n  c\n", value: "  b\n c" },
    { name: "folded", source: "a: >\n  b\n  c\n\n  d\n   e\n  f\n", value: "b c\nd\n e\nf\n" },
    { name: "kept", source: "a: >+\n  b\n\n\n", value: "b\n\n\n" },
  ])("$name", ({ source, value, inList }) => {
    const node = valueOf(source)
    const scalar = inList === true && node.type === "list" ? node.items[0] : node
    expect(scalar).toMatchObject({ type: "scalar", value })
  })
})

describe("places", () => {
  test("tag, anchor and content", () => {
    const source = "a: !x &y # c\n  b\n"
    const node = valueOf(source)
    expect(node).toMatchObject({ tag: "!x", shortTag: "!x", anchor: "y", line: 2, column: 2 })
    expect(text(source, node.tagSpan)).toBe("!x")
    expect(text(source, node.properties)).toBe("!x &y # c\n  ")
    expect(text(source, node.span)).toBe("b")
  })

  test("a tag without content ends the properties", () => {
    const source = "a: !!null\nb: 1\n"
    const node = valueOf(source)
    expect([text(source, node.properties), text(source, node.span), node.span.start]).toEqual(["!!null", "", 9])
  })

  test("tags mean what the directives say", () => {
    const source =
      "%TAG !e! tag:yaml.org,2002:\n%TAG !! tag:x,1:\n---\na: [!e!int 1, !!int 1, !<!!int> 1, !!i%6et 1, ! 1]\n"
    const [document] = parseYaml(source).documents
    expect(text(source, document!.directives)).toBe("%TAG !e! tag:yaml.org,2002:\n%TAG !! tag:x,1:")
    const list = mapOf(source).pairs[0]!.value
    const tags = list.type === "list" ? list.items.map(({ shortTag }) => shortTag) : []
    expect(tags).toEqual(["!!int", "tag:x,1:int", "!!int", "tag:x,1:int", ""])
  })

  test("question marks, colons and dashes", () => {
    const source = "? a\n: - b\n  - c\nd :\n- e\n"
    const { pairs } = mapOf(source)
    expect(pairs.map(({ question, colon }) => [question, colon])).toEqual([
      [0, 4],
      [-1, 18],
    ])
    expect(pairs.map(({ value }) => value.type === "list" && value.dashes)).toEqual([[6, 12], [20]])
    expect(mapOf("{a, b: }").pairs.map(({ colon, value }) => [colon, value.span.start])).toEqual([
      [-1, 2],
      [5, 6],
    ])
  })

  test("a pair without braces in a list", () => {
    const source = "a: [b: c, {d: e}]\n"
    const list = valueOf(source)
    const items = list.type === "list" ? list.items : []
    expect(items.map((item) => [text(source, item.span), item.type === "map" && item.bare])).toEqual([
      ["b: c", true],
      ["{d: e}", false],
    ])
  })

  test("collections span their content", () => {
    const source = "a:\n  b:\n    - c\n    - d: |\n        e\n\nf: [\n  g ]\n"
    const { pairs, span } = mapOf(source)
    expect(pairs.map(({ value }) => text(source, value.span))).toEqual([
      "b:\n    - c\n    - d: |\n        e",
      "[\n  g ]",
    ])
    expect(span).toEqual({ start: 0, end: source.length - 1 })
  })

  test.each([
    { source: "a: |\n  b\n", header: "|", body: "  b", indent: 2, indicator: 0, chomp: "clip" },
    { source: "a: |2- # c\n    b\n\n", header: "|2-", body: "    b", indent: 2, indicator: 2, chomp: "strip" },
    { source: "a:\n  b: >+1\n    c\n\n", header: ">+1", body: "    c\n", indent: 3, indicator: 1, chomp: "keep" },
    { source: "a: |\nb: 1\n", header: "|", body: "", indent: 1, indicator: 0, chomp: "clip" },
  ])("the layout of a block: $header", ({ source, header, body, ...rest }) => {
    const outer = valueOf(source)
    const node = outer.type === "map" ? outer.pairs[0]!.value : outer
    const block = node.type === "scalar" ? node.block : null
    expect(block).toMatchObject(rest)
    expect(text(source, block!.header)).toBe(header)
    expect(text(source, block!.body)).toBe(body)
  })

  test("documents", () => {
    const source = "# c\n\n# d\na: 1\n# e\n...\n# f\n---\n---  \nb: 2\n"
    const { documents } = parseYaml(source)
    expect(documents.map(({ span }) => text(source, span))).toEqual([
      "# c\n\n# d\na: 1\n# e\n...",
      "\n# f\n---\n",
      "---  \nb: 2\n",
    ])
    expect(documents.map(({ start, end }) => [text(source, start), text(source, end)])).toEqual([
      [null, "..."],
      ["---", null],
      ["---", null],
    ])
    expect(documents.map(({ root }) => root?.type)).toEqual(["map", undefined, "map"])
    expect(lines(source, documents[0]!.head)).toEqual(["1: c"])
    expect(lines(source, documents[0]!.foot)).toEqual(["5: e"])
  })
})

describe("comments go where go-yaml puts them", () => {
  const source = "# a\nb: # c\n  # d\n  e: f # g\n  # h\n\n# i\nj: [k] # l\n# m\n"
  const root = mapOf(source)
  const [b, j] = root.pairs

  test("heads, lines and feet", () => {
    expect(lines(source, b!.key.head)).toEqual(["1: a"])
    expect(lines(source, b!.key.inline)).toEqual(["2: c"])
    const inner = b!.value.type === "map" ? b!.value.pairs[0]! : undefined
    expect(lines(source, inner!.key.head)).toEqual(["3: d"])
    expect(lines(source, inner!.value.inline)).toEqual(["4: g"])
    expect(lines(source, inner!.key.foot)).toEqual(["5: h"])
    expect(lines(source, j!.key.head)).toEqual(["7: i"])
    expect(lines(source, j!.value.inline)).toEqual(["8: l"])
  })

  test("a comment before a dash goes to the block after it", () => {
    const list = "a:\n  - x\n  # b\n  - c: 1\n"
    const value = valueOf(list)
    expect(value.type === "list" && lines(list, value.items[1]!.head)).toEqual(["3: b"])
  })

  test("one after an opening bracket is lost", () => {
    const flow = "a: [ # b\n  c]\n"
    const value = valueOf(flow)
    expect([value.head, value.inline, value.foot]).toEqual([[], [], []])
  })
})
