import { commands, membersOf } from "../commands.ts"
import { type Completes, type OptionSpec, longName } from "../spec.ts"

export const shells = ["bash", "zsh", "fish", "powershell"] as const

export type Shell = (typeof shells)[number]

/** What completion needs to know of a command; every script is made from it. */
export interface CommandFacts {
  readonly name: string
  readonly summary: string
  readonly options: readonly OptionFacts[]
  /** What may stand as an argument; `asked`: the program says it when it comes to that; `null`: nobody can guess. */
  readonly completes: "file" | "asked" | readonly string[] | null
}

export interface OptionFacts {
  readonly long: string
  readonly short: string | undefined
  readonly summary: string
  readonly takes: "nothing" | "file" | "text" | "asked" | readonly string[]
}

/** Of every command; a family such as `git` is one too, whose argument is the second word of a name. */
export async function allCommandFacts(): Promise<CommandFacts[]> {
  const facts: CommandFacts[] = []
  for (const [name, { summary, load }] of commands) {
    const [family = ""] = name.split(" ")
    if (family !== name && facts.every((one) => one.name !== family)) facts.push(familyFacts(family))
    const { options, arguments: args } = await load()
    const completes = Object.values(args).map((spec) => spec.completes)
    facts.push({ name, summary, options: optionFacts(options), completes: allOf(completes) })
  }
  return facts
}

/** What a script can say of all arguments together. */
function allOf(completes: readonly Completes[]): CommandFacts["completes"] {
  const first = completes.find((what) => what !== null) ?? null
  const isAsked = completes.some((what) => typeof what === "string" && what !== "file")
  return isAsked ? "asked" : (first as "file" | readonly string[] | null)
}

function familyFacts(name: string): CommandFacts {
  const members = membersOf(name)
  return { name, summary: members.join(", "), options: [], completes: members }
}

/** Commands of one word, which may be first. */
export function firstWords(commands: readonly CommandFacts[]): CommandFacts[] {
  return commands.filter(({ name }) => !name.includes(" "))
}

export function optionFacts(specs: Readonly<Record<string, OptionSpec>>): OptionFacts[] {
  return Object.entries(specs).map(([key, spec]) => {
    const short = spec.short === undefined ? undefined : `-${spec.short}`
    return { long: longName(key), short, summary: spec.summary, takes: taken(spec) }
  })
}

function taken({ kind, choices, value }: OptionSpec): OptionFacts["takes"] {
  if (kind === "flag") return "nothing"
  return choices ?? (value === "FILE" ? "file" : value === "PATH" ? "asked" : "text")
}
