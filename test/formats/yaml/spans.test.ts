import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { fullPath, keyPath } from "../../../src/core/site.ts"
import { splice } from "../../../src/core/splice.ts"
import { utf8 } from "../../../src/core/text.ts"
import { scanYaml } from "../../../src/formats/yaml/scan.ts"
import { type YamlScan, type YamlSite } from "../../../src/formats/yaml/resolve/model.ts"
import { faultOf, rows } from "./oracle.ts"
import { yamlText } from "./yaml-text.ts"

/** What is not a comment, with its place. */
function values({ sites }: YamlScan): string[] {
  return sites.filter(isValue).map(told)
}

function isValue({ kind }: YamlSite): boolean {
  return kind !== "comment"
}

function told({ item, kind, scalar }: YamlSite): string {
  return `${JSON.stringify(fullPath(item))} ${kind} ${scalar === null ? "" : utf8.decode(scalar.bytes)}`
}

/** A block whose header holds a comment leaves the header outside. */
function isBody({ span, style }: YamlSite): boolean {
  return style.type === "value" && style.node.type === "scalar" && span!.start > style.node.span.start
}

/**
 * A span is right when other text in its place changes that value and nothing else. Aliases would change with their
 * target.
 */
function checkSpans(source: string): void {
  const scan = scanYaml(source)
  const before = values(scan)
  const comments = scan.sites.filter((site) => !isValue(site))
  let at = -1
  for (const site of scan.sites) {
    if (isValue(site)) at++
    const { span, kind, item } = site
    if (span === null || scan.aliases.length > 0) continue
    // go-yaml places a comment that ends the text without a break by its length.
    if (kind === "comment" && span.end === source.length) continue
    if (kind === "comment") {
      const changed = scanYaml(splice(source, [{ ...span, text: " TOKEN" }]))
      expect(changed.sites.map((other) => keyPath(other.item))).toEqual(scan.sites.map((other) => keyPath(other.item)))
      const texts = changed.sites.filter((other) => !isValue(other)).map(({ scalar }) => utf8.decode(scalar!.bytes))
      expect(texts[comments.indexOf(site)]).toBe(" TOKEN")
      continue
    }
    if (kind === "null" || kind === "map" || kind === "list" || span.start === span.end || isBody(site)) continue
    const changed = scanYaml(splice(source, [{ ...span, text: '"TOKEN"' }]))
    expect(values(changed)).toEqual(before.with(at, `${JSON.stringify(fullPath(item))} str TOKEN`))
  }
}

describe("spans", () => {
  test("in texts full of comments, each holds its value and nothing else", () => {
    for (const { text } of rows<{ text: string }>("trees.jsonl").slice(0, 150)) checkSpans(text)
  })

  test("in oddities too", () => {
    const texts = rows<{ text: string; error?: number }>("yaml-oddities.jsonl").filter(
      ({ error }) => error === undefined,
    )
    // A key that is an alias changes its name with its target.
    for (const { text } of texts.filter(({ text }) => !/\*x *\n?:/.test(text))) checkSpans(text)
  })

  test("and in generated texts", () => {
    const law = fc.property(yamlText, (source) => {
      if (faultOf(source) === null) checkSpans(source)
    })
    fc.assert(law, { numRuns: process.env["SLOW"] === "1" ? 2000 : 50 })
  })
})
