import { shown } from "../../errors/display.ts"
import { compileSelectors } from "../../config/re2.ts"
import { type Rule } from "../../config/rule.ts"
import { type Metadata } from "../../core/metadata.ts"
import { type Recipient } from "../../core/recipient.ts"
import { AppError } from "../../errors/app-error.ts"
import { planKeys } from "../recipients/key-plan.ts"
import { type MetadataSides, type MetadataChoice } from "./seal-merged.ts"
import { recipientName, recipientKey } from "../../keys/kinds.ts"
import { namesInVersions } from "../recipients/entry-names.ts"

export type MetadataSource = "ours" | "theirs" | "rule"

/**
 * What somebody has decided about the metadata of the file.
 *
 * @param rule - of the config in the work tree, if the user chose it
 * @throws {AppError} `CONFIG_NO_RULE`
 */
export async function chooseMetadata(
  source: MetadataSource,
  { ours, theirs }: MetadataSides,
  rule: Rule | null,
): Promise<MetadataChoice> {
  if (source === "rule") {
    if (rule === null) throw new AppError("CONFIG_NO_RULE")
    const { groups, threshold, selectors, macOnlyEncrypted } = rule
    const compiled = await compileSelectors(selectors, { refuseInvalid: true })
    return { groups, threshold, selectors, compiled, macOnlyEncrypted }
  }
  const { groups, threshold, selectors, macOnlyEncrypted } = source === "theirs" ? (theirs ?? ours) : ours
  return {
    groups: groups.map((group) => group.map(({ recipient }) => recipient)),
    threshold,
    selectors,
    compiled: await compileSelectors(selectors, { refuseInvalid: false }),
    macOnlyEncrypted,
  }
}

/** Whether the choice differs from a file in its recipients. */
export function changesRecipients(metadata: Metadata, choice: MetadataChoice): boolean {
  return !planKeys(metadata, choice).isCurrent
}

/**
 * Nothing authenticates recipients, so the rule or the user has to name everybody who newly gets the data key
 * (security rule S3).
 *
 * @param known - may read the file already
 * @throws {AppError} `UNKNOWN_RECIPIENT`
 */
export function checkChosenRecipients(
  { groups }: MetadataChoice,
  known: readonly Recipient[],
  rule: Rule | null,
  keepRecipient: readonly string[],
): void {
  const named = new Set([...known, ...(rule?.groups.flat() ?? [])].map(recipientKey))
  const kept = new Set(keepRecipient)
  const strangers = groups.flat().filter((each) => !named.has(recipientKey(each)) && !kept.has(recipientName(each)))
  const [first, ...others] = strangers.map(namesInVersions([]))
  if (first === undefined) return
  throw new AppError("UNKNOWN_RECIPIENT", { recipient: first }, { notes: others.map((name) => `also ${name}`) })
}

/** Who would come and go with theirs, and what else would change, for the question. */
export function changesOfTheirs({ ours, theirs }: MetadataSides, nameOf: (recipient: Recipient) => string): string[] {
  if (theirs === null) return []
  const wanted = { groups: theirs.groups.map((group) => group.map(({ recipient }) => recipient)) }
  const { changes, needed } = planKeys(ours, { ...wanted, threshold: theirs.threshold })
  const lines = changes.flatMap(({ added, removed }) => [
    ...added.map((recipient) => `adds ${shown(nameOf(recipient))}`),
    ...removed.map((recipient) => `removes ${shown(nameOf(recipient))}`),
  ])
  if (needed[0] !== needed[1]) lines.push(`needs ${needed[1]} groups instead of ${needed[0]}`)
  if (JSON.stringify(ours.selectors) !== JSON.stringify(theirs.selectors)) lines.push("changes what is sealed")
  if (ours.macOnlyEncrypted !== theirs.macOnlyEncrypted) lines.push("changes what the MAC covers")
  return lines
}
