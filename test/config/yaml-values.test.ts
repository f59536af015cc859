import { describe, expect, test } from "vitest"
import { type ConfigValue, readOnlyDocument, readValues } from "../../src/config/yaml-values.ts"

/** The value as plain data; positions left out. */
function plain(value: ConfigValue | null): unknown {
  if (value === null) return null
  if (value.type === "scalar") return `${value.kind}:${value.canonical === "" ? value.text : value.canonical}`
  if (value.type === "list") return value.items.map(plain)
  return new Map([...value.entries].map(([key, entry]) => [key, plain(entry.value)]))
}

const map = (...pairs: [string, unknown][]) => new Map(pairs)

describe("readValues", () => {
  test.each([
    { name: "nothing", source: "", value: null },
    { name: "a comment", source: "# c\n", value: null },
    { name: "an empty document", source: "---\n", value: null },
    {
      name: "kinds",
      source: "[~, true, 0x10, 1.5, a, 'true', 2001-12-14, '']",
      value: ["null:~", "bool:True", "int:16", "float:1.5", "text:a", "text:true", "other:2001-12-14", "text:"],
    },
    { name: "YAML 1.1 words are texts", source: "[on, yes]", value: ["text:on", "text:yes"] },
    { name: "JSON", source: '{"a": ["b", 1]}', value: map(["a", ["text:b", "int:1"]]) },
    { name: "JSON with tabs", source: '{\n\t"a": "b"\n}\n', value: map(["a", "text:b"]) },
    { name: "a byte order mark", source: "\ufeffa: b\n", value: map(["a", "text:b"]) },
    { name: "CRLF", source: "a: b\r\nc: d\r\n", value: map(["a", "text:b"], ["c", "text:d"]) },
    { name: "aliases", source: "a: &x [b]\nc: *x\n", value: map(["a", ["text:b"]], ["c", ["text:b"]]) },
    { name: "a merge key", source: "<<: {a: b, c: d}\na: e\n", value: map(["a", "text:e"], ["c", "text:d"]) },
    {
      name: "merged lists: the first wins",
      source: "<<: [{a: b}, {a: c, d: e}]\n",
      value: map(["a", "text:b"], ["d", "text:e"]),
    },
    { name: "a quoted << is a key", source: '"<<": {a: b}\n', value: map(["<<", map(["a", "text:b"])]) },
    { name: "only the first document is read", source: "a: b\n---\nc: d\n", value: map(["a", "text:b"]) },
    { name: "numbers as keys", source: "1: a\n", value: map(["1", "text:a"]) },
    {
      name: "S22: names of the prototype",
      source: "__proto__: a\nconstructor: b\n",
      value: map(["__proto__", "text:a"], ["constructor", "text:b"]),
    },
  ])("$name", ({ source, value }) => expect(plain(readValues(source))).toEqual(value))

  test("places are lines and columns from 1", () => {
    const value = readValues("a:\n  - b\n  - c: d\n")
    expect(value).toMatchObject({ type: "map", at: { line: 1, column: 1 } })
    const list = value?.type === "map" ? value.entries.get("a")!.value : null
    expect(list).toMatchObject({
      type: "list",
      items: [{ at: { line: 2, column: 5 } }, { at: { line: 3, column: 5 } }],
    })
  })

  test("an anchor is kept, also through an alias", () => {
    const value = readValues("a: &x b\nc: *x\n")
    expect(value?.type === "map" && value.entries.get("c")!.value).toMatchObject({ anchor: "x", text: "b" })
  })

  test.each([
    { source: "a: b\nc: d\n'a': e\n", line: 3, problem: "duplicate key" },
    { source: "<<: {a: b}\n<<: {c: d}\n", line: 2, problem: "duplicate key" },
    { source: "a: b\n[c]: d\n", line: 2, problem: "not a text" },
    { source: "<<: b\n", line: 1, problem: "`<<`" },
    { source: "<<: {a: b, a: c}\n", line: 1, problem: "duplicate key" },
  ])("what is wrong in a mapping is kept for its reader: $problem", ({ source, line, problem }) => {
    expect(readValues(source)).toMatchObject({
      fault: { at: { line }, problem: expect.stringContaining(problem) as unknown },
    })
  })

  test("a syntax error has a line, exit status 1, and nothing of the text", () => {
    const read = () => readValues('a: b\nkey: "canary-7f3a\n')
    expect(read).toThrow(expect.objectContaining({ code: "CONFIG_INVALID", exit: 1 }) as Error)
    expect(read).not.toThrow(/canary/)
  })

  test("S21: aliases that multiply are refused", () => {
    const lines = ["l0: &l0 [x, x, x, x, x, x, x, x, x, x]"]
    for (let i = 1; i < 9; i++)
      lines.push(
        `l${i}: &l${i} [${Array(10)
          .fill(`*l${i - 1}`)
          .join(", ")}]`,
      )
    expect(() => readValues(lines.join("\n"))).toThrow(/too many values/)
  })

  test("S21: aliases that only go deeper are refused", () => {
    const lines = ["l0: &l0 [x]"]
    for (let i = 1; i < 1_000; i++) lines.push(`l${i}: &l${i} [*l${i - 1}]`)
    expect(() => readValues(lines.join("\n"))).toThrow(/too many values or levels/)
  })

  test("S21: nesting", () => expect(() => readValues("[".repeat(100_000))).toThrow(/error loading config/))
})

test("a strict config is one document", () => {
  expect(() => readOnlyDocument("a: b\n---\nc: d\n")).toThrow(/one YAML document/)
  expect(plain(readOnlyDocument("---\na: b\n---\n"))).toEqual(map(["a", "text:b"]))
})
