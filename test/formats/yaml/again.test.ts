import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { type Site, documentOf, fullPath } from "../../../src/core/site.ts"
import { AppError } from "../../../src/errors/app-error.ts"
import { sitesAgain } from "../../../src/formats/yaml/plain/again.ts"
import { type YamlScan } from "../../../src/formats/yaml/resolve/model.ts"
import { scanAgain, scanYaml } from "../../../src/formats/yaml/scan.ts"

const runs = process.env["SLOW"] === "1" ? 100_000 : 2000

const metadata =
  "sops:\n    age:\n        - recipient: age1\n          enc: |\n            A\n            B\n    mac: x\n"
const later = metadata.replace("mac: x", "lastmodified: y\n    mac: longer")

/** Everything that a scan says, with nodes and entries; or the code of its error. */
function said(scan: () => YamlScan): unknown {
  const found = orError(scan)
  if (found instanceof AppError) return [found.code, found.where]
  const { sites, metadata: block, docs, entries } = found
  return {
    sites: sites.map(({ item, scalar, kind, span, line, style, inList, inline }: Site) => ({
      path: [documentOf(item), ...fullPath(item)],
      bytes: scalar?.bytes,
      scalar: scalar?.kind,
      kind,
      span,
      line,
      simple: (style as { simple?: string }).simple,
      node: (style as { node: unknown }).node,
      inList,
      inline,
    })),
    entries: [...entries].map(([item, { value, pair }]) => [fullPath(item), value?.span, pair?.colon]),
    roots: found.roots.map((root) => sites.every(({ item }) => root === topOf(item))),
    block: block === null ? null : [orError(() => block.tree), block.detach, block.detachAsUpstream, block.layout],
    docs: docs.map(({ root, span }) => [root, span]),
  }
}

