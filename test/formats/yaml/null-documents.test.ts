import { expect, test } from "vitest"
import { utf8 } from "../../../src/core/text.ts"
import { yaml } from "../../../src/formats/yaml/yaml.ts"
import { openText, sealText } from "../../laws/document-laws.ts"

const nulls = [
  "a: 1\n---\nnull\n",
  "a: 1\n---\n~",
  "a: 1\n---\nNull\n...\n---\nNULL # behind\n",
  "a: 1\n--- !!null x\n",
  "a: 1\n--- &a\n",
  "a: 1\n---\n&x null\n---\nb: 1\n",
  "a: 1\r\n---\r\n~\r\n",
  "null\n---\na: 1\n",
  "# above\n~\n---\na: 1\n",
  "---\nnull\n---\na: 1\n",
  "--- null\n--- ~\n---\na: 1",
  "a: 1\n---\n---\n{}\n",
]

test.each(nulls)("a document that is null is sealed and comes back: %j", (plain) => {
  const { text, warnings } = sealText(yaml, plain)
  expect(warnings).toEqual([])
  const { sites, metadata } = yaml.scan(text)
  expect(metadata).not.toBe(null)
  expect(sites.filter(({ kind }) => kind === "null")).toEqual([])
  const opened = openText(yaml, text)
  expect(utf8.decode(opened.bytes)).toBe(plain)
  expect(sealText(yaml, plain, { previous: opened }).text).toBe(text)
})

test("if a comment follows a null that alone makes a document, the canonical form comes back", () => {
  const { text, warnings } = sealText(yaml, "null # behind\n---\na: 1\n")
  expect(warnings).toEqual([{ code: "LAYOUT_DROPPED" }])
  expect(utf8.decode(openText(yaml, text).bytes)).toBe(" # behind\n{}\n---\na: 1\n")
})

test("a document that sops sealed as an empty mapping is printed as one, wherever it is", () => {
  const { text } = sealText(yaml, "a: 1\n---\n---\nb: 2\n", { structure: false, layoutMemo: false })
  expect(text).not.toContain("sotto_")
  expect(utf8.decode(openText(yaml, text).bytes)).toBe("a: 1\n---\n{}\n---\nb: 2\n")
})
