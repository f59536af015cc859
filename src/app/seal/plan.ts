import { type RuleSettings } from "../../config/defaults.ts"
import { compileSelectors } from "../../config/re2.ts"
import { type Rule } from "../../config/rule.ts"
import { type FormatName } from "../../core/format.ts"
import { type Recipient } from "../../core/recipient.ts"
import { type CompiledSelectors, noSelectors, type Selectors } from "../../core/select.ts"
import { AppError } from "../../errors/app-error.ts"
import { usableThreshold } from "../../keys/wrap.ts"
import { type RecipientOptions, type SelectorOptions } from "../options.ts"
import { namesRecipients, recipientsOf, withContext } from "../recipients/recipients.ts"
import { type Session } from "../session.ts"
import { type FileSettings } from "../settings.ts"

/** How to seal a new file. */
export interface Plan {
  readonly groups: readonly (readonly Recipient[])[]
  readonly threshold: number
  readonly selectors: Selectors
  readonly compiled: CompiledSelectors
  readonly macOnlyEncrypted: boolean
  readonly rule: RuleSettings
}

export interface PlanByRule extends Plan {
  /** The rule of the config, whether options depart from it or not; `null` where none applies. */
  readonly byRule: Rule | null
}

/**
 * What options and configuration say about a new file. Options win over the rule, setting by setting; recipients win
 * as a whole.
 *
 * @throws {AppError} `NO_RECIPIENT` when nobody is named; `OPTIONS_CONFLICT` for two selectors; the config's own errors
 */
export async function planFor(
  session: Session,
  settings: FileSettings,
  options: RecipientOptions & SelectorOptions,
  format: FormatName,
): Promise<PlanByRule> {
  const decided = session.dialect.sealing
  // In upstream's order: the rule, what it selects, and then the recipients.
  const rule = await sealingRule(session, settings, namesRecipients(options))
  const selectors = selectorsOf(session, options, rule)
  // A binary file is one value, and no rule selects parts of it.
  const isBinary = format === "binary"
  if (isBinary && decided.binarySelectors === "warned of") warnOfSelectors(session, selectors)
  else checkOneSelector(selectors)
  const named = recipientsOf(session, options)
  const ruled = rule?.groups ?? []
  const groups =
    named !== null ? [named] : decided.addsContextToRules ? withContext(ruled, options.encryptionContext) : ruled
  const threshold = options.shamirSecretSharingThreshold ?? rule?.threshold ?? 0
  if (groups.length === 0) throw nobody(settings, rule)
  const effective = isBinary ? noSelectors : selectors
  const compiled = await compileSelectors(effective, { refuseInvalid: session.dialect.config.refusesBadPatterns })
  // An option that replaces the selector stands for itself.
  const isRuled = rule !== null && JSON.stringify(effective) === JSON.stringify(rule.selectors)
  const chosen = isRuled ? rule.chosen : null
  return {
    groups,
    threshold: usableThreshold(groups, threshold),
    selectors: effective,
    compiled: chosen === null ? compiled : { ...compiled, chosen },
    macOnlyEncrypted: !isBinary && (options.macOnlyEncrypted || (rule?.macOnlyEncrypted ?? false)),
    rule: rule ?? settings.rule,
    byRule: rule,
  }
}

function nobody({ searched }: FileSettings, rule: Rule | null): AppError {
  if (rule === null) {
    const [nearest, top] = [searched[0], searched.at(-1)]
    if (nearest === undefined) return new AppError("NO_RECIPIENT")
    const place = nearest === top ? nearest : `${nearest} and above, up to ${top}`
    return new AppError("NO_RECIPIENT", {}, { notes: [`there is no .sopsrc or .sops.yaml with rules in ${place}`] })
  }
  const { file, line } = rule.source
  return new AppError(
    "NO_RECIPIENT",
    {},
    {
      notes: [`the rule in line ${line} of ${file} names none`],
      hint: "name them in that rule, or pass a recipient, for example with --age",
    },
  )
}

/** With recipients on the command line a config without a matching rule does no harm, but upstream stops there. */
async function sealingRule(session: Session, settings: FileSettings, isNamed: boolean): Promise<Rule | null> {
  try {
    return await settings.sealingRule()
  } catch (error) {
    const isEnough = isNamed && !session.dialect.sealing.needsRuleBesideOptions
    if (isEnough && error instanceof AppError && error.code === "CONFIG_NO_RULE") return null
    throw error
  }
}

function selectorsOf(session: Session, options: SelectorOptions, rule: Rule | null): Selectors {
  const { takesEmptySelector } = session.dialect.sealing
  const pick = (name: keyof Selectors): string => {
    const option = options[name]
    const isGiven = option !== undefined && (option !== "" || takesEmptySelector)
    return isGiven ? option : (rule?.selectors[name] ?? "")
  }
  return {
    unencryptedSuffix: pick("unencryptedSuffix"),
    encryptedSuffix: pick("encryptedSuffix"),
    unencryptedRegex: pick("unencryptedRegex"),
    encryptedRegex: pick("encryptedRegex"),
    unencryptedCommentRegex: pick("unencryptedCommentRegex"),
    encryptedCommentRegex: pick("encryptedCommentRegex"),
  }
}

function checkOneSelector(selectors: Selectors): void {
  if (Object.values(selectors).filter((text) => text !== "").length > 1) {
    throw new AppError("OPTIONS_CONFLICT", {}, { subject: "more than one rule selects what is encrypted" })
  }
}

const selectorNames: readonly (readonly [keyof Selectors, string])[] = [
  ["unencryptedSuffix", "an unencrypted suffix"],
  ["encryptedSuffix", "an encrypted suffix"],
  ["encryptedRegex", "an encrypted regex"],
  ["unencryptedRegex", "an unencrypted regex"],
  ["encryptedCommentRegex", "an encrypted comment regex"],
]

/** Upstream says that it ignores them. */
function warnOfSelectors(session: Session, selectors: Selectors): void {
  for (const [key, name] of selectorNames) {
    if (selectors[key] === "") continue
    const text = `Using ${name} does not make sense with the input store, since a binary file is one value: it is ignored.`
    session.log?.({ level: "warning", logger: "CMD", text })
  }
}
