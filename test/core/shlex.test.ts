import { describe, expect, test } from "vitest"
import { splitWords } from "../../src/core/shlex.ts"

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

// Answers of github.com/google/shlex.
const answers = [
  { command: "", words: [] },
  { command: "  \t\n ", words: [] },
  { command: "a b  c", words: ["a", "b", "c"] },
  { command: `'a b' "c d"`, words: ["a b", "c d"] },
  { command: `a'b'c"d"e`, words: ["abcde"] },
  { command: `''`, words: [""] },
  { command: `a "" b`, words: ["a", "", "b"] },
  { command: `a\\ b`, words: ["a b"] },
  { command: `'a\\b'`, words: ["a\\b"] },
  { command: `"a\\"b\\x"`, words: [`a"bx`] },
  { command: "a#b #c d", words: ["a#b"] },
  { command: "a #b\nc", words: ["a", "c"] },
  { command: `a ''#b`, words: ["a", "#b"] },
  { command: "$HOME `x` $(y) ~ *", words: ["$HOME", "`x`", "$(y)", "~", "*"] },
  { command: "päss 🔑", words: ["päss", "🔑"] },
  { command: `a 'b`, words: null },
  { command: `a "b`, words: null },
  { command: `a "b\\`, words: null },
  { command: "a\\", words: null },
]

test.each(answers)("$command gives what upstream's library gives", ({ command, words }) =>
  expect(splitWords(command)).toEqual(words),
)
