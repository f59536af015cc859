import { environment } from "../config/environment.ts"
import { AppError } from "../errors/app-error.ts"
import { didYouMean } from "../errors/nearest.ts"
import { type OptionSpec } from "./spec.ts"

export type GivenValue = boolean | number | string | string[] | undefined

/**
 * What an option's text means.
 *
 * @param name - of the option, or of the variable that stands for it
 * @param before - what the same option said before on that line
 * @throws {AppError} OPTION_VALUE
 */
export function convert(name: string, spec: OptionSpec, text: string, before: GivenValue): GivenValue {
  switch (spec.kind) {
    case "flag":
      return true
    case "text":
      return text
    case "list":
      return [...(Array.isArray(before) ? before : []), ...pieces(name, spec, text)]
    case "number":
      return wholeNumber(name, spec, text)
    case "choice":
      return choice(name, spec.choices ?? [], text)
  }
}

/** An empty entry is most often a variable that is not set: without it a file would be sealed for too few people. */
function pieces(name: string, spec: OptionSpec, text: string): string[] {
  if (spec.separator === undefined) return [text]
  if (text.trim() === "") return []
  const found = text.split(spec.separator).map((piece) => piece.trim())
  if (!found.includes("")) return found
  const hint = "is a variable in it not set? An entry that is not wanted goes with its comma"
  throw new AppError("OPTION_VALUE", {}, { subject: `an entry of ${name} is empty`, hint })
}

function wholeNumber(name: string, { base = 10 }: OptionSpec, text: string): number {
  const digits = base === 8 ? /^0?[0-7]{1,3}$/ : /^\d{1,9}$/
  if (digits.test(text)) return Number.parseInt(text, base)
  throw new AppError(
    "OPTION_VALUE",
    {},
    { subject: `${name} needs ${base === 8 ? "an octal number up to 777" : "a whole number"}` },
  )
}

function choice(name: string, choices: readonly string[], text: string): string {
  if (choices.includes(text)) return text
  const hint = didYouMean(text, choices)
  const subject = `${name} is one of ${choices.join(", ")}`
  throw new AppError("OPTION_VALUE", {}, hint === undefined ? { subject } : { subject, hint })
}

/** What an option is where the command line does not have it: what its variable says, or nothing. */
export function fromEnvironment(spec: OptionSpec, env: (name: string) => string | undefined): GivenValue {
  if (spec.kind === "flag") return (spec.env !== undefined && environment(env).flag(spec.env)) ?? false
  const text = spec.env === undefined ? undefined : environment(env).text(spec.env)
  // A variable that is set but empty is "not given", as for sops.
  if (text === undefined || text === "") return spec.kind === "list" ? [] : undefined
  return convert(spec.env ?? "", spec, text, undefined)
}
