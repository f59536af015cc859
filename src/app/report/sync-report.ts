import { sealedFiles } from "./closing.ts"
import { shown } from "../../errors/display.ts"
import { type Recipient } from "../../core/recipient.ts"
import { type AppError } from "../../errors/app-error.ts"
import { type NameOf } from "../../keys/data-key-error.ts"
import { type KeyPlan } from "../recipients/key-plan.ts"
import { type Candidate } from "../open/sealed-files.ts"
import { recipientName } from "../../keys/kinds.ts"
import { isReadable } from "../../keys/parse-recipient.ts"

/** What is known of a file, and what happened to it. */
export interface SyncedFile extends Candidate {
  readonly state: "current" | "stale" | "updated" | "without rule" | "failed"
  readonly plan: KeyPlan | null
  /** Recipients of kinds that this version does not know: they are kept. */
  readonly unknown?: readonly string[]
  /** Where file and rule select different values: what each says. */
  readonly selectors: { readonly file: string; readonly rule: string } | null
  readonly nameOf: NameOf
  readonly error?: AppError
}

/** What would change in a file, or has changed: one line for each group that changes. */
export function syncLines(file: SyncedFile): string[] {
  if (file.plan === null) return [shown(file.file)]
  return changesText(file, { isDone: file.state === "updated" }).map((line) => shown(`${file.file}: ${line}`))
}

type KeyChanges = Pick<SyncedFile, "plan" | "nameOf">

/**
 * Who comes and who goes, for each group that changes. Nothing in it is made safe to show.
 *
 * @param isDone - it was written; before that the text must not say so
 */
export function changesText({ plan, nameOf }: KeyChanges, { isDone }: { readonly isDone: boolean }): string[] {
  if (plan === null) return []
  const { changes, needed } = plan
  const called = (recipients: readonly Recipient[]): string =>
    recipients.map((recipient) => nameOf(recipient) ?? recipientName(recipient)).join(", ")
  const lines = changes.flatMap(({ added, removed }, index) => {
    const what = [
      ...(added.length === 0 ? [] : [isDone ? `added ${called(added)}` : `would add ${called(added)}`]),
      ...(removed.length === 0 ? [] : [isDone ? `removed ${called(removed)}` : `would remove ${called(removed)}`]),
    ]
    const group = changes.length === 1 ? "" : `group ${index + 1} `
    return what.length === 0 ? [] : [`${group}${what.join(", ")}`]
  })
  if (needed[0] !== needed[1]) lines.push(`groups needed: ${needed[1]}, ${isDone ? "and before" : "now"} ${needed[0]}`)
  return lines
}

/** The table at the end: each file that changes, and how many there are of all kinds. */
export function summary(files: readonly SyncedFile[], { isLookOnly }: { readonly isLookOnly: boolean }): string {
  const rows = files.filter(({ state }) => state === "updated" || state === "stale").flatMap(syncLines)
  const unruled = files
    .filter(({ state }) => state === "without rule")
    .map(({ file }) => `${shown(file)}: no rule names it`)
  const unknown = files.flatMap((file) =>
    (file.unknown ?? []).map((name) => {
      return `${shown(file.file)}: kept for ${shown(name)}, of a kind that this version does not know`
    }),
  )
  const apart = files.flatMap(({ file, selectors }) => {
    if (selectors === null) return []
    const anew = "sync changes no value, sotto migrate does"
    return [shown(`${file}: ${selectors.file} in the file, ${selectors.rule} in the rule: ${anew}`)]
  })
  const count = (state: SyncedFile["state"]): number => files.filter((file) => file.state === state).length
  const counts = [
    ...(isLookOnly ? [`${count("stale")} to update`] : [`${count("updated")} updated`]),
    `${count("current")} already up to date`,
    ...(unruled.length === 0 ? [] : [`${unruled.length} without a rule`]),
    ...(count("failed") === 0 ? [] : [`${count("failed")} failed`]),
  ]
  return `${[...rows, ...unruled, ...unknown, ...apart, `${sealedFiles(files.length)}: ${counts.join(", ")}`].join("\n")}\n`
}

export function summaryJson(files: readonly SyncedFile[]): string {
  const list = files.map((each) => {
    const { file, state, plan, selectors, unknown = [], error } = each
    return { file, state, unknown, selectors, groups: changesJson(each), needed: plan?.needed, code: error?.code }
  })
  return `${JSON.stringify({ schema: 1, files: list })}\n`
}

export function changesJson({ plan, nameOf }: KeyChanges): object[] | undefined {
  const member = (recipient: Recipient): object => ({
    type: recipient.type,
    // Anything may be in one that does not parse.
    recipient: isReadable(recipient) ? recipientName(recipient) : null,
    name: nameOf(recipient) ?? null,
  })
  return plan?.changes.map(({ added, removed }) => ({ added: added.map(member), removed: removed.map(member) }))
}
