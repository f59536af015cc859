import { type Rule } from "../../config/rule.ts"
import { type Leaf } from "../../core/document.ts"
import { type Sealed } from "../../core/seal.ts"
import { scalarText, isEmptyText } from "../../core/scalar.ts"
import { shownPath } from "../../core/site.ts"
import { displayPath } from "../../errors/display.ts"
import { type Session } from "../session.ts"
import { entryCalled } from "../recipients/entry-names.ts"
import { someOf, ruleName } from "./closing.ts"
import { type FileSettings } from "../settings.ts"

const namesMax = 8

/**
 * At a terminal, says what a rule did: which values it left in the clear, and which of those look like
 * secrets. The line at the end of the run says that the file was sealed, and for whom.
 *
 * @param before - paths that were in the clear already, and were reported then
 * @param target - where the result went, where that is not the file itself: ` into b.yaml`
 */
export async function saySealed(
  session: Session,
  file: string | null,
  sealed: Pick<Sealed, "opened" | "sealedCount">,
  settings: FileSettings,
  { before = new Set(), target = "" }: { readonly before?: ReadonlySet<string>; readonly target?: string } = {},
): Promise<void> {
  if (!session.dialect.warns || !session.io.stderr.isTty) return
  const { opened } = sealed
  const clear = opened.document.format.isWhole === true ? [] : clearValues(opened)
  const names = clear.map(({ site }) => displayPath(shownPath(site.item)))
  const name = file ?? "standard input"
  closeSealed(session, `${name}${target}`, sealed, settings, names.length)
  if (clear.length === 0) return
  if (session.isOneOfMany !== true && session.close !== undefined) {
    const shown = names.length > namesMax ? [...names.slice(0, namesMax), `and ${names.length - namesMax} more`] : names
    const rule = ruleText(await settings.sealingRule().catch(() => null))
    const left = `${names.length} left in the clear: ${shown.join(", ")}`
    session.notice(`${name}: sealed ${valuesText(sealed.sealedCount)}, ${left}${rule}`)
  }
  await warnOfClear(session, name, opened, before)
}

/**
 * Names clear values that look like secrets.
 *
 * @param before - paths that were in the clear already, and were reported then
 */
export async function warnOfClear(
  session: Session,
  name: string,
  opened: Sealed["opened"],
  before: ReadonlySet<string>,
): Promise<void> {
  if (opened.document.format.isWhole === true) return
  const clear = clearValues(opened)
  if (clear.length === 0) return
  const names = clear.map(({ site }) => displayPath(shownPath(site.item)))
  const { secretSignOf } = await import("../check/looks-secret.ts")
  const suspect = names.filter((text, index) => {
    const { site, scalar } = clear[index]!
    if (before.has(text) || text.endsWith("_unencrypted")) return false
    return secretSignOf(shownPath(site.item), scalarText(scalar!)) !== null
  })
  if (suspect.length > 0) {
    session.notice(`${name}: left in the clear, and looks like a secret: ${suspect.slice(0, namesMax).join(", ")}`)
  }
}

function clearValues({ leaves }: Pick<Sealed["opened"], "leaves">): Leaf[] {
  return leaves.filter(
    ({ site, scalar, isSelected }) =>
      !isSelected && site.kind !== "comment" && site.span !== null && scalar !== null && !isEmptyText(scalar),
  )
}

/**
 * For the line that ends the run: a file was sealed, and for whom.
 *
 * @param clearCount - values that were left in the clear
 */
export function closeSealed(
  session: Session,
  file: string,
  { opened, sealedCount }: Pick<Sealed, "opened" | "sealedCount">,
  { personOf }: Pick<FileSettings, "personOf">,
  clearCount = 0,
): void {
  if (session.close === undefined) return
  const { format, metadata } = opened.document
  const called = entryCalled(metadata.groups, personOf)
  const readers = someOf([...new Set(metadata.groups.flat().map(({ recipient }) => called(recipient)))])
  const values = format.isWhole === true || clearCount > 0 ? "" : `: ${valuesText(sealedCount)}, none left in the clear`
  session.close({ what: "sealed", file, for: ` for ${readers}`, about: values, clearCount })
}

function valuesText(count: number): string {
  return count === 1 ? "one value" : `${count} values`
}

/** The paths of clear values, for the report on a changed file. */
export function clearNames({ leaves }: Pick<Sealed["opened"], "leaves">): ReadonlySet<string> {
  return new Set(leaves.filter(({ isSelected }) => !isSelected).map(({ site }) => displayPath(shownPath(site.item))))
}

function ruleText(rule: Rule | null): string {
  return rule === null ? "" : ` (${ruleName(rule)})`
}
