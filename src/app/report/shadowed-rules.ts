import { type Config } from "../../config/config.ts"
import { runSlot } from "../../core/run-memory.ts"
import { type Session } from "../session.ts"
import { ruleName } from "./rule-name.ts"

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
