import { describe, expect, test } from "vitest"
import { splitWords } from "../../src/host/shlex.ts"

describe("splitWords", () => {
  test.each([
    ["vim", ["vim"]],
    ["  code\t--wait\r\n", ["code", "--wait"]],
    ["'a b' c", ["a b", "c"]],
    [`"a b"'c d'e`, ["a bc de"]],
    [`"a\\"b\\n"`, [`a"bn`]],
    [`'a\\'b`, ["a\\b"]],
    ["a\\ b", ["a b"]],
    ["a\\\nb", ["a\nb"]],
    ["''", [""]],
    ['x ""', ["x", ""]],
    ["a #b c\nd", ["a", "d"]],
    ["a#b", ["a#b"]],
    ["#all", []],
    ["$HOME ~ *", ["$HOME", "~", "*"]],
    ["", []],
    ["a😀\\😀", ["a😀😀"]],
    [`"a`, null],
    ["'a", null],
    ["a\\", null],
    [`"a\\`, null],
  ])("%j", (text, words) => {
    expect(splitWords(text)).toEqual(words)
  })
})
