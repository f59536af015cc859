import { describe, expect, test } from "vitest"
import { parseAllDocuments } from "yaml"
import { type Kind } from "../../../src/core/scalar.ts"
import { splice } from "../../../src/core/splice.ts"
import { utf8 } from "../../../src/core/text.ts"
import { yaml } from "../../../src/formats/yaml/yaml.ts"

const TOKEN = "ENC[AES256_GCM,data:YQ==,iv:Yg==,tag:Yw==,type:str]"

/** Every value that is not null or empty under `k` becomes a token; `T` stands for it. */
function sealed(plain: string): string {
  const scan = yaml.scan(plain)
  const edits = scan.sites.flatMap((site) =>
    site.span === null || site.scalar === null || site.scalar.bytes.length === 0 ? [] : [yaml.seal(scan, site, TOKEN)],
  )
  return splice(plain, edits).replaceAll(TOKEN, "T")
}

const carriers: { name: string; plain: string; sealed: string }[] = [
  { name: "plain", plain: "k: a b\n", sealed: "k: T\n" },
  { name: "single quotes", plain: "k: 'it''s'\n", sealed: "k: 'T'\n" },
  { name: "double quotes", plain: 'k: "a\\nb"  # c\n', sealed: 'k: "T"  #T\n' },
  { name: "several lines", plain: "k: a\n  b\nl: 'c\n  d'\n", sealed: "k: T\nl: 'T'\n" },
  { name: "on the next line", plain: "k:\n  a\n", sealed: "k:\n  T\n" },
  { name: "flow", plain: "k: [a, 'b', \"c\", 1]\n", sealed: 'k: ["T", \'T\', "T", "T"]\n' },
  { name: "literal", plain: "j:\n  k: |\n    a\n     b\n", sealed: "j:\n  k: |\n    T\n" },
  { name: "literal in a flat file", plain: "k: |\n    a\n     b\n", sealed: "k: |-\n    T\n" },
  { name: "folded beside a list", plain: "k: >\n  a\n  b\nl: [c]\n", sealed: 'k: >\n  T\nl: ["T"]\n' },
  { name: "folded, stripped", plain: "k: >-\n  a\n  b\n\nl: 1\n", sealed: "k: >-\n  T\n\nl: T\n" },
  { name: "indentation indicator", plain: "k: |2\n   a\n", sealed: "k: |2-\n  T\n" },
  { name: "kept line ends stay", plain: "k: |+\n  a\n\n\n# c\n", sealed: "k: |+\n  T\n\n\n#T\n" },
  { name: "a comment after a header", plain: "k: | # c\n  a\n", sealed: "k: | #T\n  T\n" },
  { name: "CRLF", plain: "k: |\r\n  a\r\n  b\r\nl: x\r\n", sealed: "k: |-\r\n  T\r\nl: T\r\n" },
  { name: "a core tag goes", plain: 'k: !!int "31"\nl: !!float 1\n', sealed: 'k: "T"\nl: T\n' },
  { name: "other tags and anchors stay", plain: "k: !!str 5\nl: !x &a y\n", sealed: "k: !!str T\nl: !x &a T\n" },
  { name: "explicit key", plain: "? k\n: a\n", sealed: "? k\n: T\n" },
  { name: "lists", plain: "k:\n- a\n-  - b # c\n   - d\n", sealed: "k:\n- T\n-  - T #T\n   - T\n" },
  { name: "null and empty stay", plain: "a:\nb: ''\nc: {}\nd: ~\n", sealed: "a:\nb: ''\nc: {}\nd: ~\n" },
  { name: "a block at the end of the text", plain: "k: |\n  a", sealed: "k: |\n  T" },
]

describe("seal", () => {
  test.each(carriers)("$name", ({ plain, sealed: expected }) => {
    expect(sealed(plain)).toBe(expected)
  })

  test.each(carriers)("$name: other parsers read tokens too", ({ plain }) => {
    const text = sealed(plain).replaceAll("T", TOKEN)
    for (const document of parseAllDocuments(text, { logLevel: "silent" })) expect(document.errors).toEqual([])
  })
})

/** Opens the first token, written `T`, to a scalar. */
function opened(text: string, kind: Kind, value: string): string {
  const source = text.replaceAll("T", TOKEN)
  const scan = yaml.scan(source)
  const site = scan.sites.find(({ scalar }) => scalar !== null && utf8.decode(scalar.bytes).startsWith("ENC["))!
  return splice(source, [yaml.open(scan, site, { kind, bytes: utf8.encode(value) })]).replaceAll(TOKEN, "T")
}

