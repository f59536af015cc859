import * as fc from "fast-check"
import { ini } from "../../../src/formats/ini/ini.ts"
import { documentLaws } from "../../laws/document-laws.ts"
import { confirmEditLaw, confirmLaw, formatLaws } from "../../laws/format-laws.ts"

const text = fc
  .array(
    fc.constantFrom(
      "a",
      "é",
      "😀",
      " ",
      "\t",
      "=",
      ":",
      ";",
      "#",
      '"',
      "'",
      "`",
      '"""',
      "\\",
      "]",
      "[",
      "\u00a0",
      "\u2028",
      "\\n",
      " ;",
    ),
    { maxLength: 4 },
  )
  .map((parts) => parts.join(""))
const blank = fc.constantFrom("", "", " ", "  ", "\t")
const key = fc.constantFrom("a", "b", "beta", "k y", "a.b", "x_unencrypted", "-", '"q=k"', "`b:k`", '"""t"""', "a:")
const value = fc.oneof(
  fc.constantFrom("", "v", "a;b", "x # y", "one \\\n  two", '"""l1\nl2"""', "`m1\nm2` ; c", "%(a)s"),
  text,
  text.map((inner) => `"${inner}"`),
  text.map((inner) => `'${inner}' ; c`),
  text.map((inner) => `\`${inner}\``),
)
const line = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(blank, key, fc.constantFrom("=", " = ", ": ", "   ="), value, blank)
      .map((parts) => parts.join("")),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(blank, fc.constantFrom(";", "# ", ";; ", "#\t"), text).map((parts) => parts.join("")),
  },
  fc.constantFrom("", "  ", ";", "###"),
  fc
    .tuple(blank, fc.constantFrom("[s]", "[t]", "[DEFAULT]", "[ p ]"), fc.constantFrom("", " ", " ; c", "; c", " x"))
    .map((parts) => parts.join("")),
)
const texts = fc
  .tuple(
    fc.constantFrom("", "", "", "\uFEFF"),
    fc.array(line, { maxLength: 8 }),
    fc.constantFrom("\n", "\n", "\r\n"),
    fc.boolean(),
  )
  .map(([bom, lines, eol, isClosed]) => bom + lines.join(eol) + (isClosed ? eol : ""))

/** Among others, lines as most are: the format confirms a value by itself in few others. */
const plainLine = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(key, fc.constantFrom("=", " = "), fc.constantFrom("v", "two words"))
      .map((parts) => parts.join("")),
  },
  { weight: 1, arbitrary: line },
)
const plainTexts = fc
  .tuple(fc.array(plainLine, { minLength: 1, maxLength: 4 }), fc.constantFrom("\n", "\r\n"), fc.boolean())
  .map(([lines, eol, isClosed]) => lines.join(eol) + (isClosed ? eol : ""))

formatLaws(ini, texts)
documentLaws(ini, texts)
confirmLaw(ini, texts)
confirmEditLaw(ini, fc.oneof(texts, plainTexts))
