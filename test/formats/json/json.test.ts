import { readFileSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { limits } from "../../../src/core/limits.ts"
import { fullPath } from "../../../src/core/site.ts"
import { splice } from "../../../src/core/splice.ts"
import { utf8 } from "../../../src/core/text.ts"
import { type Tree } from "../../../src/core/tree.ts"
import { AppError } from "../../../src/errors/app-error.ts"
import { json } from "../../../src/formats/json/json.ts"

const oracle = (name: string): unknown[] =>
  readFileSync(new URL(`../../../fixtures/oracle/${name}`, import.meta.url), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown)

const str = (text: string): Tree => ({ type: "scalar", scalar: { kind: "str", bytes: utf8.encode(text) } })
const int = (text: string): Tree => ({ type: "scalar", scalar: { kind: "int", bytes: utf8.encode(text) } })
const float = (text: string): Tree => ({ type: "scalar", scalar: { kind: "float", bytes: utf8.encode(text) } })
const map = (entries: Record<string, Tree>): Tree => ({
  type: "map",
  entries: Object.entries(entries).map(([key, value]) => ({ type: "entry", key, value })),
})

function read(source: string): { path: string; kind: string; text: string | null; line: number }[] {
  return json.scan(source).sites.map(({ item, kind, scalar, line }) => ({
    path: fullPath(item).join("."),
    kind,
    text: scalar === null ? null : utf8.decode(scalar.bytes),
    line,
  }))
}

function nested(levels: number): string {
  return `{"a":${"[".repeat(levels - 1)}1${"]".repeat(levels - 1)}}`
}

function fault(work: () => unknown): { code: string; line?: number | undefined; column?: number | undefined } {
  try {
    work()
  } catch (error) {
    if (error instanceof AppError) return { code: error.code, line: error.where.line, column: error.where.column }
    throw error
  }
  return { code: "none" }
}

describe("scan", () => {
  const rows = oracle("scalars-json.jsonl") as { lexeme: string; kind: string; text?: string }[]
  test.each(rows)("resolves $lexeme as sops does", ({ lexeme, kind, text }) => {
    const source = `{"k": ${lexeme}}`
    if (kind === "error") expect(fault(() => json.scan(source)).code).not.toBe("none")
    else if (lexeme === "[1]" || lexeme === '{"a":1}') expect(read(source)).toMatchObject([{ kind: "int", text: "1" }])
    else expect(read(source)).toMatchObject([{ path: "k", kind, text: text ?? (kind === "str" ? "" : null) }])
  })

  test("finds every value, null, empty object and empty list, in order", () => {
    const source = '{"a":\n{"b":["x",{"c":null},[]]},\n\n"d": {}, "a": 1}'
    expect(read(source)).toEqual([
      { path: "a.b.0", kind: "str", text: "x", line: 2 },
      { path: "a.b.1.c", kind: "null", text: null, line: 2 },
      { path: "a.b.2", kind: "list", text: null, line: 2 },
      { path: "d", kind: "map", text: null, line: 4 },
      { path: "a", kind: "int", text: "1", line: 4 },
    ])
  })

  const strings = [
    { source: String.raw`"\ud800"`, text: "\uFFFD" },
    { source: String.raw`"\ud800x\udc00\ud83d\ude00"`, text: "\uFFFDx\uFFFD😀" },
    { source: String.raw`"\ud800\u0041"`, text: "\uFFFDA" },
    { source: String.raw`"\u00E9\"\\\/\b\f\n\r\t"`, text: 'é"\\/\b\f\n\r\t' },
    { source: '"\u007f\u2028"', text: "\u007f\u2028" },
    { source: String.raw`"\u0045NC[x]"`, text: "ENC[x]" },
    { source: String.raw`"\\u0041"`, text: "\\u0041" },
  ]
  test.each(strings)("$source is read as Go reads it", ({ source, text }) => {
    expect(read(`{"k":${source}}`)).toMatchObject([{ text }])
    expect(json.scan(`{${source}:1}`).sites[0]?.item.key).toBe(text)
  })

  // What Go's decoder says "invalid character" or "unexpected EOF" to; columns count from 1.
  const refused = [
    { source: "", column: 1 },
    { source: " \n ", line: 2, column: 2 },
    { source: "x", column: 1 },
    { source: '{"a" "b"}', column: 6 },
    { source: '{"a":1,}', column: 8 },
    { source: '{,"a":1}', column: 2 },
    { source: '{"a":1 "b":2}', column: 8 },
    { source: '{"a":[1,]}', column: 9 },
    { source: '{"a":[,1]}', column: 7 },
    { source: '{"a":[1 2]}', column: 9 },
    { source: '{"a":[1}]', column: 8 },
    { source: '{"a":{]}', column: 7 },
    { source: "{1:2}", column: 2 },
    { source: "{null:2}", column: 2 },
    { source: '{"a":01}', column: 7 },
    { source: '{"a":1e}', column: 8 },
    { source: '{"a":-}', column: 7 },
    { source: '{"a":1.}', column: 8 },
    { source: '{"a":.5}', column: 6 },
    { source: '{"a":+1}', column: 6 },
    { source: '{"a":tru}', column: 6 },
    { source: '{"a":truex}', column: 10 },
    { source: '{"a":}', column: 6 },
    { source: '{"a"::1}', column: 6 },
    { source: '{"a":1:2}', column: 7 },
    { source: '{"a":1e400}', column: 11 },
    { source: '{"a":"x\ny"}', column: 8 },
    { source: String.raw`{"a":"\x41"}`, column: 8 },
    { source: String.raw`{"a":"\u12g4"}`, column: 8 },
    { source: String.raw`{"a":"\U0041"}`, column: 8 },
    { source: '{"a":"x', column: 6 },
    { source: '{"a"\f:1}', column: 5 },
    { source: '{"a":1\u00a0}', column: 7 },
    { source: '\uFEFF\uFEFF{"a":1}', column: 2 },
    { source: '{"a":\n\n  [1,\n  ?]}', line: 4, column: 3 },
    // sops takes these and drops what it did not understand.
    { source: "{", column: 2 },
    { source: '{"a"', column: 5 },
    { source: '{"a":', column: 6 },
    { source: '{"a":[1', column: 8 },
    { source: '{"a":1}x', column: 8 },
    { source: '{"a":1}\n{"password":"x"}', line: 2, column: 1 },
  ]
  test.each(refused)("refuses $source", ({ source, line, column }) => {
    expect(fault(() => json.scan(source))).toEqual({ code: "SYNTAX", line: line ?? 1, column })
  })

  test.each(["[]", '[{"a":1}]', '"x"', "1", "null", " true "])("a root that is not an object: %s", (source) => {
    expect(fault(() => json.scan(source)).code).toBe("ROOT_NOT_MAP")
  })

  test("nesting has a limit, and no stack overflow", () => {
    expect(read(nested(limits.nesting_max))).toHaveLength(1)
    expect(fault(() => json.scan(nested(limits.nesting_max + 1))).code).toBe("TOO_LARGE")
    expect(fault(() => json.scan(nested(200_000))).code).toBe("TOO_LARGE")
  })

  test("a BOM must not be in a sealed file", () => {
    expect(json.scan('\uFEFF{"a":1}')).toMatchObject({ banned: [{ start: 0, end: 1 }], sites: [{ kind: "int" }] })
  })

  test("names that every object has are names like any other", () => {
    const source = '{"__proto__":{"constructor":1},"toString":2,"hasOwnProperty":3}'
    expect(read(source).map(({ path }) => path)).toEqual(["__proto__.constructor", "toString", "hasOwnProperty"])
  })
})

describe("seal and open", () => {
  const cases = [
    { value: "1", token: "ENC[1]" },
    { value: '"x"', token: "ENC[2]" },
    { value: "true", token: "ENC[3]" },
    { value: "-1.5e3", token: "ENC[4]" },
  ]
  test.each(cases)("$value becomes a string and comes back", ({ value, token }) => {
    const source = `{ "k" : ${value} }`
    const plain = json.scan(source)
    const sealedText = splice(source, [json.seal(plain, plain.sites[0]!, token)])
    expect(sealedText).toBe(`{ "k" : "${token}" }`)
    const sealed = json.scan(sealedText)
    const opened = splice(sealedText, [json.open(sealed, sealed.sites[0]!, plain.sites[0]!.scalar!)])
    expect(opened).toBe(source.replace("-1.5e3", "-1500"))
  })

  const scalars = [
    { kind: "float", text: "1", spelled: "1" },
    { kind: "float", text: "-0", spelled: "-0" },
    { kind: "float", text: "0.0000001", spelled: "1e-7" },
    { kind: "float", text: "1000000000000000000000", spelled: "1e+21" },
    { kind: "int", text: "-9223372036854775808", spelled: "-9223372036854775808" },
    { kind: "bool", text: "False", spelled: "false" },
    { kind: "time", text: "2001-12-14T00:00:00Z", spelled: '"2001-12-14T00:00:00Z"' },
    {
      kind: "str",
      text: "<a>&\u2028\u0000\b\u007f",
      spelled: String.raw`"\u003ca\u003e\u0026\u2028\u0000\b` + '\u007f"',
    },
  ] as const
  test.each(scalars)("$kind $text is spelled as sops spells it", ({ kind, text, spelled }) => {
    const scan = json.scan('{"k":"ENC[x]"}')
    expect(json.open(scan, scan.sites[0]!, { kind, bytes: utf8.encode(text) }).text).toBe(spelled)
  })

  test("bytes that are not text become U+FFFD, each by itself, as in Go", () => {
    const bytes = Uint8Array.from([0x61, 0xff, 0xe2, 0x82, 0xc3, 0xa9, 0xf0, 0x9f, 0x98, 0x80, 0xed, 0xa0, 0x80])
    const tree: Tree = { type: "scalar", scalar: { kind: "str", bytes } }
    expect(json.emitValue(tree, {})).toBe(String.raw`"a\ufffd\ufffd\ufffdé😀\ufffd\ufffd\ufffd"`)
  })

  test.each(["NaN", "+Inf", "-Inf"])("%s has no JSON", (text) => {
    expect(fault(() => json.emit([map({ k: float(text) })], {})).code).toBe("NOT_PRINTABLE")
  })
})

describe("emit", () => {
  const rows = oracle("spelling.jsonl") as { value: string; json: string }[]
  test.each(rows)("prints $value as sops does", ({ value, json: text }) => {
    expect(json.emit([map({ k: str(value) })], {})).toBe(text)
    expect(read(text)).toMatchObject([{ text: value }])
  })

  const tree = map({
    a: { type: "list", items: [int("1"), { type: "comment", text: utf8.encode("c"), inline: false }] },
  })
  const indents = [
    { indent: undefined, text: '{\n\t"a": [\n\t\t1\n\t]\n}\n' },
    { indent: -1, text: '{\n\t"a": [\n\t\t1\n\t]\n}\n' },
    { indent: 0, text: '{\n"a": [\n1\n]\n}\n' },
    { indent: 2, text: '{\n  "a": [\n    1\n  ]\n}\n' },
  ]
  test.each(indents)("indent $indent", ({ indent, text }) => expect(json.emit([tree], { indent })).toBe(text))

  test("an indent below -1 is refused with upstream's status", () => {
    expect(fault(() => json.emit([tree], { indent: -2 })).code).toBe("NOT_PRINTABLE")
    expect(new AppError("NOT_PRINTABLE").exit).toBe(4)
  })

  test("empty containers and null", () => {
    const empty = map({ m: map({}), l: { type: "list", items: [] }, n: { type: "null" } })
    expect(json.emit([empty], {})).toBe('{\n\t"m": {},\n\t"l": [],\n\t"n": null\n}\n')
    expect(json.emitValue({ type: "list", items: [str("a"), str("b")] }, {})).toBe('[\n\t"a",\n\t"b"\n]')
  })
})

describe("attach", () => {
  const tree = new Map([["mac", "ENC[x]"]])
  const cases = [
    {
      name: "a tab where nothing shows the style",
      source: "{}",
      sealed: '{\n\t"sops": {\n\t\t"mac": "ENC[x]"\n\t}\n}',
    },
    {
      name: "blanks inside empty braces stay",
      source: "{ }\n",
      sealed: '{\n\t"sops": {\n\t\t"mac": "ENC[x]"\n\t}\n }\n',
    },
    { name: "compact stays compact, but for the MAC", source: '{"a":1}', sealed: '{"a":1,"sops":{"mac": "ENC[x]"}}' },
    { name: "one line with blanks", source: '{"a": 1}', sealed: '{"a": 1, "sops": {"mac": "ENC[x]"}}' },
    {
      name: "two blanks and CRLF",
      source: '{\r\n  "a": 1\r\n}\r\n',
      sealed: '{\r\n  "a": 1,\r\n  "sops": {\r\n    "mac": "ENC[x]"\r\n  }\r\n}\r\n',
    },
    {
      name: "an indented root",
      source: '  {\n    "a":1\n  }',
      sealed: '  {\n    "a":1,\n    "sops":{\n      "mac": "ENC[x]"\n    }\n  }',
    },
    { name: "line breaks alone", source: '{\n"a": 1\n}', sealed: '{\n"a": 1,\n"sops": {\n"mac": "ENC[x]"\n}\n}' },
  ]
  test.each(cases)("$name", ({ source, sealed }) => {
    const plain = json.scan(source)
    expect(splice(source, json.attach(plain, tree, null))).toBe(sealed)
    expect(splice(sealed, json.scan(sealed).metadata!.detach)).toBe(source)
  })

  test("a requested indent", () => {
    expect(splice("{}", json.attach(json.scan("{}"), tree, null, 2))).toBe(
      '{\n  "sops": {\n    "mac": "ENC[x]"\n  }\n}',
    )
  })

  const places = [
    { name: "first", sealed: '{"sops": {"mac":"x"},\n "a": 1}', plain: '{"a": 1}' },
    { name: "in between", sealed: '{"a": 1 , "sops": {"mac":"x"} , "b": 2}', plain: '{"a": 1 , "b": 2}' },
    { name: "alone on one line", sealed: '{ "sops": {"mac":"x"} }', plain: "{ }" },
    { name: "written with escapes", sealed: String.raw`{"a":1,"\u0073ops":{"mac":"x"}}`, plain: '{"a":1}' },
  ]
  test.each(places)("a block that was $name goes back there", ({ sealed, plain }) => {
    const { metadata } = json.scan(sealed)
    expect(splice(sealed, metadata!.detach)).toBe(plain)
    const again = json.attach(json.scan(plain), new Map([["mac", "y"]]), metadata)
    expect(splice(plain, again)).toBe(sealed.replace('"x"', '"y"'))
  })

  test("what did not change in a block keeps its layout", () => {
    const sealed = '{"sops": { "age": [ {"enc":"1"},{"enc":"2"} ],\n\n  "mac" :"x", "version": "3"}}'
    const { metadata } = json.scan(sealed)
    const { tree } = metadata!
    const changed = new Map([...tree, ["mac", "y"]])
    const plain = splice(sealed, metadata!.detach)
    expect(splice(plain, json.attach(json.scan(plain), changed, metadata))).toBe(sealed.replace('"x"', '"y"'))
  })

  test("text after the object of a sealed file is not part of what is opened", () => {
    const sealed = '{"a":1,"sops":{}} trailing'
    expect(splice(sealed, json.scan(sealed).metadata!.detach)).toBe('{"a":1}\n')
  })

  const broken = ['{"sops":{},"sops":{}}', '{"sops":1}', '{"sops":null}', '{"sops":[]}']
  test.each(broken)("%s is sealed, but its block is not valid", (source) => {
    const { metadata } = json.scan(source)
    expect(metadata).not.toBeNull()
    expect(fault(() => metadata!.tree).code).toBe("METADATA_INVALID")
  })
})

describe("set and unset", () => {
  const multi = '{\n  "a": {\n    "b": 1\n  },\n  "l": [\n    1\n  ],\n  "e": {}\n}\n'
  const sets = [
    {
      name: "an entry that is indented less than its bracket",
      source: '{"a": {\n"b": 1\n\t}\n}',
      path: ["a", "c"],
      value: int("2"),
      wanted: '{"a": {\n"b": 1,\n"c": 2\n\t}\n}',
    },
    {
      name: "a value in its place",
      source: multi,
      path: ["a", "b"],
      value: str("x"),
      wanted: multi.replace("1", '"x"'),
    },
    {
      name: "a new name after its siblings",
      source: multi,
      path: ["a", "c"],
      value: str("x"),
      wanted: multi.replace('"b": 1', '"b": 1,\n    "c": "x"'),
    },
    {
      name: "all that is missing on the way",
      source: multi,
      path: ["n", "m", 0],
      value: str("x"),
      wanted: multi.replace('"e": {}', '"e": {},\n  "n": {\n    "m": [\n      "x"\n    ]\n  }'),
    },
    {
      name: "into an empty object",
      source: multi,
      path: ["e", "x"],
      value: int("1"),
      wanted: multi.replace("{}", '{\n    "x": 1\n  }'),
    },
    {
      name: "one more element",
      source: multi,
      path: ["l", 7],
      value: int("2"),
      wanted: multi.replace("1\n  ]", "1,\n    2\n  ]"),
    },
    {
      name: "over a scalar that is in the way",
      source: '{"a":1}',
      path: ["a", "b"],
      value: int("2"),
      wanted: '{"a":{"b":2}}',
    },
    {
      name: "in a compact file",
      source: '{"a":[1],"b":2}',
      path: ["c"],
      value: map({ d: int("1"), e: str("") }),
      wanted: '{"a":[1],"b":2,"c":{"d":1,"e":""}}',
    },
    { name: "in one line with blanks", source: '{"a": [1]}', path: ["a", 1], value: int("2"), wanted: '{"a": [1, 2]}' },
    { name: "into an empty file", source: "{}\n", path: ["a"], value: int("1"), wanted: '{\n\t"a": 1\n}\n' },
    {
      name: "with CRLF",
      source: '{\r\n\t"a": 1\r\n}',
      path: ["b"],
      value: int("2"),
      wanted: '{\r\n\t"a": 1,\r\n\t"b": 2\r\n}',
    },
    {
      name: "the first of two equal names",
      source: '{"a":1,"a":2}',
      path: ["a"],
      value: int("3"),
      wanted: '{"a":3,"a":2}',
    },
  ]
  test.each(sets)("sets $name", ({ source, path, value, wanted }) => {
    expect(splice(source, json.set(json.scan(source), path, value))).toBe(wanted)
  })

  const unsets = [
    { source: '{"a":1, "b":2 ,"c":3}', path: ["a"], wanted: '{"b":2 ,"c":3}' },
    { source: '{"a":1, "b":2 ,"c":3}', path: ["b"], wanted: '{"a":1 ,"c":3}' },
    { source: '{"a":1, "b":2 ,"c":3 }', path: ["c"], wanted: '{"a":1, "b":2 }' },
    { source: '{\n  "a": {\n    "b": 1\n  }\n}', path: ["a", "b"], wanted: '{\n  "a": {}\n}' },
    { source: '{"l":[ 1 ]}', path: ["l", 0], wanted: '{"l":[]}' },
    { source: '{"l":[1,2,3]}', path: ["l", 1], wanted: '{"l":[1,3]}' },
  ]
  test.each(unsets)("unsets $path of $source", ({ source, path, wanted }) => {
    expect(splice(source, json.unset(json.scan(source), path))).toBe(wanted)
  })

  const nowhere = [["x"], ["a", "x"], ["l", 1], ["l", "x"], ["l", -1], ["a", 0], ["a", "b", "c"]]
  test.each(nowhere.map((path) => ({ path })))("there is nothing at $path to unset", ({ path }) => {
    expect(fault(() => json.unset(json.scan(multi), path)).code).toBe("KEY_NOT_FOUND")
  })

  test.each([{ path: ["l", "x"] }, { path: ["a", 0] }, { path: ["l", -1] }])("$path cannot be set", ({ path }) => {
    expect(fault(() => json.set(json.scan(multi), path, int("1"))).code).toBe("KEY_NOT_FOUND")
  })
})

test("valueSpan spans the whole value of an entry", () => {
  const source = '{"sops":{},"a":{"b":[1, {} ]}}'
  const scan = json.scan(source)
  const { item } = scan.sites[1]!
  const spelled = (at: typeof item): string => {
    const span = json.valueSpan(scan, at)!
    return source.slice(span.start, span.end)
  }
  expect([spelled(item), spelled(item.parent!), spelled(item.parent!.parent!)]).toEqual([
    "{}",
    "[1, {} ]",
    '{"b":[1, {} ]}',
  ])
  expect(json.valueSpan(scan, { ...item, index: 9 })).toBeNull()
})
