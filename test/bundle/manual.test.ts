import { readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { builtKind } from "../built.ts"
import { commands } from "../../src/cli/commands.ts"
import { root } from "../sources.ts"

describe.skipIf(builtKind === "sources")("the manual", () => {
  const folder = join(root, "dist/man")

  test("has a page for the program and one for each command", () => {
    const wanted = ["sotto.1", ...[...commands.keys()].map((name) => `sotto-${name.replaceAll(" ", "-")}.1`)]
    expect(readdirSync(folder).toSorted()).toEqual(wanted.toSorted())
  })

  test("begins no line of text with what troff takes for a request, and leaves no backslash alone", () => {
    const requests = /^\.(?:TH|SH|SS|TP|PP)\b/
    for (const name of readdirSync(folder)) {
      const lines = readFileSync(join(folder, name), "utf8").trimEnd().split("\n")
      expect(lines.filter((line) => /^[.']/.test(line) && !requests.test(line))).toEqual([])
      expect(lines.filter((line) => /\\(?![-e&]|f[BR])/.test(line))).toEqual([])
    }
  })
})
