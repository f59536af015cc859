import { Argument, Help, Option, Command as Page } from "commander"
import { paintWith } from "../app/report/paint.ts"
import { version } from "../version.ts"
import { type CommandEntry, type CommandTable, groups, membersOf } from "./commands.ts"
import { globalOptions, programOptions } from "./global-options.ts"
import { type Command, type Example, type OptionSpecs } from "./spec.ts"
import { argumentName, optionName, usage } from "./spelling.ts"

/** How a help text looks where it is shown. */
export interface HelpStyle {
  readonly color: boolean
  /** Of the terminal; `undefined` where there is none. */
  readonly columns: number | undefined
}

/** `sotto --help`; no command is loaded for it. */
export function programHelp(table: CommandTable, style: HelpStyle): string {
  const page = new HelpPage({
    title: `sotto ${version}: seals the values of YAML, JSON, .env, INI and other files, and keeps every other byte`,
    usage: "sotto COMMAND [OPTIONS] [ARGUMENTS]",
    end: "`sotto COMMAND --help` tells more about a command.",
  })
  for (const [name, { summary, group }] of table) page.addTopic(name, summary, groups[group])
  page.addOptions(programOptions, "Options of every command")
  return page.text(style)
}

/** `sotto git`, and the same with --help: the commands that begin so. */
export function familyHelp(name: string, table: CommandTable, style: HelpStyle): string {
  const page = new HelpPage({
    title: `sotto ${name}: ${membersOf(name, table).join(", ")}`,
    usage: `sotto ${name} COMMAND [OPTIONS] [ARGUMENTS]`,
    end: `\`sotto ${name} COMMAND --help\` tells more about a command.`,
  })
  for (const [full, { summary }] of table) if (full.startsWith(`${name} `)) page.addTopic(full, summary, "Commands")
  page.addOptions(programOptions, "Options of every command")
  return page.text(style)
}

/** `sotto NAME --help` */
export function commandHelp(name: string, { summary }: CommandEntry, command: Command, style: HelpStyle): string {
  const page = new HelpPage({
    title: `sotto ${name}: ${summary}`,
    usage: usage(name, command),
    details: command.details,
    examples: command.examples,
  })
  for (const [key, spec] of Object.entries(command.arguments)) {
    page.addArgument(new Argument(argumentName(key, spec), spec.summary))
  }
  page.addOptions({ ...command.options, ...globalOptions }, "Options")
  return page.text(style)
}

interface Frame {
  readonly title: string
  readonly usage: string
  readonly details?: readonly string[]
  readonly examples?: readonly Example[]
  readonly end?: string
}

/** What commander knows of a command, for its help alone: the words of a call are read by `parse`. */
class HelpPage extends Page {
  readonly #frame: Frame

  constructor(frame: Frame) {
    super()
    this.#frame = frame
    this.helpOption(false)
      .helpCommand(false)
      .description((frame.details ?? []).join("\n\n"))
  }

  addTopic(name: string, summary: string, group: string): void {
    this.addCommand(new Page(name).helpOption(false).summary(summary).helpGroup(`${group}:`))
  }

  addOptions(specs: OptionSpecs, group: string): void {
    for (const [key, spec] of Object.entries(specs)) {
      const fallback = spec.env === undefined ? "" : ` [${spec.env}]`
      const option = new Option(optionName(key, spec), `${spec.summary}${fallback}`)
      // Of `--no-fifo` no `--fifo` is the opposite.
      option.negate = false
      this.addOption(option.helpGroup(`${group}:`))
    }
  }

  override createHelp(): Help {
    return new HelpLayout(this.#frame)
  }

  text({ color, columns }: HelpStyle): string {
    const width = Math.max(widthMin, Math.min(columns ?? widthWithoutTerminal, widthMax))
    this.configureOutput({ getOutHasColors: () => color, getOutHelpWidth: () => width })
    return this.helpInformation()
  }
}

const widthMin = 40
const widthWithoutTerminal = 80
const widthMax = 100
const termMax = 30

function grouped<T>(items: readonly T[], groupOf: (item: T) => string): [string, T[]][] {
  const found = new Map<string, T[]>()
  for (const item of items) {
    const list = found.get(groupOf(item))
    if (list === undefined) found.set(groupOf(item), [item])
    else list.push(item)
  }
  return [...found]
}

function termOf(argument: Argument): string {
  const name = argument.variadic ? `${argument.name()}...` : argument.name()
  return argument.required ? name : `[${name}]`
}

/** The order of our sections, and names longer than their column on a line of their own. */
class HelpLayout extends Help {
  readonly #frame: Frame

  constructor(frame: Frame) {
    super()
    this.#frame = frame
    this.minWidthToWrap = widthMin / 2
  }

  override formatHelp(page: Page, helper: Help): string {
    const { title, usage: line, examples = [], end } = this.#frame
    const width = this.helpWidth ?? widthWithoutTerminal
    const termWidth = helper.padWidth(page, helper)
    const item = (term: string, text: string): string => helper.formatItem(term, termWidth, text, helper)
    const topic = (one: Page): string => item(helper.styleSubcommandText(one.name()), one.summary())
    const option = (one: Option): string => item(helper.styleOptionTerm(one.flags), one.description)
    const sections = [
      ...grouped(page.commands, (one) => one.helpGroup()).map(([head, list]) => [head, list.map(topic)] as const),
      [
        "Arguments:",
        page.registeredArguments.map((one) => item(helper.styleArgumentText(termOf(one)), one.description)),
      ] as const,
      ...grouped(page.options, (one) => one.helpGroupHeading ?? "").map(
        ([head, list]) => [head, list.map(option)] as const,
      ),
      ["Examples:", examples.map(({ line: words, shows }) => item(helper.styleCommandText(words), shows))] as const,
    ]
    return [
      helper.boxWrap(title, width),
      "",
      `${helper.styleTitle("Usage:")} ${line}`,
      "",
      ...(page.description() === "" ? [] : [helper.boxWrap(page.description(), width), ""]),
      ...sections.flatMap(([head, items]) => this.formatItemList(head, items, helper)),
      ...(end === undefined ? [] : [helper.boxWrap(end, width), ""]),
    ].join("\n")
  }

  override padWidth(page: Page, helper: Help): number {
    const width = this.helpWidth ?? widthWithoutTerminal
    return Math.min(termMax, Math.floor(width * 0.4), super.padWidth(page, helper))
  }

  override formatItem(term: string, termWidth: number, text: string, helper: Help): string {
    if (helper.displayWidth(term) <= termWidth) return super.formatItem(term, termWidth, text, helper)
    return `  ${term}\n${super.formatItem("", termWidth, text, helper)}`
  }

  override styleTitle(text: string): string {
    return paintWith(true)("head", text)
  }
}
