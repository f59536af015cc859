import { type Rule } from "../../config/rule.ts"
import { type Sealed } from "../../core/seal.ts"
import { scalarText, isEmptyText } from "../../core/scalar.ts"
import { shownPath } from "../../core/site.ts"
import { displayPath } from "../../errors/display.ts"
import { type Session } from "../session.ts"
import { ruleName } from "./rule-name.ts"
import { type FileSettings } from "../settings.ts"

const namesMax = 8

/**
 * What a rule did, where somebody looks at a terminal: how many values were sealed, which were left in the clear, and
 * which of those look like secrets.
 *
 * @param before - paths that stood in the clear already, and were spoken of then
 */
export async function saySealed(
  session: Session,
  file: string | null,
  { opened, sealedCount }: Pick<Sealed, "opened" | "sealedCount">,
  settings: FileSettings,
  before: ReadonlySet<string> = new Set(),
): Promise<void> {
  if (!session.dialect.warns || !session.io.stderr.isTty || opened.document.format.isWhole === true) return
  const clear = opened.leaves.filter(
    ({ site, scalar, isSelected }) =>
      !isSelected && site.kind !== "comment" && site.span !== null && scalar !== null && !isEmptyText(scalar),
  )
  const names = clear.map(({ site }) => displayPath(shownPath(site.item)))
  const name = file ?? "standard input"
  const shown = names.length > namesMax ? [...names.slice(0, namesMax), `and ${names.length - namesMax} more`] : names
  const rule = names.length === 0 ? "" : ruleText(await settings.sealingRule().catch(() => null))
  const left = names.length === 0 ? "none left in the clear" : `${names.length} left in the clear: ${shown.join(", ")}`
  session.notice(`${name}: sealed ${sealedCount === 1 ? "one value" : `${sealedCount} values`}, ${left}${rule}`)
  if (clear.length === 0) return
  const { secretSignOf } = await import("../check/looks-secret.ts")
  const suspect = names.filter((text, index) => {
    const { site, scalar } = clear[index]!
    if (before.has(text) || text.endsWith("_unencrypted")) return false
    return secretSignOf(shownPath(site.item), scalarText(scalar!), null) !== null
  })
  if (suspect.length > 0) {
    session.notice(`${name}: left in the clear, and looks like a secret: ${suspect.slice(0, namesMax).join(", ")}`)
  }
}

/** The paths that stand in the clear, for what is said of a file that was changed. */
export function clearNames({ leaves }: Pick<Sealed["opened"], "leaves">): ReadonlySet<string> {
  return new Set(leaves.filter(({ isSelected }) => !isSelected).map(({ site }) => displayPath(shownPath(site.item))))
}

function ruleText(rule: Rule | null): string {
  return rule === null ? "" : ` (${ruleName(rule)})`
}
