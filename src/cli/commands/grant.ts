import { dryRun, openOptions, yes } from "../option-groups.ts"
import { command } from "../spec.ts"
import { AppError } from "../../errors/app-error.ts"

export const grantCommand = command({
  details: [
    "Comments and layout of .sopsrc stay. The files of its rules are updated at once, so you have to be able to " +
      "open them. What you cannot open is named, and left for `sotto sync` by somebody who can.",
  ],
  arguments: {
    name: { kind: "required", completes: "member or pending", summary: "what people call them" },
    recipient: {
      kind: "required",
      completes: null,
      summary: "their public key: age1..., ssh-ed25519 ..., a fingerprint",
    },
  },
  options: {
    rule: { kind: "list", separator: ",", value: "N", summary: "only this rule, from 1; all rules when absent" },
    yes,
    dryRun,
    ...openOptions,
  },
  examples: [{ line: "sotto grant anna age1...", shows: "let anna read all files" }],
  async run(session, { args, options }) {
    const { grantName } = await import("../../app/commands/grant.ts")
    return grantName(session, { ...options, ...args, rules: ruleNumbers(options.rule) })
  },
})

/** Numbers of rules, from 1. @throws {AppError} `OPTION_VALUE` */
function ruleNumbers(texts: readonly string[]): number[] {
  return texts.map(numberOf)
}

function numberOf(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text)
  throw new AppError("OPTION_VALUE", {}, { subject: "--rule needs a number from 1" })
}

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
    const { approveName } = await import("../../app/commands/grant.ts")
    return approveName(session, { ...options, ...args, rules: ruleNumbers(options.rule) })
  },
})
