import { expect, test } from "vitest"
import { splice } from "../../src/core/splice.ts"
import { Offsets } from "../../src/core/written-out.ts"

test("every letter that an edit left alone has its partner", () => {
  const source = "abcdefghij"
  const edits = [
    { start: 7, end: 8, text: "" },
    { start: 0, end: 0, text: "123" },
    { start: 2, end: 5, text: "-" },
    { start: 10, end: 10, text: "!" },
  ]
  const edited = splice(source, edits)
  const offsets = new Offsets(edits)
  for (const letter of "abfgij") expect(source[offsets.before(edited.indexOf(letter))]).toBe(letter)
})
