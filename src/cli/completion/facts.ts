import { commands } from "../commands.ts"
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

export async function commandFacts(name: string): Promise<CommandFacts> {
  const { summary, load } = commands.get(name)!
  const { options, arguments: args } = await load()
  const completes = Object.values(args).map((spec) => spec.completes)
  return { name, summary, options: optionFacts(options), completes: completes.find((what) => what !== null) ?? null }
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
