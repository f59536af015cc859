import { readFileSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { root } from "../sources.ts"
import { parsePage, renderPage, withPlaceholders } from "./page.ts"
import { people } from "./people.ts"

const folder = join(root, "docs/walks")
const pages = readdirSync(folder).filter((name) => name !== "README.md")

/** The page as it is when its commands run, one after the other, on new machines. */
async function walked(page: string): Promise<string> {
  const all = await people()
  try {
    const parts = parsePage(page).map((part) => {
      if ("text" in part) return part
      const { output, status } = all.types(part.step.who, part.step.command)
      return { ...part, step: { ...part.step, output: withPlaceholders(output, all.root), status: status ?? -1 } }
    })
    return renderPage(parts)
  } finally {
    all.remove()
  }
}

describe.skipIf(process.platform === "win32")("walks", () => {
  test.each(pages)("%s: what the program prints", async (name) => {
    const file = join(folder, name)
    const page = readFileSync(file, "utf8")
    const now = await walked(page)
    // For who writes a page: fill in the outputs, then read every one of them as a newcomer.
    if (process.env["WALKS_WRITE"] === "1") writeFileSync(file, now)
    else expect(now).toBe(page)
  })

  test("each is named in the list, in its order", () => {
    const list = readFileSync(join(folder, "README.md"), "utf8")
    const named = Array.from(list.matchAll(/\]\((\d\d-[\w-]+\.md)\)/g), ([, name]) => name)
    expect(named).toEqual(pages.toSorted())
  })

  test("another output, another status and a command that is not there are seen", async () => {
    const block = (...lines: string[]): string => ["```console", ...lines, "```", ""].join("\n")
    const good = block(
      "$ echo a",
      "a",
      "bob $ cd / && export X=1",
      "bob $ echo $X; pwd",
      "1",
      "/",
      "$ false",
      "(status 1)",
    )
    expect(await walked(good)).toBe(good)
    for (const bad of [block("$ echo a", "b"), block("$ false"), block("$ true", "(status 1)"), block("$ nonsense-7")])
      expect(await walked(bad)).not.toBe(bad)
  })
})
