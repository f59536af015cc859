import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { type Site, documentOf, fullPath } from "../../../src/core/site.ts"
import { type CommentStyle, type YamlScan } from "../../../src/formats/yaml/resolve/model.ts"
import { type YamlDocument } from "../../../src/formats/yaml/scan/node.ts"
import { attach } from "../../../src/formats/yaml/edit/attach.ts"
import { parseYaml } from "../../../src/formats/yaml/scan/parse.ts"
import { parseSimple } from "../../../src/formats/yaml/plain/simple-nodes.ts"
import { scanNodes, scanYaml } from "../../../src/formats/yaml/scan.ts"
import { simpleSites } from "../../../src/formats/yaml/plain/simple-sites.ts"
import { AppError } from "../../../src/errors/app-error.ts"

const runs = process.env["SLOW"] === "1" ? 200_000 : 3000

function parseOrNull(text: string): YamlDocument[] | null {
  try {
    return parseYaml(text).documents
  } catch (error) {
    if (error instanceof AppError) return null
    throw error
  }
}

const taken = [
  { name: "a mapping", text: "a: 1\nb: two words\n" },
  { name: "without a final line break", text: "a: 1\nb:" },
  { name: "nested mappings", text: "a:\n  b:\n    c: x\n  d: y\ne: z\n" },
  { name: "a list in its mapping's column", text: "a:\n- x\n- y\nb: z\n" },
  { name: "a list that is indented", text: "a:\n    - x: 1\n      y: 2\n    - z\nb: 3\n" },
  { name: "values that are missing", text: "a:\nb:\n  c:\nd:\n" },
  { name: "quotes", text: `a: "x # y: z"\nb: 'it"s'\nc: ""\n` },
  { name: "a token", text: "a: ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAA,type:str]\n" },
  {
    name: "a block",
    text: "a:\n  - enc: |\n        -----BEGIN\n          deeper\n        -----END\n    to: x\nb: 1\n",
  },
  { name: "a block with empty lines within it and after it", text: "a: |\n  x\n\n\n  y\n\nb: |\n  z\n\n" },
  { name: "a block without a break at its end", text: "a: |-\n  x\n  y\nb: |-\n  z\n\nc: |-\n  u" },
  { name: "options and negative numbers", text: "a: -1\nb: --all\nc:\n  - -x\n  - -1.5\n" },
  { name: "empty collections", text: "a: []\nb: {}\n" },
  { name: "a mark before it, and empty lines", text: "---\n\na: 1\n\n\nb: 2\n\n" },
  { name: "other scripts", text: "a: grüße 👋🏽\nb: 日本\n" },
]

const refused = [
  { name: "a comment", text: "a: 1 # one\n" },
  { name: "a comment line", text: "# one\na: 1\n" },
  { name: "an anchor", text: "a: &x 1\nb: *x\n" },
  { name: "a tag", text: "a: !!str 1\n" },
  { name: "two documents", text: "a: 1\n---\nb: 2\n" },
  { name: "a value that goes on", text: "a: one\n  two\n" },
  { name: "a value below its key", text: "a:\n  one\n" },
  { name: "an escape", text: 'a: "\\n"\n' },
  { name: "a doubled quote", text: "a: 'it''s'\n" },
  { name: "flow with content", text: "a: [x]\n" },
  { name: "a folded block", text: "a: >\n  x\n" },
  { name: "a block with a line of blanks", text: "a: |\n  x\n \n  y\n" },
  { name: "a block that begins with an empty line", text: "a: |\n\n  x\n" },
  { name: "a block that keeps its empty lines", text: "a: |+\n  x\n\nb: 1\n" },
  { name: "CRLF", text: "a: 1\r\n" },
  { name: "a tab", text: "a:\t1\n" },
  { name: "a colon in a value", text: "a: b: c\n" },
  { name: "an indentation that fits nothing", text: "a:\n    b: 1\n  c: 2\n" },
  { name: "an entry in a mapping", text: "a: 1\n- b\n" },
  { name: "NEL", text: "a: x\u0085b: y\n" },
  { name: "a lone surrogate", text: "a: \ud800\n" },
  { name: "nothing", text: "\n\n" },
]

/** What of a site counts, with its place as text. */
function factsOf(sites: readonly Site[]): unknown[] {
  return sites.map(({ item, scalar, kind, span, line, inList, inline }) => ({
    inList,
    inline,
    path: [documentOf(item), ...fullPath(item)],
    bytes: scalar?.bytes,
    scalar: scalar?.kind,
    kind,
    span,
    line,
  }))
}

