import { describe, expect, test } from "vitest"
import { noSelectors } from "../../../src/core/select.ts"
import { fullPath } from "../../../src/core/site.ts"
import { splice } from "../../../src/core/splice.ts"
import { utf8 } from "../../../src/core/text.ts"
import { ini } from "../../../src/formats/ini/ini.ts"
import { openText, sealText } from "../../laws/document-laws.ts"

/** By substring, as the laws compile their patterns. */
const selectors = { ...noSelectors, encryptedRegex: "password" }

function valueIn(text: string): string | undefined {
  const leaf = openText(ini, text).leaves.find(({ site }) => fullPath(site.item).at(-1) === "password")
  return leaf === undefined ? undefined : utf8.decode(leaf.scalar!.bytes)
}

describe("a value that begins with a mark is sealed where the rule names its key", () => {
  test.each([
    ["#canary-7f3a", "#canary-7f3a"],
    [";canary-7f3a", ";canary-7f3a"],
    ["#canary-7f3a # canary", "#canary-7f3a"],
    ["##canary-7f3a;x", "##canary-7f3a;x"],
    ["###", "###"],
    ["a;canary-7f3a", "a;canary-7f3a"],
    ["'# canary-7f3a'", "# canary-7f3a"],
  ])("password = %s", (spelled, value) => {
    for (const text of [
      `[s]\npassword = ${spelled}\nuser = x\n`,
      `password=${spelled}\n`,
      `[s]\r\npassword = ${spelled}\r\n`,
    ]) {
      const sealed = sealText(ini, text, { selectors }).text
      expect(sealed).not.toContain("canary")
      expect(sealed).not.toContain(spelled)
      expect(valueIn(sealed)).toBe(value)
      expect(utf8.decode(openText(ini, sealed).bytes)).toBe(text)
    }
  })

  test("in the clear it counts as upstream reads it, and stays as it is", () => {
    const text = "[s]\nother = #x\npassword = y\n"
    const sealed = sealText(ini, text, { selectors }).text
    expect(sealed).toContain("other = #x\n")
    expect(utf8.decode(openText(ini, sealed).bytes)).toBe(text)
  })
})

describe("what follows a sealed value is sealed with it: nobody knows whether it is a comment", () => {
  test.each(["canary1 #canary2", "canary1 ; canary2", "'canary1'# canary2", " ; canary2", "# canary2"])(
    "password = %s",
    (spelled) => {
      const text = `[s]\npassword = ${spelled}\nuser = x ; clear\n`
      const sealed = sealText(ini, text, { selectors }).text
      expect(sealed).not.toContain("canary")
      expect(sealed).toContain("; clear")
      expect(utf8.decode(openText(ini, sealed).bytes)).toBe(text)
    },
  )
})

test("a value that becomes empty does not take what follows for a value", () => {
  const scan = ini.scan("[s]\na = x #y\nb = x # y\n")
  const empty = { type: "scalar", scalar: { kind: "str", bytes: utf8.encode("") } } as const
  expect(splice(scan.source, ini.set(scan, ["s", "a"], empty))).toBe('[s]\na = "" #y\nb = x # y\n')
  expect(splice(scan.source, ini.set(scan, ["s", "b"], empty))).toBe("[s]\na = x #y\nb =  # y\n")
})
