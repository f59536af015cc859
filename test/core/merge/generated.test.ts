import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, test } from "vitest"
import { mergePlain } from "../../../src/core/merge/merge.ts"
import { type Format } from "../../../src/core/format.ts"
import { fullPath, keyPath } from "../../../src/core/site.ts"
import { utf8 } from "../../../src/core/text.ts"
import { loadFormat } from "../../../src/formats/registry.ts"
import { conflict, document, edited, type Layout, merged, print, randomFrom, shapes } from "./documents.ts"

const rounds = process.env["SLOW"] === "1" ? 3000 : 150
const folder = mkdtempSync(join(tmpdir(), "sotto-merge-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Everything that a text says: values by their paths, comments by what holds them; mappings in any order. */
function said(format: Format, text: string): string[] {
  const { sites } = format.scan(text)
  return sites
    .map(({ item, kind, scalar }) => {
      const path = kind === "comment" ? "comment" : JSON.stringify(fullPath(item))
      return `${path} ${kind} ${scalar === null ? "" : utf8.decode(scalar.bytes)}`
    })
    .toSorted()
}

/** Values by their keys, whatever their place in a list. */
function values(format: Format, text: string): string[] {
  return format
    .scan(text)
    .sites.filter(({ kind }) => kind !== "comment")
    .map(
      ({ item, kind, scalar }) =>
        `${JSON.stringify(keyPath(item))} ${kind} ${scalar === null ? "" : utf8.decode(scalar.bytes)}`,
    )
}

/** What git makes of the three texts; `null` for a conflict. */
function byGit(base: string, ours: string, theirs: string): string | null {
  const [b, o, t] = ["base", "ours", "theirs"].map((name) => join(folder, name)) as [string, string, string]
  writeFileSync(b, base)
  writeFileSync(o, ours)
  writeFileSync(t, theirs)
  const { status, stdout } = spawnSync("git", ["merge-file", "-p", "-q", o, b, t], { encoding: "utf8" })
  return status === 0 ? stdout : null
}

function* cases(
  name: keyof typeof shapes,
): Generator<{ seed: number; layout: Layout; texts: [string, string, string]; expected: ReturnType<typeof merged> }> {
  const shape = shapes[name]
  for (let seed = 1; seed <= rounds; seed++) {
    const random = randomFrom(seed * 7919)
    const layout: Layout = { indent: random(2) === 0 ? 2 : 4, blankLines: random(3) === 0 }
    const base = document(random, shape)
    const twice = (side: string): typeof base => edited(random, shape, edited(random, shape, base, side), side)
    const [ours, theirs] = [twice(random(4) === 0 ? "n" : "o"), twice(random(4) === 0 ? "n" : "t")]
    const texts = [base, ours, theirs].map((each) => print(name, each, layout)) as [string, string, string]
    yield { seed, layout, texts, expected: merged(base, ours, theirs) }
  }
}

describe.each(Object.keys(shapes) as (keyof typeof shapes)[])(
  "two random edits on each side of %s documents",
  (name) => {
    test("come out as a plain merge by key says, and as git's merge by line wherever that is right", async () => {
      const format = await loadFormat(name)
      const count = { merged: 0, conflicts: 0, byLine: 0 }
      for (const { seed, layout, texts, expected } of cases(name)) {
        const [base, ours, theirs] = texts
        const result = mergePlain({ base, ours, theirs }, { format, like: null })
        const shown = JSON.stringify({
          seed,
          base,
          ours,
          theirs,
          result: result.text,
          conflicts: result.conflicts.map(({ kind, path }) => [kind, path]),
        })
        if (expected === conflict) {
          expect({ shown, text: result.text }).toEqual({ shown, text: null })
          count.conflicts++
          continue
        }
        if (result.text === null) {
          expect({ shown, expected }).toEqual({ shown, expected: null })
          continue
        }
        count.merged++
        if (expected !== null)
          expect({ shown, said: said(format, result.text) }).toEqual({
            shown,
            said: said(format, print(name, expected, layout)),
          })
        expectNothingLost(format, texts, result.text, shown)
        const git = byGit(base, ours, theirs)
        if (git === null || expected === null) continue
        let isRight = false
        try {
          isRight = said(format, git).join("\n") === said(format, print(name, expected, layout)).join("\n")
        } catch {
          // What git made is no document of this format.
        }
        if (!isRight) continue
        count.byLine++
        expect({ shown, text: result.text }).toEqual({ shown, text: git })
      }
      expect(count.merged).toBeGreaterThan(rounds / 10)
      expect(count.conflicts).toBeGreaterThan(0)
      expect(count.byLine).toBeGreaterThan(rounds / 20)
    })
  },
)

/** Each value is one of ours or theirs at its keys; one that is gone was removed or changed by a side, and was the base's. */
function expectNothingLost(
  format: Format,
  [base, ours, theirs]: [string, string, string],
  result: string,
  shown: string,
): void {
  const [b, o, t, r] = [base, ours, theirs, result].map((text) => new Set(values(format, text))) as [
    Set<string>,
    Set<string>,
    Set<string>,
    Set<string>,
  ]
  const isContainer = (value: string): boolean => /\] (map|list) $/.test(value)
  const invented = [...r].filter((value) => !o.has(value) && !t.has(value) && !isContainer(value))
  const lost = [...o, ...t].filter((value) => !r.has(value) && !b.has(value) && !isContainer(value))
  expect({ shown, invented, lost }).toEqual({ shown, invented: [], lost: [] })
}