/** Both ways to the sites of a text, if the short one is taken. */
/** Blocks of other files: last, first, with an empty line behind it, and with another indentation. */
const blocks = [
  "a: 1\nsops:\n    mac: x\n",
  "sops:\n    mac: x\na: 1\n",
  "a: 1\nsops:\n  mac: x\n\n",
  "  a: 1\n  sops:\n    mac: x\n",
].map((text) => scanNodes(text).metadata)
const tree = new Map([
  ["mac", "x"],
  ["version", "3.9.0"],
])

/** The nodes that an edit sees, with those that are read late. */
function seen(docs: readonly YamlDocument[]): unknown[] {
  return docs.map(({ root, ...rest }) => ({
    ...rest,
    root:
      root?.type !== "map"
        ? root
        : { ...root, pairs: root.pairs.map(({ question, colon, key, value }) => ({ question, colon, key, value })) },
  }))
}

function bothWays(source: string): void {
  const found = simpleSites(source, "sops", () => [])
  if (found === null) return
  const whole = scanNodes(source)
  expect(factsOf(found.sites)).toEqual(factsOf(whole.sites))
  expect(found.metadata?.block.detach).toEqual(whole.metadata?.detach[0])
  expect(found.metadata?.block.place).toEqual(whole.metadata?.layout[0])
  expect(seen(scanYaml(source).docs)).toEqual(seen(whole.docs))
  const scan = scanYaml(source)
  const paths = (from: YamlScan): unknown[] =>
    [...from.entries].map(([item, { value }]) => [documentOf(item), ...fullPath(item), value?.span])
  expect(paths(scan)).toEqual(paths(whole))
  if (found.metadata === null) {
    const fresh = scanYaml(source)
    for (const like of [null, ...blocks]) expect(attach(fresh, tree, like)).toEqual(attach(whole, tree, like))
  }
  expect(scan.docs).toEqual(whole.docs)
  for (const [index, site] of scan.sites.entries()) {
    const [own, other] = [site.style, whole.sites[index]!.style]
    expect(own.node).toEqual(other.node)
    if (own.type === "comment" || other.type === "comment") {
      expect([own.type, other.type]).toEqual(["comment", "comment"])
      expect((own as CommentStyle).line).toEqual((other as CommentStyle).line)
      expect((own as CommentStyle).place).toBe((other as CommentStyle).place)
      continue
    }
    expect(own.entry).toEqual(other.entry)
    expect(scan.entries.has(site.item)).toBe(true)
  }
}

describe("sites of plain YAML are found without nodes", () => {
  const metadata =
    "sops:\n    age:\n        - recipient: age1\n          enc: |\n            A\n            B\n    mac: x\n"
  test.each([
    {
      name: "every kind of value",
      text: "a: 1\nb: 1.5\nc: true\nd: 2001-01-02\ne: ~\nf:\ng: \"1\"\nh: 'x'\ni: word\nj: {}\nk: []\n",
    },
    { name: "nested collections", text: "a:\n  b:\n    - c\n    - d: 1\n      e: 2\n    - f\n  g: h\ni:\n- j\n" },
    { name: "blocks", text: "a: |\n  one\n  two\nb: x\n" },
    { name: "metadata at the end", text: `a:\n  b: x\n\n${metadata}` },
    { name: "metadata and empty lines after it", text: `---\na: x\n${metadata}\n\n` },
    { name: "metadata without a line end", text: `a: x\n${metadata}`.trimEnd() },
    { name: "metadata after a missing value", text: `a:\n${metadata}` },
  ])("$name", ({ text }) => {
    expect(simpleSites(text, "sops", () => [])).not.toBeNull()
    bothWays(text)
  })

  test.each([
    { name: "a key twice", text: "a: 1\na: 2\n" },
    { name: "the ninth key twice", text: `${Array.from({ length: 12 }, (_, at) => `k${at}: x\n`).join("")}k10: y\n` },
    { name: "a key that is a number", text: "a:\n  1: x\n" },
    { name: "a key that is a date", text: "2001-01-02: x\n" },
    { name: "a list at the root", text: "- a\n- b: c\n" },
    { name: "an integer that sops cannot hold", text: "a: 9223372036854775808\n" },
    { name: "metadata before other entries", text: `${metadata}a: x\n` },
    { name: "a key twice in the metadata", text: `a: x\n${metadata}    mac: y\n` },
    {
      name: "a key twice deep in the metadata",
      text: `a: x\n${metadata}    kms:\n        - arn: x\n          arn: y\n`,
    },
    { name: "metadata twice", text: `a: x\n${metadata}${metadata}` },
    { name: "metadata and nothing else", text: metadata },
  ])("it steps aside for $name", ({ text }) => {
    expect(simpleSites(text, "sops", () => [])).toBeNull()
  })

  test("whatever it takes, it finds what the walk over nodes finds", () => {
    const key = fc.constantFrom("a", "b", "true", "x1", "sops", "long_name.of-a/key", "12", "nullable")
    const value = fc.constantFrom(
      "",
      " 1",
      " x y",
      ' "q"',
      " ''",
      " ENC[AES256_GCM,x]",
      " []",
      " {}",
      " ~",
      " 0x1F",
      " -1",
      " -x",
      " --",
      " |\n      t\n      u",
      " |\n      t\n\n      u\n",
      " |-\n      t\n\n",
    )
    const line = fc.tuple(fc.nat(2), fc.constantFrom("", "- "), key, value)
    const law = fc.property(fc.array(line, { minLength: 1, maxLength: 9 }), fc.boolean(), (lines, isSealed) => {
      const text = lines.map(([depth, dash, name, rest]) => `${"  ".repeat(depth)}${dash}${name}:${rest}\n`).join("")
      try {
        scanNodes(text + (isSealed ? metadata : ""))
      } catch {
        expect(simpleSites(text + (isSealed ? metadata : ""), "sops", () => [])).toBeNull()
        return
      }
      bothWays(text + (isSealed ? metadata : ""))
    })
    fc.assert(law, { numRuns: runs })
  })
})

