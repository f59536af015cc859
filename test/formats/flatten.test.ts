import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { type MetaValue } from "../../src/core/format.ts"
import { AppError } from "../../src/errors/app-error.ts"
import { flatten, unflatten } from "../../src/formats/flatten.ts"
import { runs } from "../laws/runs.ts"

const map = (entries: Record<string, MetaValue>): ReadonlyMap<string, MetaValue> => new Map(Object.entries(entries))

describe("flatten", () => {
  test("names the path of each value and keeps the order of the tree", () => {
    const tree = map({
      version: "3.13.2",
      age: [map({ recipient: "age1x", enc: "x\ny" })],
      key_groups: [map({ kms: [map({ context: map({ env: "prod" }) })], age: [] })],
      empty: map({}),
      nothing: null,
      shamir_threshold: 2,
      mac_only_encrypted: true,
    })
    expect(flatten(tree)).toEqual([
      ["version", "3.13.2"],
      ["age__list_0__map_recipient", "age1x"],
      ["age__list_0__map_enc", "x\ny"],
      ["key_groups__list_0__map_kms__list_0__map_context__map_env", "prod"],
      ["shamir_threshold", "2"],
      ["mac_only_encrypted", "true"],
    ])
  })

  test("refuses two values of one name", () => {
    expect(code(() => flatten(map({ a__map_b: "1", a: map({ b: "2" }) })))).toBe("METADATA_INVALID")
  })
})

describe("unflatten", () => {
  const cases: { name: string; pairs: [string, string][]; tree: MetaValue }[] = [
    { name: "nothing", pairs: [], tree: map({}) },
    { name: "a plain name", pairs: [["mac", "x"]], tree: map({ mac: "x" }) },
    {
      name: "elements in any order",
      pairs: [
        ["age__list_1__map_enc", "b"],
        ["age__list_0__map_enc", "a"],
      ],
      tree: map({ age: [map({ enc: "a" }), map({ enc: "b" })] }),
    },
    {
      name: "an index that is no number is 0, as upstream has it",
      pairs: [["a__list_x", "1"]],
      tree: map({ a: ["1"] }),
    },
    { name: "an empty first name", pairs: [["__map_a", "1"]], tree: map({ "": map({ a: "1" }) }) },
    {
      name: "underscores that separate nothing",
      pairs: [["a___map_b__c", "1"]],
      tree: map({ a_: map({ b__c: "1" }) }),
    },
    {
      name: "names that an object has of itself",
      pairs: [
        ["__proto__", "1"],
        ["constructor__map_prototype", "2"],
        ["toString__list_0", "3"],
        ["hasOwnProperty", "4"],
      ],
      tree: new Map<string, MetaValue>([
        ["__proto__", "1"],
        ["constructor", map({ prototype: "2" })],
        ["toString", ["3"]],
        ["hasOwnProperty", "4"],
      ]),
    },
  ]
  test.each(cases)("$name", ({ pairs, tree }) => expect(unflatten(pairs)).toEqual(tree))

  const refused: { name: string; names: string[] }[] = [
    { name: "a name twice", names: ["a", "a"] },
    { name: "an element twice, by a second spelling", names: ["a__list_0", "a__list_00"] },
    { name: "a value that is a map too", names: ["a", "a__map_b"] },
    { name: "a map that is a list too", names: ["a__map_b", "a__list_0"] },
    { name: "a list that does not begin at 0", names: ["a__list_1"] },
    { name: "a list with a gap", names: ["a__list_0", "a__list_2"] },
    { name: "a negative index", names: ["a__list_-1", "a__list_0"] },
    { name: "an index beyond every list", names: ["a__list_501"] },
    { name: "an index beyond int64", names: ["a__list_99999999999999999999"] },
    { name: "more levels than any metadata has", names: [`a${"__map_a".repeat(10_000)}`] },
  ]
  test.each(refused)("refuses $name", ({ names }) => {
    expect(code(() => unflatten(names.map((name) => [name, "canary-7f3a"])))).toBe("METADATA_INVALID")
  })

  test("is the reverse of flatten", () => {
    const key = fc.stringMatching(/^[a-z]{1,5}$/)
    const { value } = fc.letrec<{ value: MetaValue }>((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        fc.string(),
        fc.array(tie("value"), { minLength: 1, maxLength: 3 }),
        fc.dictionary(key, tie("value"), { minKeys: 1, maxKeys: 3 }).map(map),
      ),
    }))
    const tree = fc.dictionary(key, value, { maxKeys: 4 }).map(map)
    const law = fc.property(tree, (tree) => {
      expect(unflatten(flatten(tree))).toEqual(tree)
    })
    fc.assert(law, runs)
  })
})

function code(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (error instanceof AppError) return error.code
    throw error
  }
  return "no error"
}
