import { AppError } from "../errors/app-error.ts"
import { type Leaf, type Warning } from "./document.ts"
import { type Format } from "./format.ts"
import { type CompiledSelectors, select } from "./select.ts"
import { fullPath, shownPath, type Site } from "./site.ts"

/**
 * Refuses a name that the rule means, and that upstream takes for another: `export PASSWORD` in dotenv is one name to it,
 * and `^PASSWORD$` does not match that, so the value would stay in the clear.
 *
 * @param before - what stands in the file already, which is not new
 * @throws {AppError} `NEW_CLEAR_VALUE` with the line
 */
export function checkMisreadNames(
  { nameForReaders }: Format,
  leaves: readonly Leaf[],
  compiled: CompiledSelectors,
  before: readonly Leaf[],
): void {
  if (nameForReaders === undefined || compiled.rule.endsWith("CommentRegex")) return
  const suspects = leaves.flatMap(({ site, isSelected }): { site: Site; meant: Site }[] => {
    const { key } = site.item
    if (isSelected || site.kind === "comment" || key === null || nameForReaders(key) === key) return []
    return [{ site, meant: { ...site, item: { ...site.item, key: nameForReaders(key) } } }]
  })
  if (suspects.length === 0) return
  const isMeant = select(
    suspects.map(({ meant }) => meant),
    compiled,
  )
  const known = new Set(before.map(({ site }) => site.item.key))
  const found = suspects.find(({ site }, index) => isMeant[index] === true && !known.has(site.item.key))
  if (found === undefined) return
  const name = nameForReaders(found.site.item.key!)
  throw new AppError(
    "NEW_CLEAR_VALUE",
    { path: shownPath(found.site.item), line: found.site.line },
    {
      notes: [`the rule means ${name}, but to sops everything before the equal sign is the name`],
      hint: "leave `export` and blanks out of the line, or let the rule match them too",
    },
  )
}

/**
 * Values of YAML that are missing, where a comment without a blank takes their place: `password: #hunter2` is null and a
 * comment by the specification, and hardly what somebody meant.
 */
export function commentsForValues(source: string, leaves: readonly Leaf[], before: readonly Leaf[]): Warning[] {
  const missing = leaves.filter(
    ({ site, isSelected }) => isSelected && site.kind === "null" && site.alias === undefined,
  )
  if (missing.length === 0) return []
  const known = new Set(before.filter(({ site }) => site.kind === "null").map(({ site }) => placeOf(site)))
  const lines = source.split("\n")
  return missing.flatMap(({ site }): Warning[] => {
    const isLikeOne = /:[ \t]+#[^\s#]/.test(lines[site.line - 1] ?? "") && !known.has(placeOf(site))
    return isLikeOne ? [{ code: "COMMENT_FOR_VALUE", line: site.line, path: shownPath(site.item) }] : []
  })
}

function placeOf({ item }: Site): string {
  return JSON.stringify(fullPath(item))
}
