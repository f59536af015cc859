import { type Rule } from "../../config/rule.ts"
import { shown } from "../../errors/display.ts"

/** A file that was written, for the one line that ends a command at a terminal. */
export interface Closing {
  /** What was done: `sealed`, `opened`. */
  readonly what: string
  readonly file: string
  /** For whom, or where to: ` for alice, ci`. */
  readonly for: string
  /** What else to say if it is the only one. */
  readonly about: string
  /** Values that it leaves in the clear. */
  readonly clearCount: number
}

/** @param closings - at least one */
export function closingLine(closings: readonly Closing[]): string {
  const [first] = closings
  if (closings.length === 1) return shown(`${first!.what} ${first!.file}${first!.for}${first!.about}`)
  // What holds for all of them.
  const whom = closings.every((each) => each.for === first!.for) ? first!.for : ""
  const clear = closings.filter(({ clearCount }) => clearCount > 0).length
  const left = clear === 0 ? "" : `; values left in the clear in ${clear} of them, which \`sotto ls FILE\` names`
  return shown(`${first!.what} ${closings.length} files${whom}${left}`)
}

const namesMax = 6

/** `alice, ci and 3 more` */
export function someOf(names: readonly string[]): string {
  if (names.length <= namesMax) return names.join(", ")
  return `${names.slice(0, namesMax).join(", ")} and ${names.length - namesMax} more`
}

export function sealedFiles(count: number): string {
  return `${count} sealed ${count === 1 ? "file" : "files"}`
}

/** `rule 2 of .sopsrc` */
export function ruleName({ source: { rule, file } }: Pick<Rule, "source">): string {
  return `rule ${rule} of ${file.replace(/^.*[\\/]/, "")}`
}
