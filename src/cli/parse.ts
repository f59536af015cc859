import { AppError } from "../errors/app-error.ts"
import { globalOptions } from "./global-options.ts"
import { convert, fromEnvironment, type GivenValue } from "./option-values.ts"
import { type ArgumentSpecs, type Command, type CommandInput, longName, type OptionSpecs } from "./spec.ts"
import { type Read, readWords } from "./words.ts"

type Parsed<A extends ArgumentSpecs, O extends OptionSpecs> =
  { readonly help: true } | ({ readonly help: false } & CommandInput<A, O>)

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
  const isPassedOn = command.passThrough === true
  const read = readPlainWords(specs, words, isPassedOn) ?? readWords(specs, words, isPassedOn)
  if (read.values["help"] === true) return { help: true }
  const options = Object.fromEntries(
    Object.entries(specs).map(([key, spec]) => [key, read.values[key] ?? fromEnvironment(spec, env)]),
  )
  // Keys and kinds of the values are those of the two specifications, from which `CommandInput` is made.
  return { help: false, args: assign(command.arguments, read.rest), options } as Parsed<A, O>
}

/**
 * Reads a line of arguments and options that are words of their own, as in `decrypt secrets.yaml`, `encrypt --age KEY FILE`
 * or `run -f FILE -- server`: there is nothing in it to take apart, and commander stays unloaded, which takes 1.5 ms of a
 * start.
 *
 * @returns `null` for a line that commander has to read
 * @throws {AppError} OPTION_VALUE
 */
export function readPlainWords(specs: OptionSpecs, words: readonly string[], passThrough: boolean): Read | null {
  const values: Record<string, GivenValue> = {}
  const rest: string[] = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!
    if (isArgument(word)) {
      rest.push(word)
      continue
    }
    // Behind the first argument of `run`, options belong to the child.
    if (passThrough && rest.length > 0) return null
    if (word === "--") {
      rest.push(...words.slice(at + 1))
      break
    }
    const key = optionOf(specs, word)
    if (key === undefined) return null
    const isFlag = specs[key]!.kind === "flag"
    const text = isFlag ? "" : words[++at]
    if (text === undefined || !isArgument(text)) return null
    values[key] = convert(longName(key), specs[key]!, text, values[key])
  }
  return { values, rest }
}

function isArgument(word: string): boolean {
  return !word.startsWith("-") || word === "-"
}

function optionOf(specs: OptionSpecs, word: string): string | undefined {
  for (const key of Object.keys(specs)) {
    const { short } = specs[key]!
    if (word === longName(key) || (short !== undefined && word === `-${short}`)) return key
  }
  return undefined
}

function assign(specs: ArgumentSpecs, words: readonly string[]): Record<string, GivenValue> {
  const args: Record<string, GivenValue> = {}
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
  // Behind free text it may be the rest of a value that lost its quotes.
  const isFreeText = Object.values(specs).some(({ completes }) => completes === null || completes === "key path")
  throw new AppError("ARGUMENT_UNEXPECTED", {}, { subject: isFreeText ? undefined : extra })
}

function missing(name: string): AppError {
  return new AppError("ARGUMENT_MISSING", {}, { subject: name.toUpperCase() })
}
