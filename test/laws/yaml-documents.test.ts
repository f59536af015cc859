import fc from "fast-check"
import { yaml } from "../../src/formats/yaml/yaml.ts"
import { documentLaws } from "./document-laws.ts"

const keys = fc.constantFrom("a", "b", "name", "x-y", '"q k"', "'s'", "a_unencrypted", "é", "😀", "? z\n")
const plain = fc.constantFrom(
  "x",
  "1",
  "0x1F",
  "1_000",
  "1.0",
  "1e3",
  "true",
  "yes",
  "~",
  "null",
  "2001-12-14",
  "a b",
  "-1",
  "''",
  '""',
  "'it''s'",
  '"a\\nb"',
  '"\\x41"',
  "!!str 5",
  "!!int '31'",
  "!x y",
  ".inf",
  "017",
  "[]",
  "{}",
  "[1, a]",
  "{k: v, 'w': \"z\"}",
  "[ENC]",
)
const blank = fc.constantFrom("", "", "", "\n", "\n\n", "# note\n", "#\n", "#a\n\n")
const tail = fc.constantFrom("", "", "", " # c", "   ", "  #")

function indentText(text: string, by: string): string {
  return text.replace(/^(?=.)/gm, by)
}

/** Block YAML from small pieces: indents, comments, blank lines, all scalar styles, lists, anchors. */
const block: fc.Memo<string> = fc.memo((depth) =>
  fc
    .array(
      fc.tuple(
        blank,
        keys.filter((key) => !key.includes("\n")),
        depth <= 1 ? leaf : fc.oneof(leaf, nested(depth - 1), list(depth - 1)),
      ),
      {
        minLength: 1,
        maxLength: 4,
      },
    )
    .map((entries) => {
      const seen = new Set<string>()
      return entries
        .filter(([, key]) => !seen.has(key) && seen.add(key))
        .map(([before, key, value]) => `${before}${key}:${value}`)
        .join("")
    }),
)
const leaf: fc.Arbitrary<string> = fc.oneof(
  fc.tuple(plain, tail).map(([value, end]) => ` ${value}${end}\n`),
  fc.constantFrom(
    " |\n  one\n  two\n",
    " |-\n    one\n\n    two\n",
    " >\n  folded\n  text\n\n  more\n",
    " |+\n  keep\n\n",
    "\n",
    " plain over\n  two lines\n",
    ' "quoted over\n  two lines"\n',
    " |2\n   lead\n",
  ),
)
const nested: fc.Memo<string> = fc.memo((depth) =>
  fc.tuple(block(depth), fc.constantFrom("  ", "    ", " ")).map(([inner, by]) => `\n${indentText(inner, by)}`),
)
const list: fc.Memo<string> = fc.memo((depth) =>
  fc
    .tuple(
      fc.array(
        fc.tuple(
          blank,
          fc.oneof(
            plain.map((value) => ` ${value}\n`),
            block(depth).map((inner) => ` ${indentText(inner, "  ").trimStart()}`),
          ),
          tail,
        ),
        { minLength: 1, maxLength: 3 },
      ),
      fc.constantFrom("", "  "),
    )
    .map(([items, by]) => `\n${indentText(items.map(([before, item]) => `${before}-${item}`).join(""), by)}`),
)
const texts = fc
  .tuple(
    fc.constantFrom("", "", "---\n", "\uFEFF", "# top\n\n"),
    block(3),
    fc.constantFrom("", "", "...\n", "---\nz: 1\n", "# end\n", "  # in\n", "\n\n"),
    fc.boolean(),
    fc.boolean(),
  )
  .map(([start, body, end, isCrlf, isCut]) => {
    const text = start + body + end
    const cut = isCut ? text.replace(/\n+$/, "") : text
    return isCrlf ? cut.replaceAll("\n", "\r\n") : cut
  })

documentLaws(yaml, texts)
