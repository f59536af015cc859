import { posix } from "node:path"
import { type Config, type RuleEntry } from "../../config/config.ts"
import { samplesOf } from "../../config/glob-samples.ts"
import { parseSpec, type RecipientSpec } from "../../config/recipients.ts"
import { matcherOf, type RuleTarget } from "../../config/rule.ts"
import { parseRecipients } from "../../keys/parse-recipient.ts"
import { AppError } from "../../errors/app-error.ts"
import { type Finding, finding } from "./finding.ts"
import { suspicionOf } from "./suspect-names.ts"
import { recipientKey } from "../../keys/kinds.ts"

/** A config, and the files whose rules it holds. */
interface Governed {
  readonly config: Config
  /** For the report. */
  readonly file: string
  readonly targets: readonly RuleTarget[]
}

/** Rules that no file reaches, and names that no rule uses. */
export async function ruleFindings({ config, file, targets }: Governed): Promise<Finding[]> {
  const rules = config.rules ?? []
  const matchers = await Promise.all(rules.map((rule) => matcherOf(config, rule)))
  const matched = rules.map(() => 0)
  const reached = rules.map(() => 0)
  for (const target of targets) {
    let isTaken = false
    // A loop that makes nothing: there are ten thousand targets.
    for (let index = 0; index < matchers.length; index++) {
      if (!matchers[index]!(target)) continue
      matched[index]!++
      if (!isTaken) reached[index]!++
      isTaken = true
    }
  }
  const found: Finding[] = []
  const shadowed = new Map((await shadowedRules(config)).map(({ rule, wider }) => [rule, wider]))
  for (const [index, rule] of rules.entries()) {
    const place = { file, line: rule.at.line }
    const wider = shadowed.get(rule)
    if (wider !== undefined) {
      found.push(finding("RULE_SHADOWED", place, { subject: `rule ${rule.number} behind rule ${wider.number}` }))
    } else if (matched[index]! > 0 && reached[index] === 0 && !isCatchAll(rule)) {
      const subject = `each file that rule ${rule.number} matches is taken by a rule before it`
      found.push(finding("RULE_SHADOWED", place, { subject }))
    } else if (matched[index] === 0) {
      found.push(finding("RULE_UNUSED", place, { subject: `rule ${rule.number}` }))
    }
  }
  return [...found, ...peopleFindings(config, file)]
}

/** Rules that can never apply, each with the first one before it that takes every file that it names. */
export async function shadowedRules(
  config: Config,
): Promise<{ readonly rule: RuleEntry; readonly wider: RuleEntry }[]> {
  const rules = config.rules ?? []
  const found: { rule: RuleEntry; wider: RuleEntry }[] = []
  for (const [index, rule] of rules.entries()) {
    const wider = await firstCovering(config, rules.slice(0, index), rule)
    if (wider !== null) found.push({ rule, wider })
  }
  return found
}

async function firstCovering(config: Config, before: readonly RuleEntry[], rule: RuleEntry): Promise<RuleEntry | null> {
  for (const wider of before) if (await covers(config, wider, rule)) return wider
  return null
}

/** Whether one rule matches everything that the other matches. Says no where the patterns do not tell. */
async function covers(
  config: Config,
  { match: wide, ...wider }: RuleEntry,
  { match: narrow }: RuleEntry,
): Promise<boolean> {
  if (isCatchAll({ match: wide })) return true
  if (narrow.type === "all" || wide.type === "all") return false
  if (narrow.type === "regex") return wide.type === "regex" && wide.text === narrow.text
  // A pattern with an exception matches letters that nobody uses, and may except those that matter.
  const isExact =
    wide.type === "globs" ? wide.globs.every(({ text }) => !/\[[!^]/.test(text)) : !/\[\^(?!\/\])/.test(wide.text)
  if (!isExact) return false
  const isMatch = await matcherOf(config, { ...wider, match: wide, isPortable: false })
  const samples = narrow.globs.map(({ text }) => samplesOf(text))
  return samples.every(
    (each) => each.length > 0 && each.every((path) => isMatch({ path: `${config.folder}/${path}`, paths: posix })),
  )
}

const catchAllGlobs: ReadonlySet<string> = new Set(["**", "*", "**/*", "/**", "./**"])
const catchAllPatterns: ReadonlySet<string> = new Set([
  "",
  ".*",
  "^.*$",
  ".*$",
  "^.*",
  ".",
  "^",
  "$",
  "(.*)",
  ".+",
  "^.+$",
])

/** It names no path, or a pattern that every path has. */
export function isCatchAll({ match }: Pick<RuleEntry, "match">): boolean {
  if (match.type === "all") return true
  return match.type === "regex"
    ? catchAllPatterns.has(match.text)
    : match.globs.some(({ text }) => catchAllGlobs.has(text))
}

function peopleFindings(config: Config, file: string): Finding[] {
  const keysOf = (spec: RecipientSpec): string[] => {
    try {
      return parseSpec(spec, parseRecipients).map(recipientKey)
    } catch (error) {
      if (error instanceof AppError) return []
      throw error
    }
  }
  const used = new Set((config.rules ?? []).flatMap((rule) => rule.groups().flat().flatMap(keysOf)))
  const people = new Map<string, { line: number; isUsed: boolean }>()
  for (const spec of config.people) {
    if (spec.person === null) continue
    const known = people.get(spec.person)
    const isUsed = keysOf(spec).some((key) => used.has(key))
    people.set(spec.person, { line: known?.line ?? spec.at.line, isUsed: isUsed || known?.isUsed === true })
  }
  return [...people].flatMap(([name, { line, isUsed }]) => {
    const suspicion = suspicionOf(name)
    return [
      ...(isUsed ? [] : [finding("RECIPIENT_UNUSED", { file, line }, { subject: name })]),
      ...(suspicion === null ? [] : [finding("NAME_SUSPECT", { file, line }, { subject: suspicion })]),
    ]
  })
}
