import { describe, expect, test } from "vitest"
import { mergePlain } from "../../../src/core/merge/merge.ts"
import { type FormatName } from "../../../src/core/format.ts"
import { loadFormat } from "../../../src/formats/registry.ts"

interface Row {
  readonly name: string
  readonly format?: FormatName
  readonly base: string | null
  readonly ours: string
  readonly theirs: string
  /** The text, or the conflicts as `kind path`. */
  readonly result: string | readonly string[]
}

const lines = (...all: string[]): string => all.map((line) => `${line}\n`).join("")

/** A document that has a name. */
const resource = (name: string, ...data: string[]): string[] => [
  "---",
  "kind: Secret",
  "metadata:",
  `  name: ${name}`,
  "data:",
  ...(data.length === 0 ? ["a: 1", "b: 1"] : data).map((line) => `  ${line}`),
]

const rows: readonly Row[] = [
  {
    name: "a value that only theirs changed",
    base: lines("a: 1", "b: 2", "c: 3"),
    ours: lines("a: 1", "b: 2", "c: 9"),
    theirs: lines("a: 8", "b: 2", "c: 3"),
    result: lines("a: 8", "b: 2", "c: 9"),
  },
  {
    name: "values in neighbouring lines, which git takes for one change",
    base: lines("a: 1", "b: 2"),
    ours: lines("a: 9", "b: 2"),
    theirs: lines("a: 1", "b: 8"),
    result: lines("a: 9", "b: 8"),
  },
  {
    name: "both changed to the same value",
    base: lines("a: 1"),
    ours: lines("a: 2"),
    theirs: lines("a: 2"),
    result: lines("a: 2"),
  },
  {
    name: "both changed a value differently",
    base: lines("a: 1", "b: 1"),
    ours: lines("a: 2", "b: 1"),
    theirs: lines("a: 3", "b: 1"),
    result: ["value a"],
  },
  {
    name: "both changed the spelling alone: ours'",
    base: lines("a: x", "b: 1"),
    ours: lines('a: "x"', "b: 1"),
    theirs: lines("a: 'x'", "b: 2"),
    result: lines('a: "x"', "b: 2"),
  },
  {
    name: "only theirs changed the spelling: theirs'",
    base: lines("a: x", "b: 1", "c: 1"),
    ours: lines("a: x", "b: 1", "c: 2"),
    theirs: lines("a: 'x'", "b: 1", "c: 1"),
    result: lines("a: 'x'", "b: 1", "c: 2"),
  },
  {
    name: "another type is another value",
    base: lines("a: 1"),
    ours: lines('a: "1"'),
    theirs: lines("a: 2"),
    result: ["value a"],
  },
  {
    name: "added by one side, with its comments",
    base: lines("a: 1", "z: 1"),
    ours: lines("a: 2", "z: 1"),
    theirs: lines("a: 1", "# of b", "b: 2 # beside b", "z: 1"),
    result: lines("a: 2", "# of b", "b: 2 # beside b", "z: 1"),
  },
  {
    name: "added by both, the same",
    base: lines("a: 1"),
    ours: lines("a: 1", "n: 1"),
    theirs: lines("n: 1", "a: 1"),
    result: lines("a: 1", "n: 1"),
  },
  {
    name: "added by both, different",
    base: lines("a: 1"),
    ours: lines("a: 1", "n: 1"),
    theirs: lines("a: 1", "n: 2"),
    result: ["add n"],
  },
  {
    name: "different keys added at one place: theirs' after the neighbour that it follows there",
    base: lines("a: 1"),
    ours: lines("a: 1", "o: 1"),
    theirs: lines("a: 1", "t: 1"),
    result: lines("a: 1", "t: 1", "o: 1"),
  },
  {
    name: "mappings added by both are merged",
    base: lines("a: 1"),
    ours: lines("a: 1", "n:", "  x: 1"),
    theirs: lines("a: 1", "n:", "  y: 1"),
    result: lines("a: 1", "n:", "  y: 1", "  x: 1"),
  },
  {
    name: "removed by one, unchanged in the other: it goes with its own comments",
    base: lines("a: 1", "# of b", "b: 2 # beside b", "c: 3"),
    ours: lines("a: 1", "# of b", "b: 2 # beside b", "c: 4"),
    theirs: lines("a: 1", "c: 3"),
    result: lines("a: 1", "c: 4"),
  },
  {
    name: "removed by both",
    base: lines("a: 1", "b: 2", "c: 3"),
    ours: lines("a: 1", "c: 3"),
    theirs: lines("a: 2", "c: 3"),
    result: lines("a: 2", "c: 3"),
  },
  {
    name: "removed by ours, changed by theirs",
    base: lines("a: 1", "b: 2"),
    ours: lines("a: 1"),
    theirs: lines("a: 1", "b: 3"),
    result: ["delete b"],
  },
  {
    name: "removed by theirs, something added below it by ours",
    base: lines("a: 1", "b:", "  c: 1"),
    ours: lines("a: 1", "b:", "  c: 1", "  d: 1"),
    theirs: lines("a: 1"),
    result: ["delete b"],
  },
  {
    name: "removed by theirs, its comment changed by ours",
    base: lines("a: 1", "# one", "b: 2"),
    ours: lines("a: 1", "# two", "b: 2"),
    theirs: lines("a: 1"),
    result: ["comment b"],
  },
  {
    name: "renamed by one, changed by the other",
    base: lines("old: 1", "z: 1"),
    ours: lines("new: 1", "z: 1"),
    theirs: lines("old: 2", "z: 1"),
    result: ["delete old"],
  },
  {
    name: "a mapping in one, another value in the other",
    base: lines("a: 1"),
    ours: lines("a:", "  b: 1"),
    theirs: lines("a: 2"),
    result: ["kind a"],
  },
  {
    name: "a mapping that both emptied together",
    base: lines("m:", "  a: 1", "  b: 2", "z: 1"),
    ours: lines("m:", "  b: 2", "z: 1"),
    theirs: lines("m:", "  a: 1", "z: 1"),
    result: lines("m: {}", "z: 1"),
  },
  {
    name: "a list that both emptied together",
    base: lines("l:", "  - a", "  - x", "  - b", "z: 1"),
    ours: lines("l:", "  - b", "z: 1"),
    theirs: lines("l:", "  - a", "  - x", "z: 1"),
    result: ["list l"],
  },
  {
    name: "a list that was emptied in places that do not touch",
    base: lines("l:", "  - a", "  - x", "  - b", "z: 1"),
    ours: lines("l:", "  - x", "  - b", "z: 1"),
    theirs: lines("l:", "  - a", "  - x", "z: 1"),
    result: lines("l:", "  - x", "z: 1"),
  },
  {
    name: "a list, both inserted at one place",
    base: lines("l:", "  - a"),
    ours: lines("l:", "  - a", "  - o"),
    theirs: lines("l:", "  - a", "  - t"),
    result: ["list l"],
  },
  {
    name: "a list, both inserted the same at one place",
    base: lines("l:", "  - a", "z: 1"),
    ours: lines("l:", "  - a", "  - n", "z: 1"),
    theirs: lines("l:", "  - a", "  - n", "z: 2"),
    result: lines("l:", "  - a", "  - n", "z: 2"),
  },
  {
    name: "a list, neighbours changed",
    base: lines("l:", "  - a", "  - b"),
    ours: lines("l:", "  - o", "  - b"),
    theirs: lines("l:", "  - a", "  - t"),
    result: ["list l"],
  },
  {
    name: "a list of mappings is matched by name",
    base: lines("l:", "  - name: x", "    v: 1", "  - name: y", "    v: 2"),
    ours: lines("l:", "  - name: x", "    v: 3", "  - name: y", "    v: 2"),
    theirs: lines("l:", "  - name: x", "    v: 1", "    w: 1", "  - name: y", "    v: 2", "  - name: z", "    v: 2"),
    result: lines("l:", "  - name: x", "    v: 3", "    w: 1", "  - name: y", "    v: 2", "  - name: z", "    v: 2"),
  },
  {
    name: "a list of mappings without names is a list",
    base: lines("l:", "  - a: x", "    v: 1"),
    ours: lines("l:", "  - a: x", "    v: 3"),
    theirs: lines("l:", "  - a: x", "    v: 1", "    w: 1"),
    result: ["list l"],
  },
  {
    name: "theirs moved a key, ours changed it: both",
    base: lines("a: 1", "b: 2", "c: 3"),
    ours: lines("a: 1", "b: 2", "c: 4"),
    theirs: lines("c: 3", "a: 1", "b: 2"),
    result: lines("c: 4", "a: 1", "b: 2"),
  },
  {
    name: "both moved a key: ours' order",
    base: lines("a: 1", "b: 2", "c: 3"),
    ours: lines("b: 2", "a: 1", "c: 3"),
    theirs: lines("c: 3", "a: 1", "b: 2"),
    result: lines("b: 2", "a: 1", "c: 3"),
  },
  {
    name: "a comment above an entry that the other changed",
    base: lines("a: 1", "b: 2"),
    ours: lines("a: 1", "b: 3"),
    theirs: lines("a: 1", "# why", "b: 2"),
    result: lines("a: 1", "# why", "b: 3"),
  },
  {
    name: "a comment that both changed differently",
    base: lines("# one", "a: 1"),
    ours: lines("# two", "a: 1"),
    theirs: lines("# three", "a: 1"),
    result: ["comment a"],
  },
  {
    name: "a comment beside an entry that the other changed",
    base: lines("a: 1", "b: 2"),
    ours: lines("a: 5", "b: 2"),
    theirs: lines("a: 1 # why", "b: 2"),
    result: lines("a: 5 # why", "b: 2"),
  },
  {
    name: "nulls, empty texts and empty collections are values",
    base: lines("a:", 'b: ""', "c: {}", "d: []", "e: 1"),
    ours: lines("a: 1", 'b: ""', "c: {}", "d: []", "e: 2"),
    theirs: lines("a:", "b: 2", "c:", "  x: 1", "d:", "  - y", "e: 1"),
    result: lines("a: 1", "b: 2", "c:", "  x: 1", "d:", "  - y", "e: 2"),
  },
  {
    name: "a document added by one side",
    base: lines("a: 1", "---", "b: 2"),
    ours: lines("a: 1", "---", "b: 3"),
    theirs: lines("a: 1", "---", "b: 2", "---", "c: 1"),
    result: lines("a: 1", "---", "b: 3", "---", "c: 1"),
  },
  {
    name: "documents added by both at one place",
    base: lines("a: 1"),
    ours: lines("a: 1", "---", "o: 1"),
    theirs: lines("a: 1", "---", "t: 1"),
    result: ["document "],
  },
  {
    name: "resources are matched by their names when their number differs",
    base: lines("kind: A", "metadata:", "  name: x", "v: 1"),
    ours: lines("kind: A", "metadata:", "  name: x", "v: 2"),
    theirs: lines("kind: B", "metadata:", "  name: y", "---", "kind: A", "metadata:", "  name: x", "v: 1"),
    result: lines("kind: B", "metadata:", "  name: y", "---", "kind: A", "metadata:", "  name: x", "v: 2"),
  },
  {
    name: "line ends, BOM and the last line end are merged as one value each",
    base: lines("a: 1", "b: 2", "c: 3"),
    ours: lines("a: 1", "b: 2", "c: 4").slice(0, -1),
    theirs: `\uFEFF${lines("a: 9", "b: 2", "c: 3").replaceAll("\n", "\r\n")}`,
    result: "\uFEFFa: 9\r\nb: 2\r\nc: 4",
  },
  {
    name: "theirs reindented the file",
    base: lines("a:", "  b: 1", "  c: 2"),
    ours: lines("a:", "  b: 5", "  c: 2"),
    theirs: lines("a:", "    b: 1", "    c: 2"),
    result: lines("a:", "    b: 5", "    c: 2"),
  },
  {
    name: "anchors merge by line",
    base: lines("a: &x 1", "b: 2", "c: *x"),
    ours: lines("a: &x 9", "b: 2", "c: *x"),
    theirs: lines("a: &x 1", "b: 2", "c: *x", "d: 4"),
    result: lines("a: &x 9", "b: 2", "c: *x", "d: 4"),
  },
  {
    name: "anchors that no merge by line can save",
    base: lines("a: &x 1", "b: *x"),
    ours: lines("a: &x 9", "b: *x", "o: 1"),
    theirs: lines("a: &x 1", "b: *x", "t: 1"),
    result: ["anchor "],
  },
  {
    name: "both added the file: the same keys with other values are conflicts",
    base: null,
    ours: lines("a: 1", "b: 2"),
    theirs: lines("a: 1", "b: 3"),
    result: ["add b"],
  },
  {
    name: "both added the file: different keys are merged",
    base: null,
    ours: lines("a: 1"),
    theirs: lines("b: 3"),
    result: lines("b: 3", "a: 1"),
  },
  {
    name: "JSON members added at one end",
    format: "json",
    base: '{\n  "a": 1\n}\n',
    ours: '{\n  "a": 1,\n  "o": {\n    "x": 1\n  }\n}\n',
    theirs: '{\n  "a": 2,\n  "t": [\n    1\n  ]\n}\n',
    result: '{\n  "a": 2,\n  "t": [\n    1\n  ],\n  "o": {\n    "x": 1\n  }\n}\n',
  },
  {
    name: "JSON on one line",
    format: "json",
    base: '{"a":1,"b":2,"c":3}',
    ours: '{"a":1,"b":2,"c":4}',
    theirs: '{"b":2,"c":3,"d":5}',
    result: '{"b":2,"c":4,"d":5}',
  },
  {
    name: "JSON emptied by both",
    format: "json",
    base: '{"m":{"a":1,"b":2}}',
    ours: '{"m":{"a":1}}',
    theirs: '{"m":{"b":2}}',
    result: '{"m":{}}',
  },
  {
    name: "JSON numbers beyond int64 are compared as they are",
    format: "json",
    base: '{\n"a": 1e3,\n"b": 1\n}',
    ours: '{\n"a": 1000.0,\n"b": 1\n}',
    theirs: '{\n"a": 1e3,\n"b": 2\n}',
    result: '{\n"a": 1000.0,\n"b": 2\n}',
  },
  {
    name: "a mapping of a later document that both emptied, each of one entry",
    base: lines("---", "a: 1", "---", "d:", "  # of c", "  c: x", "  d: y", "---", "z: 1"),
    ours: lines("---", "a: 1", "---", "d:", "  # of c", "  c: x", "---", "z: 1"),
    theirs: lines("---", "a: 2", "---", "d:", "  d: y", "---", "z: 1"),
    result: lines("---", "a: 2", "---", "d: {}", "---", "z: 1"),
  },
  {
    name: "a list of a later document that both emptied",
    base: lines("d: 1", "---", "l:", "  - name: x", "    v: 1", "  - name: y", "    v: 2", "e: 1"),
    ours: lines("d: 1", "---", "l:", "  - name: y", "    v: 2", "e: 1"),
    theirs: lines("d: 1", "---", "l:", "  - name: x", "    v: 1", "e: 2"),
    result: lines("d: 1", "---", "l: []", "e: 2"),
  },
  {
    name: "a document that theirs added below a comment, while values beside each other changed",
    base: lines("a: 1", "b: 1", "c: 1"),
    ours: lines("a: 1", "b: 5", "c: 1"),
    theirs: lines("# about a", "a: 1", "b: 1", "c: 5", "---", "k: v"),
    result: lines("# about a", "a: 1", "b: 5", "c: 5", "---", "k: v"),
  },
  {
    name: "a first document that ours took out, and values beside each other that changed",
    base: lines(...resource("one"), ...resource("two")),
    ours: lines(...resource("two", "a: 5", "b: 1")),
    theirs: lines(...resource("one"), ...resource("two", "a: 1 # said", "b: 5")),
    result: lines(...resource("two", "a: 5 # said", "b: 5")),
  },
  {
    name: "the last line end, taken out where ours puts a block of text above",
    base: lines("t: x", "a: 1", "b: 1", "c: 1"),
    ours: lines("t: |", "  y", "a: 1", "b: 1", "c: 1"),
    theirs: lines("t: x", "a: 1", "b: 1", "c: 2").trimEnd(),
    result: lines("t: |", "  y", "a: 1", "b: 1", "c: 2").trimEnd(),
  },
  {
    name: "dotenv variables added at one end",
    format: "dotenv",
    base: lines("A=1", "B=2"),
    ours: lines("A=1", "B=2", "O=1"),
    theirs: lines("A=1", "B=3", "# of T", "T=1"),
    result: lines("A=1", "B=3", "# of T", "T=1", "O=1"),
  },
  {
    name: "dotenv CR at each line's end",
    format: "dotenv",
    base: lines("A=1", "B=2"),
    ours: lines("A=1", "B=3"),
    theirs: lines("A=1", "B=2").replaceAll("\n", "\r\n"),
    result: lines("A=1", "B=3").replaceAll("\n", "\r\n"),
  },
  {
    name: "dotenv names that repeat are counted",
    format: "dotenv",
    base: lines("A=1", "X=0", "A=2"),
    ours: lines("A=5", "X=0", "A=2"),
    theirs: lines("A=1", "X=0", "A=6"),
    result: lines("A=5", "X=0", "A=6"),
  },
  {
    name: "dotenv names whose number changed on both sides",
    format: "dotenv",
    base: lines("A=1"),
    ours: lines("A=1", "A=2"),
    theirs: lines("A=1", "A=3"),
    result: ["add A"],
  },
  {
    name: "dotenv names that both removed, one each",
    format: "dotenv",
    base: lines("A=1", "X=0", "A=2", "Y=0"),
    ours: lines("X=0", "A=2", "Y=0"),
    theirs: lines("A=1", "X=0", "Y=0"),
    result: ["add A"],
  },
  {
    name: "a dotenv name that one renamed and the other removed, of two",
    format: "dotenv",
    base: lines("A=1", "X=0", "A=2"),
    ours: lines("B=1", "X=0", "A=2"),
    theirs: lines("A=1", "X=0"),
    result: ["add A"],
  },
  {
    name: "dotenv names that both removed and added alike",
    format: "dotenv",
    base: lines("A=1", "X=0", "A=2", "Y=0", "Z=0"),
    ours: lines("X=0", "A=2", "Y=5", "Z=0"),
    theirs: lines("X=0", "A=2", "Y=0", "Z=5"),
    result: lines("X=0", "A=2", "Y=5", "Z=5"),
  },
  {
    name: "INI sections and keys",
    format: "ini",
    base: lines("[a]", "x = 1", "y = 2"),
    ours: lines("[a]", "x = 1", "y = 3", "[o]", "z = 1"),
    theirs: lines("[a]", "x = 5", "y = 2", "; of t", "[t]", "q = 1"),
    result: lines("[a]", "x = 5", "y = 3", "; of t", "[t]", "q = 1", "[o]", "z = 1"),
  },
  {
    name: "INI keys that repeat, changed apart",
    format: "ini",
    base: lines("[a]", "k = 1", "x = 0", "k = 2", "y = 1"),
    ours: lines("[a]", "k = 1", "x = 0", "k = 2", "y = 5"),
    theirs: lines("[a]", "k = 7", "x = 0", "k = 2", "y = 1"),
    result: lines("[a]", "k = 7", "x = 0", "k = 2", "y = 5"),
  },
]

async function merge({ format = "yaml", base, ours, theirs }: Row): Promise<string | string[]> {
  const merged = mergePlain({ base, ours, theirs }, { format: await loadFormat(format), like: null })
  return merged.text ?? merged.conflicts.map(({ kind, path }) => `${kind} ${path.join(".")}`)
}

describe("what comes out of a merge of plain texts", () => {
  test.each(rows)("$name", async (row) => {
    expect(await merge(row)).toEqual(row.result)
  })

  test.each(rows.filter(({ result }) => typeof result !== "string"))(
    "$name: the other way round it is a conflict too",
    async (row) => {
      expect(await merge({ ...row, ours: row.theirs, theirs: row.ours })).toEqual(row.result)
    },
  )
})
