import { compileSelectors } from "../../config/re2.ts"
import { type Rule } from "../../config/rule.ts"
import { isEmptyText } from "../../core/scalar.ts"
import { select } from "../../core/select.ts"
import { documentOf, keyPath, shownPath, type Site } from "../../core/site.ts"
import { decodeText } from "../../core/text.ts"
import { type Conflict } from "./conflict.ts"
import { type OpenedVersions } from "./side.ts"

/**
 * The first value that the merge would bring from theirs into a clear place, where the rule at HEAD would seal it:
 * selectors are in the file, and nothing authenticates them (security rule S1).
 */
export async function clearByTheirs(
  { ours }: OpenedVersions,
  plain: Uint8Array,
  ruleAtHead: () => Promise<Rule | null>,
): Promise<Conflict | null> {
  const { format } = ours.document
  const text = format.isWhole === true ? null : decodeText(plain)
  if (text === null) return null
  const { sites } = format.scan(text)
  const isSealed = select(sites, ours.compiled)
  const known = new Set(ours.opened.leaves.filter(({ isSelected }) => !isSelected).map(({ site }) => contentOf(site)))
  const isNew = sites.map((site, at) => !isSealed[at]! && hasValue(site) && !known.has(contentOf(site)))
  if (!isNew.includes(true)) return null
  const rule = await ruleAtHead()
  if (rule === null) return null
  const isSelected = select(sites, await compileSelectors(rule.selectors, { refuseInvalid: false }))
  const site = sites.find((_, at) => isNew[at]! && isSelected[at]!)
  if (site === undefined) return null
  return { kind: "selectors", path: [...shownPath(site.item)], document: documentOf(site.item), code: "SELECTOR_DRIFT" }
}

/** A value with the keys that lead to it, in whatever position of their lists. */
function contentOf({ item, scalar }: Site): string {
  const text = scalar === null ? null : Buffer.from(scalar.bytes).toString("latin1")
  return JSON.stringify([documentOf(item), keyPath(item), text])
}

function hasValue({ kind, scalar, span }: Site): boolean {
  return span !== null && kind !== "comment" && scalar !== null && !isEmptyText(scalar)
}
