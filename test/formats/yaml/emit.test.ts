import { describe, expect, test } from "vitest"
import { type CommentEntry, type Tree } from "../../../src/core/tree.ts"
import { type Kind } from "../../../src/core/scalar.ts"
import { emitYaml, emitYamlValue } from "../../../src/formats/yaml/emit/emit.ts"
import { modelOf, modelOfTree } from "./model-of.ts"
import { rows } from "./oracle.ts"
import { scanYaml } from "../../../src/formats/yaml/scan.ts"

/** A tree as the oracle file tells it; bytes are base64. */
type Row =
  | CommentRow
  | { t: "map"; e: (CommentRow | { k: string; v: Row })[] }
  | { t: "list"; e: Row[] }
  | { t: Kind | "null"; b?: string }
interface CommentRow {
  c: string
  i: boolean
}

function bytes(base64: string): Uint8Array {
  return Uint8Array.from(Buffer.from(base64, "base64"))
}

function comment({ c, i }: CommentRow): CommentEntry {
  return { type: "comment", text: bytes(c), inline: i }
}

function tree(row: Row): Tree {
  if ("c" in row) throw new Error("a comment is no value")
  if (row.t === "map" && "e" in row) {
    return {
      type: "map",
      entries: (row.e as (CommentRow | { k: string; v: Row })[]).map((e) =>
        "c" in e ? comment(e) : { type: "entry", key: e.k, value: tree(e.v) },
      ),
    }
  }
  if (row.t === "list" && "e" in row) {
    return { type: "list", items: row.e.map((e) => ("c" in e ? comment(e) : tree(e))) }
  }
  if (row.t === "null") return { type: "null" }
  return { type: "scalar", scalar: { kind: row.t, bytes: bytes(row.b ?? "") } }
}

interface EmitRow {
  indent?: number
  trees?: Row[]
  value?: Row
  text: string
}

describe("as upstream prints trees", () => {
  test.each(rows<EmitRow>("emit-yaml.jsonl").map((row, number) => ({ ...row, number })))("row $number", (row) => {
    const { indent, trees, value, text } = row
    if (value !== undefined) expect(emitYamlValue(tree(value))).toBe(text)
    else expect(emitYaml(trees!.map(tree), { indent: indent === 0 ? undefined : indent })).toBe(text)
  })
})

const text = (value: string): Tree => ({ type: "scalar", scalar: { kind: "str", bytes: Buffer.from(value) } })
const map = (...entries: [string, Tree][]): Tree => ({
  type: "map",
  entries: entries.map(([key, value]) => ({ type: "entry", key, value })),
})

const hard: { name: string; value: Tree; printed: string }[] = [
  {
    name: "the hint of a block in a list is right, where upstream's is not",
    value: map(["l", { type: "list", items: [text(" a\nb")] }]),
    printed: "l:\n    - |2-\n       a\n      b\n",
  },
  {
    name: "the hint of a block without text is upstream's",
    value: map(["l", { type: "list", items: [text("\n"), text("\n\n"), text("x")] }]),
    printed: "l:\n    - |4+\n\n    - |4+\n\n\n    - x\n",
  },
  {
    name: "a text that starts with a tab, where upstream prints null",
    value: map(["k", text("\ta\nb")]),
    printed: "k: |4-\n    \ta\n    b\n",
  },
  { name: "an empty root", value: map(), printed: "{}\n" },
  { name: "a key of several lines", value: map(["a\nb", text("c")]), printed: "? |-\n    a\n    b\n: c\n" },
]

test.each(hard)("$name", ({ value, printed }) => {
  expect(emitYaml([value], {})).toBe(printed)
  expect(modelOf(scanYaml(printed))).toEqual(modelOfTree(value))
})
