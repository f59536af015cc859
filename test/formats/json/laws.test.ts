import * as fc from "fast-check"
import { json } from "../../../src/formats/json/json.ts"
import { confirmEditLaw, confirmLaw, formatLaws } from "../../laws/format-laws.ts"
import { readBackLaw } from "../../laws/read-back-law.ts"

const space = fc.stringMatching(/^( |\t|\n|\r\n){0,3}$/)
const escape = fc.constantFrom(
  '\\"',
  "\\\\",
  "\\/",
  "\\n",
  "\\u0041",
  "\\ud800",
  "\\ud83d\\ude00",
  "\\u2028",
  "\\u0000",
)
const character = fc.oneof(
  fc.stringMatching(/^[ -!#-[\]-~]$/),
  escape,
  fc.constantFrom("é", "\u2028", "😀", "\u007f", "\uFEFF", "<", "&"),
)
const string = fc.array(character, { maxLength: 8 }).map((parts) => `"${parts.join("")}"`)
const number = fc.stringMatching(/^-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,5})?([eE][-+]?[0-9]{1,2})?$/)
const scalar = fc.oneof(string, number, fc.constantFrom("true", "false", "null", "{}", "[]", "{ }", "[\n]"))
const name = fc.oneof(fc.constantFrom('"a"', '"b:c"', '"__proto__"', '"\\u0061"', '""'), string)

const { object } = fc.letrec<{ value: string; object: string; list: string }>((tie) => ({
  value: fc.oneof({ depthSize: "small", withCrossShrink: true }, scalar, tie("object"), tie("list")),
  object: fc
    .array(fc.tuple(space, name, space, space, tie("value"), space), { maxLength: 4 })
    .map((entries) => `{${entries.map(([a, key, b, c, value, d]) => `${a}${key}${b}:${c}${value}${d}`).join(",")}}`),
  list: fc
    .array(fc.tuple(space, tie("value"), space), { maxLength: 4 })
    .map((entries) => `[${entries.map((parts) => parts.join("")).join(",")}]`),
}))

const text = fc.tuple(fc.constantFrom("", "", "", "\uFEFF"), space, object, space).map((parts) => parts.join(""))

formatLaws(json, text)
confirmLaw(json, text)
readBackLaw(json, text)
confirmEditLaw(json, text)
