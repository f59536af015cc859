import { type Opened } from "../../core/document.ts"
import { isEmptyText } from "../../core/scalar.ts"
import { type CompiledSelectors, select } from "../../core/select.ts"
import { fullPath, keyPath, shownPath, type Site } from "../../core/site.ts"
import { AppError } from "../../errors/app-error.ts"

/**
 * Upstream does not authenticate the rules that select what is sealed: anybody who can change the file decides what the
 * next edit leaves in the clear. So the config's rule has a say before anything is written (docs/design/security.md
 * S1).
 *
 * @param sites - of the plain text that is about to be sealed
 * @throws {AppError} `SELECTOR_DRIFT` naming the first value that the rule would seal and the file leaves clear
 */
export function checkSelectorDrift(
  sites: readonly Site[],
  byFile: CompiledSelectors,
  byRule: CompiledSelectors,
  onlySealedCounts: { readonly file: boolean; readonly rule: boolean },
): void {
  if (onlySealedCounts.file && !onlySealedCounts.rule) {
    throw new AppError(
      "SELECTOR_DRIFT",
      {},
      { notes: ["the file leaves clear values out of its MAC, and the rule does not say so"] },
    )
  }
  const inFile = select(sites, byFile)
  const inRule = select(sites, byRule)
  const left = sites.filter((site, index) => isValue(site) && inRule[index]! && !inFile[index]!)
  const [first] = left
  if (first === undefined) return
  throw new AppError(
    "SELECTOR_DRIFT",
    { path: shownPath(first.item), line: first.line },
    { notes: [left.length === 1 ? "one value is affected" : `${left.length} values are affected`] },
  )
}

/**
 * Values that would be in the clear now and were not before: without a rule nobody has allowed that. An element
 * that only moved up in its list, as when one before it is removed, could be read by everybody already.
 */
export function newClearPaths(sites: readonly Site[], byFile: CompiledSelectors, previous: Opened): Site[] {
  const isSelected = select(sites, byFile)
  const clear = previous.leaves.filter(({ isSelected: was }) => !was)
  const paths = new Set(clear.map(({ site }) => pathText(site)))
  const values = new Set(clear.map(({ site }) => valueText(site)))
  return sites.filter(
    (site, index) => isValue(site) && !isSelected[index]! && !paths.has(pathText(site)) && !values.has(valueText(site)),
  )
}

/** The value with the keys that lead to it, in whatever position of their lists. */
function valueText({ item, scalar }: Site): string {
  return JSON.stringify([keyPath(item), scalar === null ? null : Buffer.from(scalar.bytes).toString("latin1")])
}

function pathText(site: Site): string {
  return JSON.stringify(fullPath(site.item))
}

function isValue({ kind, scalar, span }: Site): boolean {
  return span !== null && kind !== "comment" && scalar !== null && !isEmptyText(scalar)
}