describe("comments in a clear place are found without nodes", () => {
  const metadata = "sops:\n    mac: x\n    version: 3.9.0\n"
  test.each([
    { name: "above an entry", text: "a: 1\n# one\n#two\nb: 2\n" },
    { name: "above an entry, after an empty line", text: "a: 1\n\n# one\nb: 2\n" },
    { name: "above the first entry", text: "# one\na: 1\n" },
    { name: "at the top, with empty lines", text: "\n# one\n\n# two\n# three\n\n\na: 1\n# four\nb: 2\n" },
    { name: "above the first entry, after the mark", text: "---\n# one\na: 1\n" },
    { name: "above the first entry of a mapping", text: "a:\n  # one\n  b: 1\nc: 2\n" },
    { name: "above the entry after a mapping", text: "a:\n  b: 1\n# one\nc: 2\n" },
    { name: "in a list", text: "a:\n  # one\n  - b\n  # two\n  - c: 1\n    # three\n    d: 2\ne: 3\n" },
    { name: "after a value", text: "a: 1 # one\nb: x y   #two # three\nc: 2\n" },
    { name: "after quotes", text: "a: \"x # y\" # one\nb: 'z' #two\n" },
    { name: "after an element", text: "a:\n  - b # one\n  - c\n" },
    { name: "sealed", text: "a: ENC[AES256_GCM,x] #ENC[AES256_GCM,y]\n#ENC[AES256_GCM,z]\nb: 1\n" },
    { name: "in a file with metadata", text: `# one\na: 1 # two\nb: 2\n${metadata}` },
    { name: "after the last value before metadata", text: `a: 1 # one\n${metadata}` },
  ])("$name", ({ text }) => {
    expect(simpleSites(text, "sops", () => [])).not.toBeNull()
    bothWays(text)
  })

  test.each([
    { name: "below a value, with an empty line after it", text: "a: 1\n# one\n\nb: 2\n" },
    { name: "of another column", text: "a:\n  b: 1\n  # one\nc: 2\n" },
    { name: "at the end", text: "a: 1\n# one\n" },
    { name: "above the metadata", text: `a: 1\n# one\n${metadata}` },
    { name: "in the metadata", text: `a: 1\n${metadata}    # one\n    pgp: []\n` },
    { name: "after a key", text: "a: # one\n  b: 1\n" },
    { name: "after the header of a block", text: "a: | # one\n  b\n" },
    { name: "after an empty collection", text: "a: [] # one\n" },
  ])("it steps aside for one $name", ({ text }) => {
    expect(simpleSites(text, "sops", () => [])).toBeNull()
  })

  test("whatever it takes, it finds what the walk over nodes finds", () => {
    const key = fc.constantFrom("a", "b", "c", "d", "long_name.of-a/key")
    const value = fc.constantFrom(
      "",
      " 1",
      " x y",
      ' "q"',
      " ENC[AES256_GCM,x]",
      " []",
      " |\n      t\n\n      u",
      " |-\n      t",
      " z#",
    )
    const behind = fc.constantFrom("", "", "", " # one", "  #two", " #", " # one # two")
    const entry = fc
      .tuple(fc.constantFrom("", "", "- "), key, value, behind)
      .map(([dash, name, rest, comment]) => `${dash}${name}:${rest}${comment}`)
    const item = fc.tuple(fc.constantFrom("- x", "- y z", "-"), behind).map(([text, comment]) => text + comment)
    const remark = fc.constantFrom("# one", "#", "#two", "# a: b", "# - c")
    const line = fc.oneof(
      { weight: 5, arbitrary: entry },
      { weight: 1, arbitrary: item },
      { weight: 3, arbitrary: remark },
    )
    const indented = fc.tuple(fc.nat(2), line).map(([depth, text]) => `${"  ".repeat(depth)}${text}\n`)
    const lines = fc.oneof({ weight: 8, arbitrary: indented }, { weight: 1, arbitrary: fc.constant("\n") })
    let taken = 0
    const law = fc.property(fc.array(lines, { minLength: 1, maxLength: 9 }), fc.boolean(), (all, isSealed) => {
      const text = all.join("") + (isSealed ? metadata : "")
      try {
        scanNodes(text)
      } catch {
        expect(simpleSites(text, "sops", () => [])).toBeNull()
        return
      }
      const found = simpleSites(text, "sops", () => [])
      if (found?.sites.some(({ kind }) => kind === "comment") === true) taken++
      bothWays(text)
    })
    fc.assert(law, { numRuns: runs })
    // Else the law would say nothing.
    expect(taken).toBeGreaterThan(runs / 100)
  })
})

