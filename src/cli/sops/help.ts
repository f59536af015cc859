import { sopsVersion, version } from "../../version.ts"
import { isContainer, sopsCommands, topFlags } from "./commands.ts"
import { type FlagName } from "./flags.ts"
import { type FlagSpec } from "./grammar.ts"
import { commandTexts, flagTexts } from "./help-texts.ts"

/** @param name - of a command, with its container; `null` for the program */
export function helpText(name: string | null): string {
  if (name === null) return programHelp()
  const [outer = "", inner] = name.split(" ")
  const found = sopsCommands.get(outer)
  if (found !== undefined && isContainer(found)) {
    const command = inner === undefined ? undefined : found.commands.get(inner)
    if (command === undefined) return containerHelp(name, [...found.commands.keys()])
    return commandHelp(name, command.usage, command.flags)
  }
  return found === undefined || isContainer(found) ? programHelp() : commandHelp(name, found.usage, found.flags)
}

function programHelp(): string {
  const names = [...sopsCommands.keys(), "help, h"]
  return sections([
    ["NAME", ["sops - encrypted files, by sotto"]],
    ["USAGE", ["sops [options] file", "sops [options] command [command options] [arguments]"]],
    ["VERSION", [`${sopsVersion} (sotto ${version})`]],
    ["COMMANDS", columns(names.map((name) => [name, commandTexts[name.split(",")[0]!] ?? ""]))],
    ["GLOBAL OPTIONS", columns(topFlags.map(flagRow))],
  ])
}

function containerHelp(name: string, commands: readonly string[]): string {
  return sections([
    ["NAME", [`sops ${name} - ${commandTexts[name] ?? ""}`]],
    ["USAGE", [`sops ${name} command [command options] [arguments...]`]],
    ["COMMANDS", columns(commands.map((inner) => [inner, commandTexts[`${name} ${inner}`] ?? ""]))],
    ["OPTIONS", ["--help, -h  show help"]],
  ])
}

function commandHelp(name: string, usage: string, flags: readonly FlagSpec[]): string {
  const options = flags.filter((spec) => spec.name !== "help")
  return sections([
    ["NAME", [`sops ${name} - ${commandTexts[name] ?? ""}`]],
    ["USAGE", [`sops ${name} [command options] ${usage}`.trimEnd()]],
    ...(options.length === 0 ? [] : [["OPTIONS", columns(options.map(flagRow))] as const]),
  ])
}

function flagRow(spec: FlagSpec): readonly [string, string] {
  const value = spec.kind === "switch" ? "" : " value"
  const names = [spec.name, ...(spec.short === undefined ? [] : [spec.short])]
  const spelled = names.map((name) => `${name.length === 1 ? "-" : "--"}${name}${value}`).join(", ")
  const text = flagTexts[spec.name as FlagName]
  return [spelled, spec.env === undefined ? text : `${text} [$${spec.env}]`]
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`)
}

function sections(parts: readonly (readonly [string, readonly string[]])[]): string {
  return parts.map(([title, lines]) => `${title}:\n${lines.map((line) => `   ${line}\n`).join("")}`).join("\n")
}
