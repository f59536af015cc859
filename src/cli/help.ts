import { version } from "../version.ts"
import { type CommandEntry, commands, groups } from "./commands.ts"
import { globalOptions } from "./option-groups.ts"
import { type ArgumentSpec, type Command, longName, type OptionSpec } from "./spec.ts"

const width = 100

/** `sotto --help`; no command is loaded for it. */
export function programHelp(): string {
  const sections = Object.entries(groups).map(([group, title]) => {
    const rows = [...commands].filter(([, entry]) => entry.group === group)
    return section(
      title,
      rows.map(([name, { summary }]) => [name, summary] as const),
    )
  })
  return [
    `sotto ${version}: seals the values of YAML, JSON, .env, INI and other files, and keeps every other byte\n`,
    "Usage: sotto COMMAND [OPTIONS] [ARGUMENTS]\n",
    ...sections,
    section("Options of every command", [
      ...optionRows(globalOptions),
      ["--version", "print the version; with --json also what is bundled"],
    ]),
    "`sotto COMMAND --help` tells more about a command.\n",
  ].join("\n")
}

/** `sotto git`, and the same with --help: the commands that begin so. */
export function familyHelp(family: string): string {
  const rows = [...commands].filter(([name]) => name.startsWith(`${family} `))
  return [
    `Usage: sotto ${family} COMMAND [OPTIONS] [ARGUMENTS]\n`,
    section(
      "Commands",
      rows.map(([name, { summary }]) => [name, summary] as const),
    ),
    `\`sotto ${family} COMMAND --help\` tells more about a command.\n`,
  ].join("\n")
}

/** `sotto NAME --help` */
export function commandHelp(name: string, { summary }: CommandEntry, command: Command): string {
  const rows = Object.entries(command.arguments).map(([key, spec]) => [argumentName(key, spec), spec.summary] as const)
  return [
    `sotto ${name}: ${summary}\n`,
    `Usage: ${usage(name, command)}\n`,
    ...command.details.map((paragraph) => `${wrap(paragraph, width).join("\n")}\n`),
    ...(rows.length === 0 ? [] : [section("Arguments", rows)]),
    section("Options", optionRows({ ...command.options, ...globalOptions })),
    section(
      "Examples",
      command.examples.map(({ line, shows }) => [line, shows] as const),
    ),
  ].join("\n")
}

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

function optionRows(specs: Readonly<Record<string, OptionSpec>>): (readonly [string, string])[] {
  return Object.entries(specs).map(([key, spec]) => {
    const fallback = spec.env === undefined ? "" : ` [${spec.env}]`
    return [optionName(key, spec), `${spec.summary}${fallback}`]
  })
}

const nameMax = 30

function section(title: string, rows: readonly (readonly [string, string])[]): string {
  const column = Math.min(nameMax, Math.max(...rows.map(([name]) => name.length))) + 4
  const lines = rows.flatMap(([name, text]) => {
    const [first = "", ...more] = wrap(text, width - column)
    const indented = more.map((line) => " ".repeat(column) + line)
    if (name.length > nameMax) return [`  ${name}`, " ".repeat(column) + first, ...indented]
    return [`  ${name}`.padEnd(column) + first, ...indented]
  })
  return `${title}:\n${lines.join("\n")}\n`
}

function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ""
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = word
    } else {
      line = line === "" ? word : `${line} ${word}`
    }
  }
  return [...lines, line]
}
