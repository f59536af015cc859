import * as fc from "fast-check"
import { yaml } from "../../../src/formats/yaml/yaml.ts"
import { documentLaws } from "../../laws/document-laws.ts"
import { confirmEditLaw, confirmLaw, formatLaws } from "../../laws/format-laws.ts"
import { readBackLaw } from "../../laws/read-back-law.ts"
import { yamlText } from "./yaml-text.ts"

// For go-yaml the length of a comment that ends the text decides whose it is. In a sealed file the metadata follows.
formatLaws(
  yaml,
  yamlText.filter((text) => !/#[^\n]*$/.test(text)),
)
documentLaws(yaml, yamlText)

const plainKey = fc.constantFrom("a", "b", "c", "long_name.of-a/key")
const plainValue = fc.constantFrom(
  "",
  " x",
  " two words",
  ' "q # r"',
  " 'it'",
  " 1",
  " -0",
  " 1.0",
  " null",
  " []",
  " {}",
  " ~",
)
const plainEntry = fc.tuple(fc.constantFrom("", "", "- "), plainKey, plainValue, fc.constantFrom("", "", " # one"))
const plainLine = fc.oneof(
  { weight: 6, arbitrary: plainEntry.map(([dash, name, value, comment]) => `${dash}${name}:${value}${comment}`) },
  { weight: 1, arbitrary: fc.constantFrom("- x", "- 2", "# one", "a: |\n      one\n\n      two") },
)
const plainLines = fc.array(fc.tuple(fc.constantFrom(0, 0, 0, 1, 2), plainLine), { minLength: 1, maxLength: 6 })
const plainText = plainLines.map((lines) => lines.map(([depth, line]) => `${"  ".repeat(depth)}${line}\n`).join(""))
confirmLaw(yaml, plainText)
readBackLaw(yaml, plainText)
confirmEditLaw(yaml, plainText)
