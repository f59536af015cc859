import { describe, expect, test } from "vitest"
import { utf8 } from "../../../src/core/text.ts"
import { yaml } from "../../../src/formats/yaml/yaml.ts"
import { openText, sealText } from "../../laws/document-laws.ts"

/** Upstream takes an empty comment of a list for the empty string when it opens it, so the list grows by an element. */
describe("empty comments in lists", () => {
  test.each([
    { name: "a line of a block", plain: "list:\n  # a\n  #\n  # b\n  - x\n" },
    { name: "after an element", plain: "list:\n  - x #\n  - y\n" },
    { name: "at the end", plain: "list:\n  - x\n  #\n" },
    { name: "with a blank beside one without", plain: "list:\n  #\n  # \n  - x\n" },
    { name: "as the last sign of the text", plain: "list:\n  - x #" },
    { name: "in a flow list", plain: "list: [\n  #\n  x]\n" },
  ])("$name: none is left in a sealed file, and it comes back", ({ plain }) => {
    const { text, warnings } = sealText(yaml, plain)
    expect(text).not.toMatch(/#\s*$/m)
    expect(warnings).toEqual([])
    expect(utf8.decode(openText(yaml, text).bytes)).toBe(plain)
  })

  test("they keep their tokens", () => {
    const plain = "list:\n  #\n  - x\n"
    const previous = openText(yaml, sealText(yaml, plain).text)
    const changed = sealText(yaml, plain.replace("x", "z"), { previous, now: new Date("2031-01-01T00:00:00Z") }).text
    expect(changed.split("\n")[1]).toBe(previous.document.scan.source.split("\n")[1])
  })

  test("in a mapping, and where nothing is sealed, they stay", () => {
    expect(sealText(yaml, "#\nkey: x\n").text).toMatch(/^#$/m)
    expect(sealText(yaml, "list_unencrypted:\n  #\n  - x\nkey: y\n").text).toMatch(/^ {2}#$/m)
  })
})
