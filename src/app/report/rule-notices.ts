import { saidBy } from "../check/drift.ts"
import { ruleName } from "./closing.ts"
import { type PlanByRule } from "../seal/plan.ts"
import { checkSelectorDrift } from "../seal/selector-drift.ts"
import { type Session } from "../session.ts"
import { type FileSettings } from "../settings.ts"
import { type Config } from "../../config/config.ts"
import { compileSelectors } from "../../config/re2.ts"
import { type Rule } from "../../config/rule.ts"
import { runSlot } from "../../core/run-memory.ts"
import { type Sealed } from "../../core/seal.ts"
import { AppError } from "../../errors/app-error.ts"
import { recipientKey, recipientName } from "../../keys/kinds.ts"

/**
 * Says at once where options have made a file that differs from its rule, and what the next command will do about
 * that: nobody should learn it from a refusal next week.
 */
export async function sayDeparture(
  session: Session,
  file: string | null,
  { plan, opened }: { readonly plan: PlanByRule; readonly opened: Sealed["opened"] },
  { personOf }: Pick<FileSettings, "personOf">,
): Promise<void> {
  const { byRule: rule } = plan
  if (rule === null || !session.dialect.warns) return
  const name = file ?? "standard input"
  const called = (groups: Rule["groups"]): string =>
    groups
      .flat()
      .map((each) => personOf(each) ?? recipientName(each))
      .join(", ")
  if (keysText(plan) !== keysText(rule)) {
    session.notice(
      `${name}: sealed for ${called(plan.groups)} as the options say, but ${ruleName(rule)} names ${called(rule.groups)}: the next \`sotto sync\` wraps it for those`,
    )
  }
  if (opened.document.format.isWhole === true || saidBy(plan) === saidBy(rule)) return
  session.notice(
    `${name}: sealed by ${saidBy(plan)} as the options say, but ${ruleName(rule)} says ${saidBy(rule)}: ${await consequence(plan, rule, opened)}`,
  )
}

function keysText({ groups, threshold }: Pick<Rule, "groups" | "threshold">): string {
  const needed = groups.length < 2 ? 1 : threshold === 0 ? groups.length : threshold
  return JSON.stringify([groups.map((group) => group.map(recipientKey).sort()), needed])
}

async function consequence(plan: PlanByRule, rule: Rule, { leaves }: Sealed["opened"]): Promise<string> {
  const byRule = await compileSelectors(rule.selectors, { refuseInvalid: true })
  const sites = leaves.map(({ site, scalar }) => ({ ...site, scalar }))
  try {
    checkSelectorDrift(sites, plan.compiled, byRule, { file: plan.macOnlyEncrypted, rule: rule.macOnlyEncrypted })
    return "`sotto set` and `sotto edit` keep to the file; write it into the rule to keep it for good"
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return "`sotto set` and `sotto edit` will refuse the file, since it leaves in the clear what the rule seals; write it into the rule, or seal by the rule with `sotto migrate`"
  }
}

const saidOf = runSlot<Set<string>>()

/** Each is compared with all before it; a config of more rules is a matter for `sotto check`. */
const rulesMax = 100

/** Names the rules of a config that can never apply because an earlier one takes every file: once in a run. */
export async function sayShadowedRules(session: Session, config: Config | null): Promise<void> {
  const count = config?.rules?.length ?? 0
  if (config === null || count < 2 || count > rulesMax || !session.dialect.warns) return
  const said = saidOf.of(session.memory, () => new Set())
  if (said.has(config.file)) return
  said.add(config.file)
  const { shadowedRules } = await import("../check/rule-lint.ts")
  for (const { rule, wider } of await shadowedRules(config)) {
    const source = { file: config.file, rule: rule.number, line: rule.at.line }
    session.notice(
      `${ruleName({ source })} (line ${rule.at.line}) can never apply: rule ${wider.number} takes every file that it names; put it before that one`,
    )
  }
}
