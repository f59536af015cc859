import { describe, expect, test } from "vitest"
import { type MergeSide } from "../../../src/core/merge/by-key.ts"
import { withMarkers } from "../../../src/core/merge/markers.ts"
import { mergePlain, type PlainTexts } from "../../../src/core/merge/merge.ts"
import { type Format, type FormatName } from "../../../src/core/format.ts"
import { fullPath } from "../../../src/core/site.ts"
import { utf8 } from "../../../src/core/text.ts"
import { loadFormat } from "../../../src/formats/registry.ts"
import { document, edited, print, randomFrom, shapes } from "./documents.ts"

const rounds = process.env["SLOW"] === "1" ? 3000 : 200
const lines = (...all: string[]): string => all.map((line) => `${line}\n`).join("")

/** What an editor is shown; `null` where nothing is in conflict. */
function markedText(format: Format, texts: PlainTexts): string | null {
  const draft = mergePlain(texts, { format, like: null, isDraft: true })
  return draft.conflicts.length === 0 ? null : withMarkers(draft, { ours: "HEAD", theirs: "topic", base: "base" })
}

/** The text of somebody who takes one side of every conflict. */
function taking(side: MergeSide, marked: string): string {
  let at: MergeSide | "base" | null = null
  return marked
    .split("\n")
    .filter((line) => {
      const isMark = /^(?:<{7} HEAD|\|{7} base|={7}|>{7} topic)$/.exec(line) !== null
      if (isMark) at = ({ "<": "ours", "|": "base", "=": "theirs", ">": null } as const)[line[0] as "<"]
      return !isMark && (at === null || at === side)
    })
    .join("\n")
}

function said(format: Format, text: string): string[] {
  return format
    .scan(text)
    .sites.map(({ item, kind, scalar }) => {
      const place = kind === "comment" ? "" : JSON.stringify(fullPath(item))
      return `${kind} ${place} ${scalar === null ? "" : utf8.decode(scalar.bytes)}`
    })
    .toSorted()
}

interface Row extends PlainTexts {
  readonly name: string
  readonly format: FormatName
  readonly base: string
}

const rows: readonly Row[] = [
  {
    name: "a comment that both changed, above a value that theirs changed",
    format: "yaml",
    base: lines("a: 1", "# of b", "b: 1", "c: 1"),
    ours: lines("a: 1", "# of b, ours", "b: 1", "c: 1"),
    theirs: lines("a: 1", "# of b, theirs", "b: 2", "c: 1"),
  },
  {
    name: "a comment beside a value, which theirs changed",
    format: "yaml",
    base: lines("a: 1", "b: 1 # b", "c: 1"),
    ours: lines("a: 1", "b: 1 # ours", "c: 1"),
    theirs: lines("a: 1", "b: 2 # theirs", "c: 1"),
  },
  {
    name: "a value that both changed, under a comment that only theirs changed",
    format: "yaml",
    base: lines("a: 1", "# of b", "b: 1", "c: 1"),
    ours: lines("a: 1", "# of b", "b: 2", "c: 1"),
    theirs: lines("a: 1", "# of b, theirs", "b: 3", "c: 1"),
  },
  {
    name: "a comment that ours changed and theirs took out with one beside, over a block of text",
    format: "yaml",
    base: lines("a: 1", "# of b", "b: 1 # b", "c: 1"),
    ours: lines("a: 1", "# of b, ours", "b: 1 # b", "c: 1"),
    theirs: lines("a: 1", "b: |", "  x", "  y", "c: 1"),
  },
  {
    name: "a comment at the end of a mapping, in which other values changed",
    format: "yaml",
    base: lines("m:", "  a: 1", "  b: 1", "", "  # end", "", "z: 1"),
    ours: lines("m:", "  a: 2", "  b: 1", "", "  # end of ours", "", "z: 1"),
    theirs: lines("m:", "  a: 1", "  b: 2", "", "  # end of theirs", "", "z: 1"),
  },
  {
    name: "a dotenv name that both added once more",
    format: "dotenv",
    base: lines("K=1", "K=2", "L=3"),
    ours: lines("K=5", "K=2", "K=9", "L=3"),
    theirs: lines("K=1", "K=7", "K=2", "L=3"),
  },
  {
    name: "a dotenv name of which each took out another one",
    format: "dotenv",
    base: lines("K=1", "X=0", "K=2", "L=3"),
    ours: lines("X=0", "K=2", "L=3"),
    theirs: lines("K=1", "X=0", "L=3"),
  },
  {
    name: "an INI key that repeats, of which both changed the first line",
    format: "ini",
    base: lines("[a]", "k = 1", "x = 0", "k = 2", "y = 1"),
    ours: lines("[a]", "k = 7", "x = 0", "k = 2", "y = 1"),
    theirs: lines("[a]", "k = 8", "x = 0", "k = 9", "y = 1"),
  },
  {
    name: "the last value of a JSON object, which theirs removed",
    format: "json",
    base: lines("{", '  "a": 1,', '  "b": 1', "}"),
    ours: lines("{", '  "a": 1,', '  "b": 2', "}"),
    theirs: lines("{", '  "a": 1', "}"),
  },
  {
    name: "the first of a JSON object, with the next one changed by both",
    format: "json",
    base: lines("{", '  "a": 1,', '  "b": 1', "}"),
    ours: lines("{", '  "a": 2,', '  "b": 2', "}"),
    theirs: lines("{", '  "b": 3', "}"),
  },
  {
    name: "all values of a JSON object, which theirs removed",
    format: "json",
    base: lines("{", '  "m": {', '    "a": 1,', '    "b": 1', "  }", "}"),
    ours: lines("{", '  "m": {', '    "a": 2,', '    "b": 2', "  }", "}"),
    theirs: lines("{", '  "m": {}', "}"),
  },
  {
    name: "the last value in braces, which ours removed",
    format: "yaml",
    base: lines("m: { a: 1, b: 1 }", "z: 1"),
    ours: lines("m: { a: 1 }", "z: 1"),
    theirs: lines("m: { a: 1, b: 2 }", "z: 2"),
  },
  {
    name: "a comment beside a value that both changed, and theirs put in braces",
    format: "yaml",
    base: lines("a: 1 # a", "z: 1"),
    ours: lines("a: 2 # a", "z: 1"),
    theirs: lines("a: { b: 1 } # a", "z: 2"),
  },
  {
    name: "a comment above a mapping and one behind its key",
    format: "yaml",
    base: lines("m:", "  # of a", "  a: 1", "z: 1"),
    ours: lines("z: 1", "# of ours", "m:", "  # of a", "  a: 2"),
    theirs: lines("m: # of theirs", "  # of a", "  a: 3", "z: 1"),
  },
  {
    name: "the only value, which ours removed, above a comment that theirs added",
    format: "yaml",
    base: lines("a: false"),
    ours: lines("{}"),
    theirs: lines("a:", "", "# end"),
  },
]

