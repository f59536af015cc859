import { describe, expect, test } from "vitest"
import { ini } from "../../../src/formats/ini/ini.ts"
import { utf8 } from "../../../src/core/text.ts"
import { filled, read, reopened, sealAll, token } from "./support.ts"

describe("a comment is one site, and one line when it is sealed", () => {
  const cases: { name: string; source: string; texts: string[]; sealed: string }[] = [
    { name: "its marks stay", source: "### a\nk=\n", texts: ["a"], sealed: `### ${token}\nk=\n` },
    { name: "lines are joined", source: ";a\n  # b\n\n; c \nk=\n", texts: ["a\n# b\n; c"], sealed: `;${token} \nk=\n` },
    { name: "a tab is text", source: ";\ta\nk=\n", texts: ["\ta"], sealed: `;${token}\nk=\n` },
    { name: "the indent stays", source: "  ; a\n  ; b\nk=\n", texts: ["a\n; b"], sealed: `  ; ${token}\nk=\n` },
    { name: "after a value", source: "k= ;; a\n", texts: ["a"], sealed: `k= ;; ${token}\n` },
    { name: "CRLF", source: "; a\r\n; b\r\nk=\r\n", texts: ["a\r\n; b"], sealed: `; ${token}\r\nk=\r\n` },
    {
      name: "above a header, with what is between",
      source: "; a\n\n [s]\n",
      texts: ["a"],
      sealed: `; ${token}\n\n [s]\n`,
    },
    {
      name: "after a header: a token there would change its name",
      source: " [s] ; a\n",
      texts: ["a"],
      sealed: ` ; ${token}\n [s]\n`,
    },
    { name: "above and after a header", source: "; a\n[s] ; b\n", texts: ["a\n; b"], sealed: `; ${token}\n[s]\n` },
    { name: "at the end", source: "k=\n; a", texts: ["a"], sealed: `k=\n; ${token}` },
    {
      name: "marks alone are no comment",
      source: ";;;\nk=\n[s]\n##\n",
      texts: [],
      sealed: ";;;\nk=\n[s]\n##\n",
    },
  ]
  test.each(cases)("$name", ({ source, texts, sealed }) => {
    const comments = filled(ini.scan(source)).filter(({ kind }) => kind === "comment")
    expect(comments.map(({ scalar }) => utf8.decode(scalar!.bytes))).toEqual(texts)
    expect(sealAll(source)).toBe(sealed)
  })
})

describe("a first line of marks alone makes upstream panic, so it stays in the text", () => {
  const cases: [name: string, source: string, texts: string[]][] = [
    ["a frame", ";;;;\n; Module ;\n;;;;\n[s]\n", ["s ; ;;;;\n; Module ;\n;;;;"]],
    ["above a key", "#\n# a\nk=\n", ["DEFAULT = ", "DEFAULT ; #\n# a"]],
    ["above a comment behind a value", ";\nk= ; a\n", ["DEFAULT = ", "DEFAULT ; ;", "DEFAULT ; a"]],
    ["above a value of marks", ";\nk= #\n", ["DEFAULT = #"]],
    ["above a comment behind a header", "#\n[s] ; a\n", ["s ; #\n; a"]],
  ]
  test.each(cases)("%s", (_name, source, texts) => {
    expect(read(ini.scan(source)).map((text) => text.replace(".k", ""))).toEqual(texts)
  })
})

describe("spelling an opened comment", () => {
  const cases: { name: string; source: string; nth: number; text: string; opened: string }[] = [
    { name: "after its marks", source: "## a\nk=\n", nth: 1, text: "b", opened: "## b\nk=\n" },
    { name: "further lines get the indent", source: " ; a\nk=\n", nth: 1, text: "b\n# c", opened: " ; b\n # c\nk=\n" },
    { name: "a mark at its start", source: "; a\nk=\n", nth: 1, text: "; b", opened: "#; b\nk=\n" },
    { name: "marks that belong to it", source: "; a\nk=\n", nth: 1, text: ";;\n; b", opened: ";;\n; b\nk=\n" },
    { name: "an empty first line, by upstream", source: "; a\nk=\n", nth: 1, text: "\n; b", opened: ";\n; b\nk=\n" },
    { name: "a blank at its start, from YAML", source: "; a\nk=\n", nth: 1, text: " b", opened: "; b\nk=\n" },
    { name: "above its header", source: "[s] ; a\nk=\n", nth: 0, text: "b", opened: "; b\n[s]\nk=\n" },
    { name: "lines after a value become one", source: "k= ; a\n", nth: 1, text: "b\nc=1", opened: "k= ; b c=1\n" },
  ]
  test.each(cases)("$name", ({ source, nth, text, opened }) => expect(reopened(source, nth, text)).toBe(opened))

  test("in a file of upstream further lines are printed as upstream prints them", () => {
    const sealed = ini.scan(`; ${token}\n[s]\n\n[sops]\nmac = x\n`)
    const comment = { kind: "comment", bytes: utf8.encode("a\n#\n#   b \n;c") } as const
    expect(ini.open(sealed, filled(sealed)[0]!, comment).text).toBe("; a\n# \n# b\n; c\n[s]")
    const own = ini.scan(`; ${token}\n[s]\n\n[sops]\nsotto_structure = x\n`)
    expect(ini.open(own, filled(own)[0]!, comment).text).toBe("; a\n#\n#   b \n;c\n[s]")
  })

  const equal: [a: string, b: string][] = [
    ["a\n#\n#b", "a\n# \n# b"],
    ["\n; b", ";;;\n; b"],
    [" a", "a"],
  ]
  test.each(equal)("%j and %j say the same", (a, b) => {
    const settled = (text: string): string =>
      utf8.decode(ini.settled!({ kind: "comment", bytes: utf8.encode(text) }).bytes)
    expect(settled(a)).toBe(settled(b))
    expect(settled(a)).not.toBe(settled("c"))
  })
})
