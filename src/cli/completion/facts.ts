import { commands, membersOf } from "../commands.ts"
import { longName, type OptionSpec } from "../spec.ts"

/** What completion needs to know of a command; every script is made from it. */
export interface CommandFacts {
  readonly name: string
  readonly summary: string
  readonly options: readonly OptionFacts[]
  /** What may stand as an argument; `null` for text that nobody can guess. */
  readonly completes: "file" | readonly string[] | null
}

export interface OptionFacts {
  readonly long: string
  readonly short: string | undefined
  readonly summary: string
  readonly takes: "nothing" | "file" | "text" | readonly string[]
}

/** Of every command; a family such as `git` is one too, whose argument is the second word of a name. */
export async function allCommandFacts(): Promise<CommandFacts[]> {
  const facts: CommandFacts[] = []
  for (const [name, { summary, load }] of commands) {
    const [family = ""] = name.split(" ")
    if (family !== name && facts.every((one) => one.name !== family)) facts.push(familyFacts(family))
    const { options, arguments: args } = await load()
    const completes = Object.values(args).map((spec) => spec.completes)
    const first = completes.find((what) => what !== null) ?? null
    facts.push({ name, summary, options: optionFacts(options), completes: first })
  }
  return facts
}

function familyFacts(name: string): CommandFacts {
  const members = membersOf(name)
  return { name, summary: members.join(", "), options: [], completes: members }
}

/** Commands of one word, which may stand first. */
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
  return choices ?? (value === "FILE" ? "file" : "text")
}