describe("plain YAML is read line by line", () => {
  test.each(taken)("$name", ({ text }) => {
    const simple = parseSimple(text)
    expect(simple).not.toBeNull()
    expect(simple).toEqual(parseYaml(text).documents)
  })

  test.each(refused)("it steps aside for $name", ({ text }) => {
    expect(parseSimple(text)).toBeNull()
  })

  const piece = fc.constantFrom(
    "a",
    "b",
    "key",
    "x y",
    "1",
    "true",
    "~",
    "<<",
    "é",
    "👋",
    "=",
    "\\",
    "ENC[AES256_GCM,data:AA==,iv:AA==,type:str]",
    ":",
    ": ",
    ":\n",
    "- ",
    "-",
    "\n",
    "\n",
    "\n  ",
    "\n    ",
    "\n\n",
    " ",
    "  ",
    "#",
    " # ",
    "---\n",
    "...\n",
    "\t",
    "\r\n",
    '"',
    "'",
    '"x"',
    "'y'",
    "|",
    "|\n",
    "|-\n",
    ">",
    "[]",
    "{}",
    "[",
    "]",
    "{",
    "}",
    ",",
    "&a",
    "*a",
    "!t",
    "?",
    "? ",
    "%",
    "@",
    "`",
    "a: 1\n",
    "  b: 2\n",
    "    c: 3\n",
    "- x\n",
    "  - y\n",
    "  - z: 1\n",
    "    w: 2\n",
    "a:\n",
    "  b:\n",
    "e: |\n  t\n",
  )
  const text = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(""))
  test("it reads what it takes as the full parser does, and takes nothing that that refuses", () => {
    const law = fc.property(text, (source) => {
      const simple = parseSimple(source)
      if (simple !== null) expect(simple).toEqual(parseOrNull(source))
    })
    fc.assert(law, { numRuns: runs })
  })

  test("lines that fit together are often taken", () => {
    const line = fc.tuple(
      fc.nat(2),
      fc.constantFrom("a: 1", "b:", "c: x", "- d: y", "- e", "f: |\n      t", 'g: "h"', "i: []"),
    )
    const lines = fc.array(line, { minLength: 1, maxLength: 8 })
    const law = fc.property(lines, (pairs) => {
      const source = pairs.map(([depth, content]) => `${"  ".repeat(depth)}${content}\n`).join("")
      const simple = parseSimple(source)
      if (simple !== null) expect(simple).toEqual(parseOrNull(source))
    })
    fc.assert(law, { numRuns: runs })
  })
})
