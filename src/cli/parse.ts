import { Option, Command as Parser } from "commander"
import { environment } from "../config/environment.ts"
import { AppError } from "../errors/app-error.ts"
import { didYouMean } from "../errors/nearest.ts"
import { globalOptions } from "./option-groups.ts"
import {
  type ArgumentSpecs,
  type Command,
  type CommandInput,
  longName,
  type OptionSpec,
  type OptionSpecs,
} from "./spec.ts"

type Parsed<A extends ArgumentSpecs, O extends OptionSpecs> =
  { readonly help: true } | ({ readonly help: false } & CommandInput<A, O>)

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
  const read = readWords(specs, withForce(specs, words), command.passThrough === true)
  if (read.values["help"] === true) return { help: true }
  const options = Object.fromEntries(
    Object.entries(specs).map(([key, spec]) => [key, read.values[key] ?? fromEnvironment(spec, env)]),
  )
  // Keys and kinds of the values are those of the two specifications, from which `CommandInput` is made.
  return { help: false, args: assign(command.arguments, read.rest), options } as Parsed<A, O>
}

/** `--reveal=force` is the flag `--reveal-force`, where a command has one. */
function withForce(specs: OptionSpecs, words: readonly string[]): string[] {
  const forms = Object.keys(specs).filter((key) => Object.hasOwn(specs, `${key}Force`))
  const end = words.indexOf("--")
  return words.map((word, at) => {
    const key = end === -1 || at < end ? forms.find((each) => word === `${longName(each)}=force`) : undefined
    return key === undefined ? word : longName(`${key}Force`)
  })
}

interface Read {
  readonly values: Readonly<Record<string, Value>>
  readonly rest: readonly string[]
}

function readWords(specs: OptionSpecs, words: readonly string[], passThrough: boolean): Read {
  const { parser, names } = parserOf(specs, passThrough)
  const { operands, unknown } = parser
    .exitOverride(() => {
      // The one thing that the parser itself objects to; an option without its value is the last word.
      const word = words.at(-1)!
      const name = word.startsWith("--") ? word : `-${word.at(-1)!}`
      throw new AppError("OPTION_VALUE", {}, { subject: `${name} needs ${names.get(name)?.value ?? "a value"}` })
    })
    .parseOptions([...words])
  return { values: parser.opts<Record<string, Value>>(), rest: [...operands, ...argumentsIn(unknown, names)] }
}

/**
 * The words that are arguments, and what the options say: of a line that is not complete yet.
 *
 * @throws {AppError} of a word that cannot be there
 */
export function argumentsSoFar(
  { options, passThrough }: Pick<Command, "options" | "passThrough">,
  words: readonly string[],
): { readonly words: readonly string[]; readonly config: string | undefined } {
  const { rest, values } = readWords({ ...options, ...globalOptions }, words, passThrough === true)
  return { words: rest, config: values["config"] as string | undefined }
}

/**
 * The word at which options end when all words before it belong to that command: where a command's name can stand.
 *
 * @returns its place; `words.length` when there is none
 * @throws {AppError} of a word before it
 */
export function firstArgument(specs: OptionSpecs, words: readonly string[]): number {
  return words.length - readWords(specs, words, true).rest.length
}

/**
 * From the first word on that is not an option of ours, the parser leaves the rest to whom it may concern. That can still be
 * an argument: `-5m`, as a value.
 */
function argumentsIn(words: readonly string[], names: Names): string[] {
  const end = words.indexOf("--")
  for (const word of end === -1 ? words : words.slice(0, end)) {
    if (isOption(word)) throw unknownOption(word.split("=", 1)[0]!, names.keys())
  }
  return words.filter((_, at) => at !== end)
}

// A lone dash is standard input, and a negative number is a value.
function isOption(word: string): boolean {
  return word.length > 1 && word.startsWith("-") && !/^-\d/.test(word)
}

type Names = ReadonlyMap<string, OptionSpec>

/** commander's parser for these options. It prints nothing and ends nothing. */
function parserOf(specs: OptionSpecs, passThrough: boolean): { parser: Parser; names: Names } {
  const parser = new Parser()
    .helpOption(false)
    .passThroughOptions(passThrough)
    .configureOutput({ outputError() {} })
  const names = new Map<string, OptionSpec>()
  for (const [key, spec] of Object.entries(specs)) {
    names.set(longName(key), spec)
    if (spec.short !== undefined) names.set(`-${spec.short}`, spec)
    parser.addOption(new SpecifiedOption(key, spec))
  }
  return { parser, names }
}

/** An option as the table has it, and with it what commander spells in another way. */
class SpecifiedOption extends Option {
  readonly #key: string
  readonly #spec: OptionSpec
  #hasEquals = false

  constructor(key: string, spec: OptionSpec) {
    super(optionFlags(key, spec))
    this.#key = key
    this.#spec = spec
    // `--no-fifo` is a name as others are.
    this.negate = false
    if (spec.kind === "flag") return
    this.argParser((text, before: Value) => {
      // `-o=b` is `-o b`, as programs in Go have it.
      const value = this.#hasEquals ? text.slice(1) : text
      this.#hasEquals = false
      return convert(longName(key), spec, value, before)
    })
  }

  override attributeName(): string {
    return this.#key
  }

  /** Asked by the parser of each word that can be an option. */
  is(word: string): boolean {
    const { short, long = "" } = this
    const equals = word.indexOf("=")
    const name = equals === -1 ? word : word.slice(0, equals)
    // One dash before a long name is sops' habit; to read it as a bundle would mistake it for something else.
    if (name === long.slice(1)) throw unknownOption(name, [long])
    if (equals !== -1 && (name === short || name === long)) {
      if (this.#spec.kind === "flag") throw new AppError("OPTION_VALUE", {}, { subject: `${name} takes no value` })
      this.#hasEquals = name === short
    }
    return word === short || word === long
  }
}

function optionFlags(key: string, { kind, short }: OptionSpec): string {
  const long = kind === "flag" ? longName(key) : `${longName(key)} <value>`
  return short === undefined ? long : `-${short}, ${long}`
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
  // Behind free text it may be the rest of a value that lost its quotes.
  const isFreeText = Object.values(specs).some(({ completes }) => completes === null || completes === "key path")
  throw new AppError("ARGUMENT_UNEXPECTED", {}, { subject: isFreeText ? undefined : extra })
}

function missing(name: string): AppError {
  return new AppError("ARGUMENT_MISSING", {}, { subject: name.toUpperCase() })
}
