import { type Config, type RuleEntry } from "../../config/config.ts"
import { parseSpec, type RecipientSpec } from "../../config/recipients.ts"
import { AppError } from "../../errors/app-error.ts"
import { parseRecipients } from "../../keys/parse-recipient.ts"
import { type Finding, finding } from "./finding.ts"
import { recipientKey, recipientName } from "../../keys/kinds.ts"

/** One config in two versions; `null`: it was not there, or cannot be read. */
interface ConfigChange {
  readonly file: string
  readonly before: Config | null
  readonly after: Config | null
}

/** Each rule and each recipient that a range changes: to agree to the range is to agree to them. */
export function configChanges({ file, before, after }: ConfigChange): Finding[] {
  if (before === null && after === null) return []
  if (after === null) return [finding("CONFIG_CHANGED", { file }, { subject: "it is gone, or cannot be read" })]
  if (before === null) return [finding("CONFIG_CHANGED", { file, line: 1 }, { subject: "it is new" })]
  return [...ruleChanges(file, before, after), ...peopleChanges(file, before, after)]
}

interface Described {
  readonly rule: RuleEntry
  readonly match: string
  readonly text: string
}

function described({ rules }: Config): Described[] {
  return (rules ?? []).map((rule) => {
    const match = matchText(rule)
    return { rule, match, text: JSON.stringify([match, settingsText(rule), groupsText(rule), rule.threshold]) }
  })
}

function ruleChanges(file: string, before: Config, after: Config): Finding[] {
  const [old, now] = [described(before), described(after)]
  const oldTexts = new Set(old.map(({ text }) => text))
  const nowTexts = new Set(now.map(({ text }) => text))
  const gone = new Map(old.filter(({ text }) => !nowTexts.has(text)).map((each) => [each.match, each]))
  const found: Finding[] = []
  for (const { rule, match, text } of now) {
    if (oldTexts.has(text)) continue
    const known = gone.get(match)
    gone.delete(match)
    const what = known === undefined ? "is new" : `is another: ${difference(known.rule, rule)}`
    found.push(
      finding("CONFIG_CHANGED", { file, line: rule.at.line }, { subject: `rule ${rule.number} (${match}) ${what}` }),
    )
  }
  for (const { rule, match } of gone.values()) {
    found.push(finding("CONFIG_CHANGED", { file }, { subject: `rule ${rule.number} (${match}) is gone` }))
  }
  const kept = (list: readonly Described[], others: ReadonlySet<string>): string =>
    list
      .filter(({ text }) => others.has(text))
      .map(({ text }) => text)
      .join("\n")
  if (found.length === 0 && kept(old, nowTexts) !== kept(now, oldTexts)) {
    found.push(finding("CONFIG_CHANGED", { file, line: 1 }, { subject: "the order of the rules changed" }))
  }
  return found
}

function difference(before: RuleEntry, after: RuleEntry): string {
  const words: string[] = []
  const [old, now] = [recipientsOf(before), recipientsOf(after)]
  for (const [key, name] of now) if (!old.has(key)) words.push(`+ ${name}`)
  for (const [key, name] of old) if (!now.has(key)) words.push(`- ${name}`)
  if (words.length === 0 && groupsText(before) !== groupsText(after)) words.push("the key groups")
  if (before.threshold !== after.threshold) words.push("the threshold")
  return [...words, ...changedSettings(before, after)].join(", ")
}

function changedSettings(before: RuleEntry, after: RuleEntry): string[] {
  const [old, now] = [before, after].map((rule) => Object.entries(orNothing(() => [rule.settings()])[0] ?? {}))
  const texts = new Map(old!.map(([name, value]) => [name, JSON.stringify(value)]))
  const changed = now!.filter(([name, value]) => texts.get(name) !== JSON.stringify(value))
  return changed.map(([name]) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))
}

function matchText({ match }: RuleEntry): string {
  switch (match.type) {
    case "all":
      return "every path"
    case "regex":
      return match.text
    case "globs":
      return match.globs.map(({ text }) => text).join(", ")
  }
}

function settingsText(rule: RuleEntry): string {
  return orNothing(() => [JSON.stringify(rule.settings())])[0] ?? ""
}

/** By what makes them the same recipient; as the config calls them. */
function recipientsOf(rule: RuleEntry): ReadonlyMap<string, string> {
  const specs = orNothing(() => rule.groups()).flat()
  return new Map(
    specs.flatMap((spec) =>
      orNothing(() => parseSpec(spec, parseRecipients)).map((recipient) => {
        const name = recipientName(recipient)
        return [recipientKey(recipient), spec.person === null ? name : `${spec.person} (${name})`] as const
      }),
    ),
  )
}

function groupsText(rule: RuleEntry): string {
  return JSON.stringify(orNothing(() => rule.groups()).map((group) => group.flatMap(namesOf).sort()))
}

/** The recipients themselves: a name that leads to another key is a change of every rule that names it. */
function namesOf(spec: RecipientSpec): string[] {
  return orNothing(() => parseSpec(spec, parseRecipients).map((recipient) => recipientKey(recipient)))
}

function orNothing<T>(read: () => readonly T[]): T[] {
  try {
    return [...read()]
  } catch (error) {
    if (error instanceof AppError) return []
    throw error
  }
}

function peopleChanges(file: string, before: Config, after: Config): Finding[] {
  const [old, now] = [peopleOf(before), peopleOf(after)]
  const found: Finding[] = []
  for (const [name, { line, keys }] of now) {
    const known = old.get(name)
    const subject =
      known === undefined
        ? `recipient ${name} is new`
        : known.keys === keys
          ? null
          : `recipient ${name} has another key`
    if (subject !== null) found.push(finding("CONFIG_CHANGED", { file, line }, { subject }))
  }
  for (const name of old.keys()) {
    if (!now.has(name)) found.push(finding("CONFIG_CHANGED", { file }, { subject: `recipient ${name} is gone` }))
  }
  return found
}

function peopleOf({ people }: Config): Map<string, { line: number; keys: string }> {
  const found = new Map<string, { line: number; keys: string }>()
  for (const spec of people) {
    if (spec.person === null) continue
    const known = found.get(spec.person)
    const keys = [...(known === undefined ? [] : [known.keys]), ...namesOf(spec)].join(" ")
    found.set(spec.person, { line: known?.line ?? spec.at.line, keys })
  }
  return found
}
