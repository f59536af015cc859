import { describe, expect, test } from "vitest"
import { splitWords } from "../../src/keys/shlex.ts"

// Answers of github.com/google/shlex.
const cases = [
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

describe("words of a command", () => {
  test.each(cases)("$command", ({ command, words }) => expect(splitWords(command)).toEqual(words))
})
