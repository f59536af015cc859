import { type Config, type RuleEntry } from "../../config/config.ts"
import { resolveEntry } from "../../config/rule.ts"
import { recipientKey } from "../../keys/kinds.ts"
import { parseRecipients } from "../../keys/parse-recipient.ts"
import { type Session } from "../session.ts"

/** The rules that hold one of these keys, by themselves or by a name. */
export async function rulesWith({ dialect }: Session, config: Config, keys: readonly string[]): Promise<RuleEntry[]> {
  const wanted = new Set(keys)
  const found: RuleEntry[] = []
  for (const entry of config.rules ?? []) {
    const { groups } = await resolveEntry(config, entry, { parse: parseRecipients, dialect: dialect.config })
    if (groups.flat().some((each) => wanted.has(recipientKey(each)))) found.push(entry)
  }
  return found
}

/**
 * How somebody gets into a `.sops.yaml`, which is changed by hand: what to write where, and what to run then.
 *
 * @param recipient - `null`: not known
 */
export async function byHand({ dialect }: Session, config: Config | null, recipient: string | null): Promise<string> {
  const file = config?.file ?? "the config"
  const [first, ...others] = config?.rules ?? []
  const key = recipient ?? "your recipient (sotto init shows it)"
  if (config === null || first === undefined) return `add a rule to ${file} that names ${key}, and run: sotto sync`
  const { groups } = await resolveEntry(config, first, { parse: parseRecipients, dialect: dialect.config })
  const field =
    recipient === null || recipient.startsWith("age1") || recipient.startsWith("ssh-") ? "`age`" : "its kind"
  const inRule = groups.length > 1 ? `to ${field} of one key group of` : `to ${field} in`
  const rules = `the rule of line ${first.at.line}`
  const more = others.length === 0 ? "" : `, and the same in each other rule whose files they are to read`
  return `add ${key} ${inRule} ${rules} of ${file} (behind a comma where it lists one already)${more}, and run: sotto sync`
}
