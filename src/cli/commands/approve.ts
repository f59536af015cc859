import { dryRun, openOptions, yes } from "../option-groups.ts"
import { command } from "../spec.ts"
import { ruleNumbers } from "./grant.ts"

export const approveCommand = command({
  details: [
    "What is under `pending` in .sopsrc is only what somebody pushed. So compare the fingerprint of the key with " +
      "what the newcomer tells you in another way. Then the name goes into the rules, and their files follow.",
  ],
  arguments: { name: { kind: "required", completes: "pending", summary: "the name that asked with `sotto join`" } },
  options: {
    fingerprint: { kind: "text", value: "TEXT", summary: "what the newcomer told you; without it you are asked" },
    rule: { kind: "list", separator: ",", value: "N", summary: "only this rule, from 1; all rules when absent" },
    yes,
    dryRun,
    ...openOptions,
  },
  examples: [{ line: "sotto approve bob", shows: "let in bob, who asked" }],
  async run(session, { args, options }) {
    const { approveName } = await import("../../app/commands/approve.ts")
    return approveName(session, { ...options, ...args, rules: ruleNumbers(options.rule) })
  },
})
