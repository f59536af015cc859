import fc from "fast-check"
import { expect, test } from "vitest"
import { type MetaMap, type MetaValue } from "../../../src/core/format.ts"
import { utf8 } from "../../../src/core/text.ts"
import { type Tree } from "../../../src/core/tree.ts"
import { metadataLines } from "../../../src/formats/yaml/edit/print-metadata.ts"
import { emitYaml } from "../../../src/formats/yaml/emit/emit.ts"
import { runs } from "../../laws/runs.ts"

function treeOf(value: MetaValue): Tree {
  if (value === null) return { type: "null" }
  if (typeof value === "string") return { type: "scalar", scalar: { kind: "str", bytes: utf8.encode(value) } }
  if (typeof value === "number")
    return {
      type: "scalar",
      scalar: { kind: Number.isInteger(value) ? "int" : "float", bytes: utf8.encode(`${value}`) },
    }
  if (typeof value === "boolean")
    return { type: "scalar", scalar: { kind: "bool", bytes: utf8.encode(value ? "True" : "False") } }
  if (value instanceof Map)
    return {
      type: "map",
      entries: [...(value as MetaMap)].map(([key, inner]) => ({ type: "entry", key, value: treeOf(inner) })),
    }
  return { type: "list", items: (value as readonly MetaValue[]).map(treeOf) }
}

function printed(map: MetaMap, indent: number): string[] {
  const text = emitYaml([treeOf(new Map([["sops", map]]))], { indent })
  return text.split("\n").slice(1, -1)
}

const armor = "-----BEGIN AGE ENCRYPTED FILE-----\nYWdlLWVuY3J5cHRpb24\nx==\n-----END AGE ENCRYPTED FILE-----\n"
const usual: MetaMap = new Map<string, MetaValue>([
  ["kms", [new Map<string, MetaValue>([["arn", "arn:aws:kms:eu:1:key/a"]])]],
  [
    "age",
    [
      new Map([
        ["enc", armor],
        ["recipient", "age1x"],
      ]),
      new Map([
        ["recipient", "age1y"],
        ["enc", armor],
      ]),
    ],
  ],
  ["key_groups", [new Map<string, MetaValue>([["age", [new Map([["enc", armor]])]]])]],
  ["shamir_threshold", 2],
  ["lastmodified", "2024-01-01T00:00:00Z"],
  ["mac", "ENC[AES256_GCM,data:YQ==,iv:Yg==,tag:Yw==,type:str]"],
  ["mac_only_encrypted", true],
  ["version", "3.13.2"],
])

test.each([2, 3, 4, 7, 9, 1, 10])(
  "prints usual metadata as the printer of documents does, indented by %d",
  (indent) => {
    expect(metadataLines(usual, 0, indent)).toEqual(printed(usual, indent))
  },
)

const text = fc.oneof(
  fc.constantFrom(armor, "", "y", "null", "1", "1.5", "~", "<<", "a: b", "- x", "x #y", "'", '"', "a\\b", "12:30:45"),
  fc.constantFrom("\n", "\n\n", " a\nb", "a\n b\n", "\na", "a\n\n", "a \nb", "a\tb", "\ta\nb", "é", "x\u2028y"),
  fc.string({ maxLength: 12 }),
  fc.stringMatching(/^[ -~\n]{0,12}$/),
)
const key = fc.oneof(
  fc.constantFrom("mac", "y", "null", "a b", "1", "", "<<", "a:", "?", "-", "é"),
  fc.stringMatching(/^[A-Za-z_][\w-]{0,6}$/),
)
const { value } = fc.letrec<{ value: MetaValue; map: MetaMap }>((tie) => ({
  value: fc.oneof(
    { weight: 4, arbitrary: text },
    { weight: 1, arbitrary: fc.constantFrom<MetaValue>(true, false, 0, -1, 12, 1.5, null, 1e21) },
    { weight: 2, arbitrary: tie("map") },
    { weight: 2, arbitrary: fc.array(tie("map"), { maxLength: 3 }) },
    { weight: 1, arbitrary: fc.array(tie("value"), { maxLength: 2 }) },
  ),
  map: fc.array(fc.tuple(key, tie("value")), { maxLength: 4 }).map((pairs) => new Map(pairs)),
}))

test("prints any metadata as the printer of documents does, or leaves it to that", () => {
  const law = fc.property(
    fc.array(fc.tuple(key, value), { maxLength: 5 }),
    fc.integer({ min: 1, max: 10 }),
    (pairs, n) => {
      const map: MetaMap = new Map(pairs)
      const lines = metadataLines(map, 0, n)
      if (lines !== null) expect(lines).toEqual(printed(map, n))
    },
  )
  fc.assert(law, runs)
})
