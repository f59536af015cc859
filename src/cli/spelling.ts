import { type ArgumentSpec, type Command, longName, type OptionSpec } from "./spec.ts"

/** `sotto get [OPTIONS] FILE PATH`: how a command line looks, for help texts and docs/commands.md. */
export function usage(name: string, command: Command): string {
  const options = Object.keys(command.options).length === 0 ? [] : ["[OPTIONS]"]
  const args = Object.entries(command.arguments).map(([key, spec]) => argumentName(key, spec))
  return ["sotto", name, ...options, ...(command.passThrough === true ? ["--"] : []), ...args].join(" ")
}

export function argumentName(key: string, { kind }: ArgumentSpec): string {
  const name = key.toUpperCase()
  switch (kind) {
    case "required":
      return name
    case "optional":
      return `[${name}]`
    case "some":
      return `${name}...`
    case "many":
      return `[${name.replace(/S$/, "")}...]`
  }
}

/** `-o, --output FILE` */
export function optionName(key: string, { short, value }: OptionSpec): string {
  const long = value === undefined ? longName(key) : `${longName(key)} ${value}`
  return short === undefined ? long : `-${short}, ${long}`
}
