import { type Rule } from "../../config/rule.ts"

/** `rule 2 of .sopsrc` */
export function ruleName({ source: { rule, file } }: Pick<Rule, "source">): string {
  return `rule ${rule} of ${file.replace(/^.*[\\/]/, "")}`
}