const spellings: { name: string; sealed: string; value: string; kind?: Kind; plain: string }[] = [
  { name: "plain stays plain", sealed: "k: T\n", value: "a b", plain: "k: a b\n" },
  { name: "plain that needs quotes", sealed: "k: T\n", value: "31", plain: 'k: "31"\n' },
  {
    name: "plain with lines becomes a block",
    sealed: "k:\n  a: T\n",
    value: "x\ny\n",
    plain: "k:\n  a: |\n    x\n    y\n",
  },
  {
    name: "a block snaps to the file's indentation",
    sealed: "k:\n    - a: T\n",
    value: "x\n",
    plain: "k:\n    - a: |\n        x\n",
  },
  { name: "a block in a list", sealed: "k:\n    - T\n", value: "x\ny", plain: "k:\n    - |-\n      x\n      y\n" },
  { name: "no block where a comment follows", sealed: "k: T # c\n", value: "x\ny", plain: 'k: "x\\ny" # c\n' },
  { name: "no block where blanks follow", sealed: "k: T  \n", value: "x\ny", plain: 'k: "x\\ny"  \n' },
  {
    name: "no block over a deeper comment",
    sealed: "k: T\n      # c\n",
    value: "x\ny",
    plain: 'k: "x\\ny"\n      # c\n',
  },
  {
    name: "no kept block over an empty line",
    sealed: "k: T\n\nl: 1\n",
    value: "x\n\n",
    plain: 'k: "x\\n\\n"\n\nl: 1\n',
  },
  { name: "no block without its line end", sealed: "k: T", value: "x\n", plain: 'k: "x\\n"' },
  { name: "a tag makes quotes needless", sealed: "k: !!str T\n", value: "31", plain: "k: !!str 31\n" },
  { name: "single quotes", sealed: "k: 'T'\n", value: "it's", plain: "k: 'it''s'\n" },
  { name: "single quotes that cannot hold it", sealed: "k: 'T'\n", value: "a\nb", plain: 'k: "a\\nb"\n' },
  { name: "double quotes keep what can be read", sealed: 'k: "T"\n', value: '😀é"\t', plain: 'k: "😀é\\"\\t"\n' },
  { name: "plain as upstream: astral characters escaped", sealed: "k: T\n", value: "😀", plain: 'k: "\\U0001F600"\n' },
  { name: "a number leaves its quotes", sealed: 'k: ["T"]\n', kind: "int", value: "5", plain: "k: [5]\n" },
  { name: "negative zero stays a float", sealed: "k: T\n", kind: "float", value: "-0", plain: "k: -0.0\n" },
  { name: "literal", sealed: "k: |\n   T\n", value: "a\n b\n", plain: "k: |\n   a\n    b\n" },
  { name: "literal, clipped", sealed: "k: |-\n   T\n", value: "a\n b\n", plain: "k: |\n   a\n    b\n" },
  {
    name: "clipped with an indicator",
    sealed: "k: !a-b |-2\n  T\n",
    value: " a\n",
    plain: "k: !a-b |2\n   a\n",
  },
  { name: "folded, clipped", sealed: "k: >-\n  T\n", value: "a b\n", plain: "k: >\n  a b\n" },
  { name: "literal, CRLF", sealed: "k: |\r\n  T\r\n", value: "a\nb\n", plain: "k: |\r\n  a\r\n  b\r\n" },
  { name: "a header that does not fit", sealed: "k: |\n   T\n", value: "a\nb", plain: "k: |-\n   a\n   b\n" },
  { name: "a block that starts with a blank", sealed: "k: |\n  T\n", value: " a\n", plain: "k: |2\n   a\n" },
  { name: "a text without lines leaves its block", sealed: "k: |\n  T\n", value: "a", plain: "k: a\n" },
  { name: "what no block holds", sealed: "k: |\n  T\n", value: "a\r\n", plain: 'k: "a\\r\\n"\n' },
  { name: "folded keeps its line ends", sealed: "k: >-\n  T\n", value: "a b\nc", plain: "k: >-\n  a b\n\n  c\n" },
  { name: "folded that would not fold", sealed: "k: >\n  T\n", value: "a\n b\n", plain: "k: |\n  a\n   b\n" },
  { name: "a comment", sealed: "k: 1 #T\n", kind: "comment", value: " c", plain: "k: 1 # c\n" },
  {
    name: "a list element that was a comment",
    sealed: "k:\n  - T\n  - a\n",
    kind: "comment",
    value: " c",
    plain: "k:\n  # c\n  - a\n",
  },
]

describe("open", () => {
  test.each(spellings)("$name", ({ sealed: text, kind = "str", value, plain }) => {
    expect(opened(text, kind, value)).toBe(plain)
    if (kind !== "comment") {
      const { scalar } = yaml.scan(plain).sites.find((site) => site.kind !== "comment")!
      expect({ kind: scalar!.kind, value: utf8.decode(scalar!.bytes) }).toEqual({ kind, value })
    }
  })

  test("bytes that are not UTF-8", () => {
    const scan = yaml.scan(`k: "${TOKEN}"\n`)
    const edit = yaml.open(scan, scan.sites[0]!, { kind: "str", bytes: Uint8Array.of(0xff) })
    expect(splice(scan.source, [edit])).toBe("k: !!binary /w==\n")
  })
})
