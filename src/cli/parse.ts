import { environment } from "../config/environment.ts"
import { AppError } from "../errors/app-error.ts"
import { didYouMean } from "../errors/nearest.ts"
import { globalOptions } from "./option-groups.ts"
import { type ArgumentSpecs, type Command, type Input, longName, type OptionSpec, type OptionSpecs } from "./spec.ts"

export type Parsed<A extends ArgumentSpecs, O extends OptionSpecs> =
  { readonly help: true } | ({ readonly help: false } & Input<A, O>)

type Value = boolean | number | string | string[] | undefined

/**
 * Reads the words behind a command's name. Options stand anywhere, `--` ends them, short ones may be bundled
 * (`-is`) and carry their value (`-ofile`); of a repeated option the last one counts, a list collects all.
 *
 * @throws {AppError} with status 64, or 100 when a file or path is missing, as sops has it
 */
export function parse<A extends ArgumentSpecs, O extends OptionSpecs>(
  command: Command<A, O>,
  words: readonly string[],
  env: (name: string) => string | undefined,
): Parsed<A, O> {
  const specs: OptionSpecs = { ...command.options, ...globalOptions }
  const read = readWords(specs, words, command.passThrough === true)
  if (read.values.get("help") === true) return { help: true }
  const options = Object.fromEntries(
    Object.entries(specs).map(([key, spec]) => [key, read.values.get(key) ?? fromEnvironment(spec, env)]),
  )
  // Keys and kinds of the values are those of the two specifications, from which `Input` is made.
  return { help: false, args: assign(command.arguments, read.rest), options } as Parsed<A, O>
}

/** Whether failures are to be printed as JSON; asked before anything is parsed, so that usage errors are included. */
export function wantsJson(words: readonly string[]): boolean {
  const end = words.indexOf("--")
  return words.slice(0, end === -1 ? words.length : end).includes("--json")
}

interface Read {
  readonly values: ReadonlyMap<string, Value>
  readonly rest: readonly string[]
}

function readWords(specs: OptionSpecs, words: readonly string[], passThrough: boolean): Read {
  const byName = optionNames(specs)
  const values = new Map<string, Value>()
  const rest: string[] = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!
    if (word === "--") return { values, rest: [...rest, ...words.slice(at + 1)] }
    if (!isOption(word)) {
      if (passThrough) return { values, rest: [...rest, ...words.slice(at)] }
      rest.push(word)
      continue
    }
    for (const { name, inline } of split(word, byName)) {
      const [key, spec] = known(name, byName)
      if (spec.kind === "flag") {
        if (inline !== undefined) throw new AppError("OPTION_VALUE", {}, { subject: `${name} takes no value` })
        values.set(key, true)
        continue
      }
      const text = inline ?? words[++at]
      if (text === undefined) {
        throw new AppError("OPTION_VALUE", {}, { subject: `${name} needs ${spec.value ?? "a value"}` })
      }
      values.set(key, convert(name, spec, text, values.get(key)))
    }
  }
  return { values, rest }
}

// A lone dash is standard input, and a negative number is a value.
function isOption(word: string): boolean {
  return word.length > 1 && word.startsWith("-") && !/^-\d/.test(word)
}

type ByName = ReadonlyMap<string, readonly [key: string, spec: OptionSpec]>

function optionNames(specs: OptionSpecs): ByName {
  const byName = new Map<string, readonly [string, OptionSpec]>()
  for (const [key, spec] of Object.entries(specs)) {
    byName.set(longName(key), [key, spec])
    if (spec.short !== undefined) byName.set(`-${spec.short}`, [key, spec])
  }
  return byName
}

interface Named {
  readonly name: string
  /** The value in the same word. */
  readonly inline: string | undefined
}

function split(word: string, byName: ByName): Named[] {
  const equals = word.indexOf("=")
  const name = equals === -1 ? word : word.slice(0, equals)
  const inline = equals === -1 ? undefined : word.slice(equals + 1)
  if (word.startsWith("--") || name.length === 2) return [{ name, inline }]
  // One dash before a long name is sops' habit; to read it as a bundle would mistake it for something else.
  if (byName.has(`-${name}`)) throw unknownOption(name, [`-${name}`])
  return unbundle(word, byName)
}

function unbundle(word: string, byName: ByName): Named[] {
  const found: Named[] = []
  for (let at = 1; at < word.length; at++) {
    const name = `-${word[at]!}`
    const [, spec] = known(name, byName, word)
    if (spec.kind === "flag") {
      found.push({ name, inline: undefined })
      continue
    }
    const tail = word.slice(at + 1)
    found.push({ name, inline: tail === "" ? undefined : tail })
    break
  }
  return found
}

function known(name: string, byName: ByName, word = name): readonly [string, OptionSpec] {
  const option = byName.get(name)
  if (option === undefined) throw unknownOption(word, byName.keys())
  return option
}

function unknownOption(name: string, names: Iterable<string>): AppError {
  // One letter is as near to any other.
  const near = name.length > 2 ? didYouMean(name, names) : undefined
  const hint = near ?? "see --help for the options of this command"
  return new AppError("OPTION_UNKNOWN", {}, { subject: name, hint })
}

function convert(name: string, spec: OptionSpec, text: string, before: Value): Value {
  switch (spec.kind) {
    case "flag":
      return true
    case "text":
      return text
    case "list":
      return [...(Array.isArray(before) ? before : []), ...pieces(spec, text)]
    case "number":
      return wholeNumber(name, spec, text)
    case "choice":
      return choice(name, spec.choices ?? [], text)
  }
}

function pieces(spec: OptionSpec, text: string): string[] {
  if (spec.separator === undefined) return [text]
  return text
    .split(spec.separator)
    .map((piece) => piece.trim())
    .filter((piece) => piece !== "")
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

function fromEnvironment(spec: OptionSpec, env: (name: string) => string | undefined): Value {
  if (spec.kind === "flag") return (spec.env !== undefined && environment(env).flag(spec.env)) ?? false
  const text = spec.env === undefined ? undefined : environment(env).text(spec.env)
  // A variable that is set but empty is "not given", as for sops.
  if (text === undefined || text === "") return spec.kind === "list" ? [] : undefined
  return convert(spec.env ?? "", spec, text, undefined)
}

function assign(specs: ArgumentSpecs, words: readonly string[]): Record<string, Value> {
  const args: Record<string, Value> = {}
  let at = 0
  for (const [name, spec] of Object.entries(specs)) {
    if (spec.kind === "many" || spec.kind === "some") {
      args[name] = words.slice(at)
      if (spec.kind === "some" && at >= words.length) throw missing(name)
      return args
    }
    const word = words[at++]
    if (word === undefined && spec.kind === "required") throw missing(name)
    args[name] = word
  }
  const extra = words[at]
  if (extra === undefined) return args
  throw new AppError("ARGUMENT_UNEXPECTED", {}, { subject: extra })
}

function missing(name: string): AppError {
  return new AppError("ARGUMENT_MISSING", {}, { subject: name.toUpperCase() })
}
