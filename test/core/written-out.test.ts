import { describe, expect, test } from "vitest"
import { noSelectors } from "../../src/core/select.ts"
import { utf8 } from "../../src/core/text.ts"
import { yaml } from "../../src/formats/yaml/yaml.ts"
import { openText, sealText } from "../laws/document-laws.ts"

/** A comment behind an alias moves into the mapping or list that is written out in its place, and takes its path. */
describe("comments behind aliases that are written out", () => {
  test.each([
    { name: "to a mapping", plain: "base: &b {x: 1}\ncopy: *b # c\n" },
    { name: "to a list", plain: "base: &b\n  - x\ncopy: *b   # c\nlast: 1\n" },
    { name: "an empty one, to a list", plain: "base: &b [x]\ncopy: *b #\nlast: 1\n" },
    { name: "in a list", plain: "base: &b [x]\nlist:\n  - *b # c\n  - z # d\n" },
    { name: "a merge", plain: "base: &b\n  x: 0x1F # q\nmap:\n  <<: *b # merge\n  y: 0x2 # r\n" },
    {
      name: "several, with comments around",
      plain: "# a\nbase: &b\n  # in\n  x: 1\n# h\none: *b # 1\ntwo: *b # 2\n# f\n",
    },
    { name: "to a text", plain: "base: &b x\ncopy: *b # c\n" },
  ])("$name: sealed, and back to the byte", ({ plain }) => {
    const sealed = sealText(yaml, plain)
    expect(sealed.warnings).toEqual([])
    const opened = openText(yaml, sealed.text)
    expect(opened.warnings).toEqual([])
    expect(utf8.decode(opened.bytes)).toBe(plain)
    const again = sealText(yaml, plain, { previous: opened, keys: opened.document.metadata.tree })
    expect(again.text).toBe(sealed.text)
  })
})

test("a marker above the list selects what an alias in it stands for", () => {
  const plain = "# seal\nlist: # c\n  - &a x\n  - *a # d\n"
  const selectors = { ...noSelectors, encryptedCommentRegex: "seal" }
  const sealed = sealText(yaml, plain, { selectors })
  expect(utf8.decode(openText(yaml, sealed.text).bytes)).toBe(plain)
})
