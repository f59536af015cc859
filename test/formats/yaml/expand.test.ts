import { expect, test } from "vitest"
import { splice } from "../../../src/core/splice.ts"
import { yaml } from "../../../src/formats/yaml/yaml.ts"

const cases: { name: string; text: string; seals: string[]; expanded: string }[] = [
  { name: "a scalar in block context", text: "a: &a x\nb: *a\n", seals: ["b"], expanded: "b: T" },
  { name: "a scalar in flow context", text: "a: &a x\nb: [*a]\n", seals: ["b"], expanded: 'b: ["T"]' },
  { name: "clear text keeps its spelling", text: "a: &a 0x1F\nb: *a\n", seals: [], expanded: "b: 0x1F" },
  { name: "clear quotes", text: "a: &a 'it''s'\nb: *a\n", seals: [], expanded: "b: 'it''s'" },
  { name: "clear lines", text: "a: &a |\n  x\n  y\nb: *a\n", seals: [], expanded: 'b: "x\\ny\\n"' },
  { name: "clear with a tag", text: "a: &a !!int '31'\nb: *a\n", seals: [], expanded: "b: !!int '31'" },
  {
    name: "a mapping, sealed in part",
    text: "a: &a\n  k: x\n  l: [1, ~, {}]\n  'q k': \"v\"\nb: *a\n",
    seals: ["k", "l"],
    expanded: 'b: {k: "T", l: ["T", null, {}], \'q k\': "v"}',
  },
  { name: "a merge", text: "a: &a {k: x}\nb:\n  <<: *a\n", seals: ["k"], expanded: '  <<: {k: "T"}' },
  {
    name: "an alias to an alias",
    text: "a: &a\n  k: &k x\n  l: *k\nb: *a\n",
    seals: ["l"],
    expanded: 'b: {k: x, l: "T"}',
  },
  { name: "a custom tag", text: "a: &a !x [1]\nb: *a\n", seals: [], expanded: "b: !x [1]" },
  { name: "comments are left out", text: "a: &a\n  # c\n  k: x # d\nb: *a\n", seals: [], expanded: "b: {k: x}" },
]

test.each(cases)("$name", ({ text, seals, expanded }) => {
  const scan = yaml.scan(text)
  const alias = scan.aliases.at(-1)!
  const keys = new Set(seals)
  const edit = yaml.expand(scan, alias, (site) => {
    if (site.scalar === null) return null
    for (let at = site.item; at.parent !== null; at = at.parent) if (at.key !== null && keys.has(at.key)) return "T"
    return null
  })
  const result = splice(text, [edit])
  const from = text.slice(0, text.lastIndexOf("\n", alias.span.start) + 1).length
  expect(result.slice(from).trimEnd()).toBe(expanded)
  expect(yaml.scan(result).sites.length).toBe(
    scan.sites.filter(({ kind, span }) => kind !== "comment" || span !== null).length,
  )
})
