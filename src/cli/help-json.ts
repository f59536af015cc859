import { version } from "../version.ts"
import { type CommandTable } from "./commands.ts"
import { globalOptions } from "./global-options.ts"
import { type OptionSpecs } from "./spec.ts"
import { argumentName, optionName, usage } from "./spelling.ts"

/** `help --json`: every command with its arguments, options and examples, for tools that write or check command lines. */
export async function helpAsJson(table: CommandTable): Promise<string> {
  const commands = await Promise.all(
    Array.from(table, async ([name, { group, summary, load }]) => {
      const command = await load()
      const args = Object.entries(command.arguments)
      return {
        name,
        group,
        summary,
        usage: usage(name, command),
        details: command.details,
        arguments: args.map(([key, spec]) => ({
          name: argumentName(key, spec),
          required: spec.kind === "required" || spec.kind === "some",
          many: spec.kind === "many" || spec.kind === "some",
          summary: spec.summary,
        })),
        options: optionsOf(command.options),
        examples: command.examples,
      }
    }),
  )
  return `${JSON.stringify({ schema: 1, version, options: optionsOf(globalOptions), commands })}\n`
}

function optionsOf(specs: OptionSpecs): object[] {
  return Object.entries(specs).map(([key, spec]) => {
    const { kind, short, choices, env, summary } = spec
    const [long] = /--[\w-]+/.exec(optionName(key, spec)) ?? []
    return { name: long, ...(short === undefined ? {} : { short: `-${short}` }), kind, choices, env, summary }
  })
}
