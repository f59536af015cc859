import { expect, test } from "vitest"
import { type Leaf } from "../../src/core/document.ts"
import { sameSites } from "../../src/core/same-sites.ts"
import { type Scalar } from "../../src/core/scalar.ts"
import { utf8 } from "../../src/core/text.ts"
import { json } from "../../src/formats/json/json.ts"

const cases: { name: string; kind: Scalar["kind"]; text: string; found: string; isSame: boolean }[] = [
  { name: "the same kind and bytes", kind: "int", text: "1", found: "1", isSame: true },
  { name: "a whole float, printed without its point", kind: "float", text: "1", found: "1", isSame: true },
  { name: "the float -0, which is read as an integer", kind: "float", text: "-0", found: "-0", isSame: true },
  { name: "another number", kind: "float", text: "-1", found: "-0", isSame: false },
  { name: "a text that became a number", kind: "str", text: "1", found: "1", isSame: false },
]

test.each(cases)("$name: $isSame", ({ kind, text, found, isSame }) => {
  const [site] = json.scan('{"k":"ENC[x]"}').sites
  const leaf: Leaf = { site: site!, scalar: { kind, bytes: utf8.encode(text) }, isSelected: true, token: "ENC[x]" }
  expect(sameSites([leaf], json.scan(`{"k":${found}}`).sites, json)).toBe(isSame)
})
