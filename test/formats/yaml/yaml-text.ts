import fc from "fast-check"

interface Entry {
  readonly value: Plan
  readonly lead: string[]
  readonly tail: string
}

interface MapPlan {
  readonly type: "map"
  readonly entries: (Entry & { readonly key: string })[]
  readonly step: number
  readonly dash: number
}

interface ListPlan {
  readonly type: "list"
  readonly items: Entry[]
  readonly step: number
  readonly dash: number
}

type Plan =
  | MapPlan
  | ListPlan
  | { readonly type: "scalar"; readonly text: string }
  | { readonly type: "block"; readonly header: string; readonly lines: string[] }
  | { readonly type: "flow"; readonly text: string }
  | { readonly type: "null" }

const word = fc.stringMatching(/^[a-z][a-z0-9_]{0,5}$/)
const innerText = fc.stringMatching(/^[a-z :#'"\\\-,.{}!]{0,10}$/)

const scalar: fc.Arbitrary<Plan> = fc
  .oneof(
    fc.constantFrom(
      "1",
      "0x1F",
      "1_000",
      "1.0",
      "1e3",
      "-0.0",
      "true",
      "False",
      "~",
      "null",
      "2001-12-14",
      "yes",
      "12:30:45",
      "word",
      "two words",
      "a:b",
      "x#y",
      "é",
      "😀",
      "!!int 5",
      "!!str 31",
      "!x 12",
      '!!int "31"',
      "&anchor word",
      "'it''s'",
      '"\\x41"',
      '"a\\nb"',
      '"tab\\t"',
      "''",
      '""',
    ),
    innerText.map((text) => `'${text.replaceAll("'", "''")}'`),
    innerText.map((text) => JSON.stringify(text)),
  )
  .map((text) => ({ type: "scalar" as const, text }))

const block: fc.Arbitrary<Plan> = fc
  .record({
    header: fc.constantFrom("|", "|-", "|+", ">", ">-", ">+", "| # note"),
    lines: fc.array(fc.constantFrom("one", "two words", "  deeper", "", "# no comment", "'q'", "k: v"), {
      minLength: 1,
      maxLength: 4,
    }),
  })
  .map(({ header, lines }) => ({
    type: "block" as const,
    header,
    lines: ["first", ...lines, ...(header.includes("+") ? ["", ""] : [])],
  }))

const flowText: fc.Arbitrary<string> = fc.letrec<{ value: string; list: string; map: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom("1", "a", "two words", "'s'", '"d"', "null", "~", "1.50", "true"),
    tie("list"),
    tie("map"),
  ),
  list: fc.array(tie("value"), { maxLength: 3 }).map((items) => `[${items.join(", ")}]`),
  map: fc
    .uniqueArray(fc.tuple(word, tie("value")), { maxLength: 3, selector: ([key]) => key })
    .map((pairs) => `{ ${pairs.map(([key, value]) => `${key}: ${value}`).join(", ")} }`),
})).value

const flow: fc.Arbitrary<Plan> = flowText
  .filter((text) => /^[[{]/.test(text))
  .map((text) => ({ type: "flow" as const, text }))

function plan(depth: number): fc.Arbitrary<Plan> {
  const leaf = fc.oneof({ weight: 5, arbitrary: scalar }, block, flow, fc.constant<Plan>({ type: "null" }))
  if (depth >= 3) return leaf
  return fc.oneof(
    { weight: 4, arbitrary: leaf },
    { weight: 2, arbitrary: fc.constant(0).chain(() => mapPlan(depth + 1)) },
    { weight: 2, arbitrary: fc.constant(0).chain(() => listPlan(depth + 1)) },
  )
}

const lead: fc.Arbitrary<string[]> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<string[]>([]) },
  fc.constantFrom<string[]>(["# note"], [""], ["", "# two", "# lines"], ["# far", ""]),
)
const tail = fc.oneof({ weight: 6, arbitrary: fc.constant("") }, fc.constantFrom(" # behind", "  "))
const step = fc.constantFrom(2, 2, 4, 3)
const dash = fc.constantFrom(0, 2, 2, 4)

