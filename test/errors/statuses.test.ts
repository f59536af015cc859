import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { catalog, type Code } from "../../src/errors/catalog.ts"

const root = join(import.meta.dirname, "../..")

/** Code to statuses, as the page has them. */
function documented(): Map<string, number[]> {
  const page = readFileSync(join(root, "docs/errors.md"), "utf8")
  const rows = [...page.matchAll(/^\| `([A-Z_\d]+)` +\| ([\d, or]+?) +\|/gm)]
  return new Map(rows.map(([, code, text]) => [code!, text!.match(/\d+/g)!.map(Number)]))
}

test("docs/errors.md has the status of every code first, and no code that there is not", () => {
  const page = documented()
  expect([...page.keys()].toSorted()).toEqual(Object.keys(catalog).toSorted())
  for (const code of Object.keys(catalog) as Code[])
    expect(`${code} ${page.get(code)![0]}`).toBe(`${code} ${catalog[code].exit}`)
})

test("a status that an error of one code gets besides is in docs/errors.md too", () => {
  const page = documented()
  const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  // As `sops` the statuses are those of upstream.
  const own = sources.filter((name) => name.endsWith(".ts") && !name.startsWith("cli/sops/"))
  const found = own.flatMap((name) => {
    const text = readFileSync(join(root, "src", name), "utf8")
    const made = text.matchAll(/new AppError\(\s*"([A-Z_\d]+)",((?:(?!new AppError)[^;])*?)\bexit: (\d+)/g)
    return [...made].filter(([all]) => !all.includes("asUpstream")).map(([, code, , exit]) => ({ name, code, exit }))
  })
  expect(found.length).toBeGreaterThan(5)
  // The page says it of `run`, for all codes.
  const ofRun = "125"
  const missing = found.filter(({ code, exit }) => exit !== ofRun && !page.get(code!)!.includes(Number(exit)))
  expect(missing).toEqual([])
})