function orError<T>(work: () => T): T | AppError {
  try {
    return work()
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
}

function topOf(item: Site["item"]): Site["item"] {
  let at = item
  while (at.parent !== null) at = at.parent
  return at
}

function scanOrNull(text: string): YamlScan | null {
  try {
    return scanYaml(text)
  } catch {
    return null
  }
}

function sameBothWays(old: string, text: string): void {
  const before = scanOrNull(old)
  if (before === null) return
  expect(said(() => scanAgain(text, before))).toEqual(said(() => scanYaml(text)))
}

const plain = "a: 1\nb:\n    c: x\n    d: |\n        y\n        z\ne:\n- f\n- g: h\ni: |-\n  j\n\nk:\n"

describe("a text that differs little is read where it differs", () => {
  test.each([
    { name: "another value", text: plain.replace("c: x", "c: longer") },
    { name: "a value in another place of its entry", text: plain.replace("h", '"h"') },
    { name: "one more entry in a mapping", text: plain.replace("    d:", "    e: new\n    d:") },
    { name: "one line less in a block", text: plain.replace("        z\n", "") },
    { name: "one more element", text: plain.replace("- f\n", "- f\n- new\n") },
    { name: "the last entry", text: plain.replace("k:\n", "k: v\n") },
    { name: "one more entry at the end", text: `${plain}l: new\nm: new\n` },
    { name: "the last entries gone", text: plain.slice(0, plain.indexOf("i:")) },
    { name: "another name", text: plain.replace("e:", "z:") },
    { name: "a name and what is below it", text: plain.replace("b:\n    c: x", "y:\n    x: xx") },
    { name: "nothing", text: plain },
  ])("$name", ({ text }) => {
    for (const [old, now] of [
      ["", ""],
      [metadata, metadata],
      [metadata, later],
      [later, metadata],
    ]) {
      expect(sitesAgain(text + now!, "sops", scanYaml(plain + old!), () => [])).not.toBeNull()
      sameBothWays(plain + old!, text + now!)
    }
  })

  test.each([
    { name: "a name that is there already", text: plain.replace("e:", "b:") },
    { name: "a name that comes later again", text: plain.replace("b:", "i:") },
    { name: "one entry more before others", text: `a: 0\n${plain.replace("a:", "a0:")}` },
    { name: "one entry less before others", text: plain.replace("a: 1\n", "") },
    { name: "a value that goes on", text: plain.replace("c: x", "c: x\n      more") },
    { name: "metadata before other entries", text: plain.replace("e:", "sops:") },
    { name: "an anchor", text: plain.replace("c: x", "c: &x x") },
    { name: "a comment", text: plain.replace("c: x", "c: x # y") },
    { name: "a tab", text: plain.replace("c: x", "c:\tx") },
    { name: "half a sign", text: plain.replace("c: x", "c: \ud800") },
    { name: "an indentation that fits nothing", text: plain.replace("    c: x", "  c: x") },
    { name: "a line that ends the mapping above", text: plain.replace("    c: x", "c: x") },
    { name: "a second document", text: `${plain}---\na: 1\n` },
    { name: "a key that is a number", text: plain.replace("c: x", "1: x") },
    { name: "a number that sops cannot hold", text: plain.replace("c: x", "c: 9223372036854775808") },
  ])("all of it is read for $name", ({ text }) => {
    sameBothWays(plain, text)
    sameBothWays(plain + metadata, text + later)
  })

  test("nothing is read again where only metadata go", () => {
    for (const text of [plain, "k: v\n", "a:\n"]) {
      expect(sitesAgain(text, "sops", scanYaml(text + metadata), () => [])).not.toBeNull()
      sameBothWays(text + metadata, text)
      sameBothWays(text + metadata, text + later)
    }
  })

  test("metadata that come, go or are not the last", () => {
    for (const old of [plain, plain + metadata, metadata + plain]) {
      for (const text of [plain, plain + metadata, metadata + plain, `${plain}${metadata}z: 1\n`, metadata])
        sameBothWays(old, text)
    }
  })

  test("whatever is changed, it finds what a scan finds", () => {
    const key = fc.constantFrom("a", "b", "c", "d", "true", "x1", "long_name.of-a/key", "12", "sops")
    const value = fc.constantFrom(
      "",
      " 1",
      " x y",
      ' "q"',
      " ENC[AES256_GCM,x]",
      " []",
      " |\n      t\n      u",
      " |-\n      t\n\n",
    )
    const line = fc
      .tuple(fc.constantFrom(0, 0, 1, 2), fc.constantFrom("", "", "- "), key, value)
      .map(([depth, dash, name, rest]) => `${"  ".repeat(depth)}${dash}${name}:${rest}\n`)
    const noise = fc.constantFrom("", "\n", "#", " ", "x", ":", "- ", "&", "\t", "sops:\n", "---\n", "...\n", "'", '"')
    const law = fc.property(
      fc.array(line, { minLength: 1, maxLength: 10 }),
      fc.array(fc.tuple(fc.nat(9), fc.nat(1), fc.oneof(line, line, line, noise)), { minLength: 1, maxLength: 2 }),
      fc.constantFrom(["", ""], [metadata, metadata], [metadata, later], [metadata, ""], ["", metadata]),
      (lines, changes, [old, now]) => {
        const changed = [...lines]
        for (const [at, gone, text] of changes) changed.splice(Math.min(at, changed.length), gone, text)
        sameBothWays(lines.join("") + old, changed.join("") + now)
      },
    )
    fc.assert(law, { numRuns: runs })
  })

  test("whatever signs are changed, it finds what a scan finds", () => {
    const sign = fc.constantFrom(
      "",
      "\n",
      "#",
      " ",
      "  ",
      "x",
      ":",
      ": ",
      "-",
      "- ",
      "&a",
      "\t",
      "'",
      '"',
      "|",
      "e:",
      "\ud800",
    )
    const law = fc.property(fc.nat(plain.length), fc.nat(6), sign, fc.boolean(), (at, gone, put, isSealed) => {
      const text = plain.slice(0, at) + put + plain.slice(at + gone)
      sameBothWays(plain + (isSealed ? metadata : ""), text + (isSealed ? later : ""))
    })
    fc.assert(law, { numRuns: runs })
  })
})