describe("markers around a conflict", () => {
  test.each(rows)("$name: each side is what is taken without an editor", async ({ format: name, ...texts }) => {
    const format = await loadFormat(name)
    const marked = markedText(format, texts)
    for (const side of ["ours", "theirs"] as const) {
      const wanted = mergePlain(texts, { format, like: null, decide: () => side }).text!
      expect({ side, marked, says: said(format, taking(side, marked!)) }).toMatchObject({ says: said(format, wanted) })
    }
  })

  test("the lines keep their ends, and the text its BOM", async () => {
    const format = await loadFormat("yaml")
    const crlf = (text: string): string => `\uFEFF${text.replaceAll("\n", "\r\n")}`
    const texts = {
      base: crlf(lines("a: 1", "b: 1")),
      ours: crlf(lines("a: 2", "b: 1")),
      theirs: crlf(lines("a: 3", "b: 1")),
    }
    const marked = lines("<<<<<<< HEAD", "a: 2", "||||||| base", "a: 1", "=======", "a: 3", ">>>>>>> topic", "b: 1")
    expect(markedText(format, texts)).toBe(crlf(marked))
  })

  test("what cannot be shown in parts leaves out what is alike, and what either side wins", async () => {
    const format = await loadFormat("yaml")
    const base = lines("first: 1", "m:", "  a: 1", "", "  # end", "", "  # the end", "last: 1")
    const texts = {
      base,
      ours: base.replace("# end", "# end of ours").replace("first: 1", "first: 2"),
      theirs: base.replace("  # end\n", "").replace("last: 1", "last: 2"),
    }
    const marked = markedText(format, texts)!
    for (const side of ["ours", "theirs"] as const) {
      const text = taking(side, marked)
      expect(text).toContain("first: 2")
      expect(text).toContain("last: 2")
    }
  })

  test.each(["yaml", "json", "dotenv", "ini"] as const)("the same in random %s documents", async (name) => {
    const format = await loadFormat(name)
    const shape = shapes[name]
    let count = 0
    for (let seed = 1; seed <= rounds; seed++) {
      const random = randomFrom(seed * 7121)
      const base = document(random, shape)
      const twice = (side: string): typeof base => edited(random, shape, edited(random, shape, base, side), side)
      const [b, o, t] = [base, twice("n"), twice("n")].map((each) => print(name, each, { indent: 2, blankLines: true }))
      const texts = { base: b!, ours: o!, theirs: t! }
      const marked = markedText(format, texts)
      if (marked === null) continue
      for (const side of ["ours", "theirs"] as const) {
        const wanted = mergePlain(texts, { format, like: null, decide: () => side }).text
        if (wanted === null) continue
        count++
        const text = taking(side, marked)
        expect({ seed, side, texts, marked, says: said(format, text) }).toMatchObject({ says: said(format, wanted) })
      }
    }
    expect(count).toBeGreaterThan(rounds / 40)
  })
})