function mapPlan(depth: number): fc.Arbitrary<MapPlan> {
  const key = fc.oneof({ weight: 8, arbitrary: word }, fc.constantFrom('"on"', "'q k'", "a b", '"x:y"'))
  const entry = fc.record({ key, value: plan(depth), lead, tail })
  return fc.record({
    type: fc.constant("map" as const),
    entries: fc.uniqueArray(entry, { minLength: 1, maxLength: 4, selector: (e) => e.key.replaceAll(/["']/g, "") }),
    step,
    dash,
  })
}

function listPlan(depth: number): fc.Arbitrary<ListPlan> {
  const item = fc.record({ value: plan(depth), lead, tail })
  return fc.record({
    type: fc.constant("list" as const),
    items: fc.array(item, { minLength: 1, maxLength: 3 }),
    step,
    dash,
  })
}

function rootFlow(node: Plan): string {
  return node.type === "map" && node.entries.length > 1 ? "{ a: 1,\n  b: two words,\n  c: [x, 'y'] }" : "{}"
}

function renderMap(node: Plan, column: number): string[] {
  if (node.type !== "map") return []
  return node.entries.flatMap(({ key, value, lead: above, tail: behind }) => [
    ...above.map((line) => (line === "" ? "" : " ".repeat(column) + line)),
    ...renderValue(`${" ".repeat(column)}${key}:`, value, column, node.step, node.dash, behind),
  ])
}

function renderList(node: Plan, column: number): string[] {
  if (node.type !== "list") return []
  return node.items.flatMap(({ value, lead: above, tail: behind }) => [
    ...above.map((line) => (line === "" ? "" : " ".repeat(column) + line)),
    ...renderItem(value, column, behind),
  ])
}

function renderItem(value: Plan, column: number, behind: string): string[] {
  const margin = " ".repeat(column)
  if (value.type === "map" || value.type === "list") {
    const lines = value.type === "map" ? renderMap(value, column + 2) : renderList(value, column + 2)
    const first = lines.findIndex((line) => line.trim() !== "" && !line.trim().startsWith("#"))
    return [
      ...lines.slice(0, first).map((line) => line.slice(2)),
      `${margin}- ${lines[first]!.slice(column + 2)}`,
      ...lines.slice(first + 1),
    ]
  }
  return renderValue(`${margin}-`, value, column, 2, 0, behind)
}

function renderValue(
  head: string,
  value: Plan,
  column: number,
  inner: number,
  dashes: number,
  behind: string,
): string[] {
  switch (value.type) {
    case "map":
      return [head, ...renderMap(value, column + inner)]
    case "list":
      return [head, ...renderList(value, column + dashes)]
    case "block":
      return [
        `${head} ${value.header}`,
        ...value.lines.map((line) => (line === "" ? "" : " ".repeat(column + inner) + line)),
      ]
    case "null":
      return [head]
    case "scalar":
    case "flow":
      return [`${head} ${value.text}${behind}`]
  }
}

/**
 * YAML files as people write them: text from a small grammar, valid by construction, with every scalar style, flow and
 * block collections, comments, blank lines, odd indents, CRLF, BOM, several documents, and ends without a line end.
 */
export const yamlText: fc.Arbitrary<string> = fc
  .record({
    documents: fc.array(fc.oneof({ weight: 6, arbitrary: fc.nat(2) }, fc.constant(3)), { minLength: 1, maxLength: 3 }),
    bodies: fc.array(mapPlan(0), { minLength: 3, maxLength: 3 }),
    explicitStart: fc.boolean(),
    endMarker: fc.integer({ min: 0, max: 5 }),
    head: fc.constantFrom("", "", "# head\n", "\n", "# a\n\n# b\n"),
    foot: fc.constantFrom("", "", "# foot\n", "\n\n", "  # indented foot\n", "\n# foot\n\n"),
    crlf: fc.integer({ min: 0, max: 4 }),
    bom: fc.integer({ min: 0, max: 9 }),
    open: fc.integer({ min: 0, max: 3 }),
    root: fc.integer({ min: 0, max: 6 }),
    margin: fc.constantFrom(0, 0, 0, 0, 2),
  })
  .map(({ documents, bodies, explicitStart, endMarker, head, foot, crlf, bom, open, root, margin }) => {
    const parts = documents.map((_, index) => {
      const lead = index > 0 || explicitStart ? "---\n" : ""
      if (root === 0 && index === documents.length - 1)
        return `${lead}${head}${rootFlow(bodies[index]!)}\n${foot.trimStart()}`
      if (root === 1 && lead !== "" && index > 0) return `${lead}${head}`
      return `${lead}${head}${renderMap(bodies[index]!, margin).join("\n")}\n${foot}`
    })
    let text = parts.join("") + (endMarker === 0 ? "...\n" : "")
    if (open === 0) text = text.replace(/\n+$/, "")
    if (crlf === 0) text = text.replaceAll("\n", "\r\n")
    return (bom === 0 ? "\uFEFF" : "") + text
  })
