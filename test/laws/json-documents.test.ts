import fc from "fast-check"
import { json } from "../../src/formats/json.ts"
import { documentLaws } from "./document-laws.ts"

const spacing = fc.constantFrom("", " ", "\n", "\n  ", "\t", "\r\n")
const key = fc.constantFrom("a", "b", "name", "x y", "é", "a_unencrypted", "\\u0061b", "😀")
const leaf = fc.constantFrom(
  '"x"',
  '""',
  '"a\\nb"',
  '"\\/"',
  '"<&>"',
  '"\\u0041"',
  "1",
  "-0",
  "1.0",
  "1e3",
  "true",
  "null",
  "12345678901234567",
  "0.1e-7",
  "{}",
  "[]",
  "[ ]",
)

/** JSON text with white space and spellings that no printer would choose. */
const value: fc.Memo<string> = fc.memo((depth) =>
  depth <= 1 ? leaf : fc.oneof(leaf, object(depth - 1), list(depth - 1)),
)
const object: fc.Memo<string> = fc.memo((depth) =>
  fc
    .tuple(fc.array(fc.tuple(spacing, key, spacing, value(depth), spacing), { maxLength: 4 }), spacing)
    .map(([entries, end]) => `{${entries.map(([a, k, b, v, c]) => `${a}"${k}"${b}:${c}${v}`).join(",")}${end}}`),
)
const list: fc.Memo<string> = fc.memo((depth) =>
  fc
    .tuple(fc.array(fc.tuple(spacing, value(depth)), { maxLength: 4 }), spacing)
    .map(([items, end]) => `[${items.map(([a, v]) => `${a}${v}`).join(",")}${end}]`),
)
const texts = fc
  .tuple(fc.constantFrom("", "\uFEFF"), object(3), fc.constantFrom("", "\n", "\r\n", "  \n"))
  .map((parts) => parts.join(""))

documentLaws(json, texts)
