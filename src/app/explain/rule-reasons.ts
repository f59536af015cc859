import { type Config, type RuleEntry } from "../../config/config.ts"
import { matcherOf, type RuleTarget } from "../../config/rule.ts"

/** A rule, and why it is or is not the one for a path. */
export interface RuleReason {
  /** From 1. */
  readonly index: number
  readonly line: number
  readonly reason: string
}

export interface RuleChoice {
  readonly entry: RuleEntry | null
  readonly chosen: RuleReason | null
  /** Those before it, all of them when none matches. */
  readonly passedOver: readonly RuleReason[]
}

/** The first rule that matches, and why those before it do not. */
export async function chooseRule(config: Config, target: RuleTarget): Promise<RuleChoice> {
  const passedOver: RuleReason[] = []
  for (const entry of config.rules ?? []) {
    const isMatch = await matcherOf(config, entry)
    const facts = { index: entry.number, line: entry.at.line }
    const what = matchText(entry)
    if (isMatch(target)) {
      const reason = entry.match.type === "all" ? "it names no path, so it matches every file" : `${what} matches`
      return { entry, chosen: { ...facts, reason }, passedOver }
    }
    passedOver.push({ ...facts, reason: `${what} does not match` })
  }
  return { entry: null, chosen: null, passedOver }
}

function matchText({ match }: RuleEntry): string {
  switch (match.type) {
    case "all":
      return "every path"
    case "regex":
      return `path_regex ${JSON.stringify(match.text)}`
    case "globs":
      return `path ${match.globs.map(({ text }) => JSON.stringify(text)).join(", ")}`
  }
}
