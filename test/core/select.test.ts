import { describe, expect, test } from "vitest"
import { noSelectors, ruleOf, select, type Selectors } from "../../src/core/select.ts"
import { type Item, type Site } from "../../src/core/site.ts"
import { utf8 } from "../../src/core/text.ts"

const root: Item = { parent: null, key: null, index: 0 }
const item = (parent: Item, key: string | null, index = 0): Item => ({ parent, key, index })
const site = (at: Item, kind: "str" | "comment", text = "x"): Site => ({
  item: at,
  kind,
  scalar: { kind, bytes: utf8.encode(text) },
  span: null,
  style: null,
  line: 1,
})

function selected(sites: Site[], selectors: Partial<Selectors>): boolean[] {
  const { rule, text } = ruleOf({ ...noSelectors, ...selectors })
  return select(sites, { rule, text, pattern: { test: (subject) => subject.includes(text) } })
}

describe("rules by key", () => {
  const data = item(root, "data")
  const sites = [
    site(item(data, "x"), "str"),
    site(item(root, "y_unencrypted"), "str"),
    site(item(item(root, "l"), null, 0), "str"),
  ]

  test.each([
    { name: "the default suffix", selectors: {}, expected: [true, false, true] },
    {
      name: "a hit on an ancestor counts for all below",
      selectors: { encryptedRegex: "data" },
      expected: [true, false, false],
    },
    { name: "encrypted suffix", selectors: { encryptedSuffix: "ta" }, expected: [true, false, false] },
    { name: "unencrypted regex", selectors: { unencryptedRegex: "data" }, expected: [false, true, true] },
  ])("$name", ({ selectors, expected }) => {
    expect(selected(sites, selectors)).toEqual(expected)
  })
})

describe("rules by comment", () => {
  // The example of the specification: a marker above `secret`, a second comment below it, and an inline marker.
  const secret = item(root, "secret", 1)
  const list = item(secret, "y", 1)
  const sites = [
    site(item(root, "plain", 0), "str"),
    site(root, "comment", " sops:enc"),
    site(root, "comment", " second"),
    site(item(secret, "x", 0), "str"),
    site(item(list, null, 0), "str"),
    site(item(root, "plain2", 2), "str"),
    site(root, "comment", " sops:enc"),
    site(item(root, "inl", 3), "str"),
  ]

  test("a comment that upstream does not see marks nothing, and ends nothing", () => {
    const unseen = { ...site(root, "comment", " sops:enc"), shadowed: true }
    const [a, b] = [site(item(root, "a", 0), "str"), site(item(root, "b", 1), "str")]
    expect(selected([unseen, a], { encryptedCommentRegex: "sops:enc" })).toEqual([false, false])
    const marker = site(root, "comment", " sops:enc")
    expect(selected([a, marker, unseen, b], { encryptedCommentRegex: "sops:enc" })).toEqual([false, false, true, true])
    expect(selected([a, marker, unseen, b], { unencryptedCommentRegex: "sops:enc" })).toEqual([
      true,
      false,
      false,
      false,
    ])
  })

  test("a marker seals the whole entry below it, and stays readable itself", () => {
    expect(selected(sites, { encryptedCommentRegex: "sops:enc" })).toEqual([
      false,
      false,
      true,
      true,
      true,
      false,
      false,
      true,
    ])
  })

  test("a marker that keeps clear covers itself and later comments of the same run", () => {
    expect(selected(sites, { unencryptedCommentRegex: "sops:enc" })).toEqual([
      true,
      false,
      false,
      false,
      false,
      true,
      false,
      false,
    ])
  })
})

test("more than one rule is a mistake of the caller", () => {
  expect(() => ruleOf({ ...noSelectors, encryptedRegex: "a", unencryptedSuffix: "b" })).toThrow(RangeError)
})
