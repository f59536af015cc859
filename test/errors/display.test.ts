import { describe, expect, test } from "vitest"
import { display, displayPath } from "../../src/errors/display.ts"

const cases = [
  { name: "plain text stays", text: "secrets/prod.yaml", shown: "secrets/prod.yaml" },
  { name: "letters of any script stay", text: "größe 鍵 ключ", shown: "größe 鍵 ключ" },
  { name: "newlines cannot start a line of their own", text: "a\r\nerror: b", shown: "a\\r\\nerror: b" },
  { name: "escape sequences", text: "\x1b[2Jx\x07", shown: "\\x1b[2Jx\\x07" },
  { name: "NUL, DEL and C1", text: "\0\x7f\x9b", shown: "\\x00\\x7f\\x9b" },
  { name: "bidi overrides and isolates", text: "a\u202eb\u2066c\u061c", shown: "a\\u202eb\\u2066c\\u061c" },
  { name: "zero-width characters", text: "a\u200bb\u200dc\ufeffd\u2060", shown: "a\\u200bb\\u200dc\\ufeffd\\u2060" },
  { name: "line and paragraph separators", text: "a\u2028b\u2029c\x85", shown: "a\\u2028b\\u2029c\\x85" },
  { name: "tags beyond the basic plane", text: "a\u{e0041}", shown: "a\\u{e0041}" },
  { name: "fillers that print nothing", text: "\u3164\u115f\u00ad", shown: "\\u3164\\u115f\\xad" },
  { name: "lone surrogates", text: "a\ud800", shown: "a\\ud800" },
  { name: "200 characters fit", text: "x".repeat(200), shown: "x".repeat(200) },
  { name: "more are cut", text: "x".repeat(201), shown: `${"x".repeat(200)}…` },
  { name: "an escape is never cut in two", text: `${"x".repeat(198)}\x1b`, shown: `${"x".repeat(198)}…` },
]

describe("S20: display", () => {
  test.each(cases)("$name", ({ text, shown }) => {
    expect(display(text)).toBe(shown)
  })
})

const paths = [
  { name: "keys and positions", path: ["db", "users", 0, "name"], shown: "db.users[0].name" },
  { name: "a key with a dot", path: ["a.b", "c"], shown: `["a.b"].c` },
  { name: "a key that would act on a terminal", path: ["a", "\x1b[0m"], shown: `a["\\x1b[0m"]` },
  { name: "a position at the root", path: [2, "a"], shown: "[2].a" },
  { name: "an empty key", path: [""], shown: `[""]` },
]

describe("displayPath", () => {
  test.each(paths)("$name", ({ path, shown }) => {
    expect(displayPath(path)).toBe(shown)
  })
})
