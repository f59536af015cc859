import { Option, Command as Parser } from "commander"
import { AppError } from "../errors/app-error.ts"
import { didYouMean } from "../errors/nearest.ts"
import { globalOptions } from "./global-options.ts"
import { convert, type GivenValue } from "./option-values.ts"
import { type Command, longName, type OptionSpec, type OptionSpecs } from "./spec.ts"

/** What the words of a command line say. */
export interface Read {
  readonly values: Readonly<Record<string, GivenValue>>
  readonly rest: readonly string[]
}

/**
 * Sorts words into options and arguments, by commander.
 *
 * @throws {AppError} of a word that cannot be there
 */
export function readWords(specs: OptionSpecs, line: readonly string[], passThrough: boolean): Read {
  const words = withForce(specs, line)
  const { parser, names } = parserOf(specs, passThrough)
  const { operands, unknown } = parser
    .exitOverride(() => {
      // The one thing that the parser itself objects to; an option without its value is the last word.
      const word = words.at(-1)!
      const name = word.startsWith("--") ? word : `-${word.at(-1)!}`
      throw new AppError("OPTION_VALUE", {}, { subject: `${name} needs ${names.get(name)?.value ?? "a value"}` })
    })
    .parseOptions(words)
  return { values: parser.opts<Record<string, GivenValue>>(), rest: [...operands, ...argumentsIn(unknown, names)] }
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
    this.argParser((text, before: GivenValue) => {
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
