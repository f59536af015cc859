import { type VariableName } from "../../config/environment.ts"
import { type KindVariable } from "../../keys/kinds.ts"

/** One flag of the command line of sops. Both names are written with one dash or two. */
export interface FlagSpec {
  /** Without dashes. */
  readonly name: string
  readonly short?: string
  /** `switch` takes a value only behind `=`; `list` collects what is repeated. */
  readonly kind: "switch" | "text" | "number" | "list"
  /** Of a switch, when nothing else is said. */
  readonly isOn?: boolean
  readonly env?: VariableName | KindVariable
}

export type FlagValue = boolean | string | number | readonly string[]

/** What was wrong with a command line, in the words of Go's `flag` package, which callers look for. */
interface UsageFault {
  readonly text: string
}

export interface ParsedFlags {
  /** By the long name, defaults and variables included. */
  readonly values: ReadonlyMap<string, FlagValue>
  /** Long names of flags that are on the command line. */
  readonly given: ReadonlySet<string>
  /** What is left when the first word comes that is not a flag. */
  readonly rest: readonly string[]
  readonly fault: UsageFault | null
}

/**
 * Reads flags up to the first word that is not one; what follows is not looked at.
 *
 * A value is taken verbatim, also one that begins with a dash. Short flags are never bundled. Of a repeated flag the
 * last value counts, and the earlier ones are not judged. When a fault is found, what came before it is kept.
 *
 * @see Go's flag package, FlagSet.parseOne; urfave/cli v1.22.17, normalizeFlags
 */
export function parseFlags(
  specs: readonly FlagSpec[],
  words: readonly string[],
  defaults: ReadonlyMap<string, FlagValue>,
): ParsedFlags {
  const byName = namesOf(specs)
  const given = new Map<string, FlagValue>()
  const spellings = new Map<string, string>()
  let twoForms: UsageFault | null = null
  const end = (at: number, fault: UsageFault | null): ParsedFlags => ({
    values: new Map([...defaults, ...given]),
    given: new Set(given.keys()),
    rest: words.slice(at),
    fault: twoForms ?? fault,
  })

  for (let at = 0; at < words.length; at++) {
    const word = words[at]!
    if (word.length < 2 || !word.startsWith("-")) return end(at, null)
    if (word === "--") return end(at + 1, null)
    const flag = split(word)
    if (flag === null) return end(at + 1, { text: `bad flag syntax: ${word}` })
    const spec = byName.get(flag.name)
    if (spec === undefined) return end(at + 1, { text: `flag provided but not defined: -${flag.name}` })
    let text: string | null | undefined = flag.value
    if (spec.kind !== "switch") {
      text ??= words[++at]
      if (text === undefined) return end(at, { text: `flag needs an argument: -${flag.name}` })
    }
    const value = convert(spec, flag.name, text, given.get(spec.name))
    if (typeof value === "object" && "text" in value) return end(at + 1, value)
    given.set(spec.name, value)
    const before = spellings.get(spec.name)
    if (before !== undefined && before !== flag.name) {
      twoForms ??= { text: `Cannot use two forms of the same flag: ${spec.short} ${spec.name}` }
    }
    spellings.set(spec.name, flag.name)
  }
  return end(words.length, null)
}

/**
 * Puts the flags of a subcommand before its arguments, as upstream does: `decrypt FILE --output-type json` works. A
 * word that looks like a flag and is not known stays where it is, so it is a fault before the first argument and an
 * argument behind it.
 *
 * Two quirks of upstream are not kept: a switch never takes the following word along, so it cannot change the order of
 * arguments, and `--` ends the flags wherever it stands.
 *
 * @see urfave/cli v1.22.17 command.go, reorderArgs
 */
export function reorder(specs: readonly FlagSpec[], words: readonly string[]): string[] {
  const byName = namesOf(specs)
  const front: string[] = []
  const rest: string[] = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!
    if (word === "--") return [...front, "--", ...rest, ...words.slice(at + 1)]
    const flag = word.startsWith("-") && word !== "-" ? split(word) : null
    const spec = flag === null ? undefined : byName.get(flag.name)
    if (spec === undefined) {
      rest.push(word)
      continue
    }
    front.push(word)
    const takesNext = spec.kind !== "switch" && flag!.value === null
    if (takesNext && at + 1 < words.length) front.push(words[++at]!)
  }
  return [...front, ...rest]
}

/**
 * Values from the environment, and what holds without one. A variable that is set but empty counts: a switch is off
 * then, and a text is empty.
 *
 * @throws {RangeError} never; a switch that is not a boolean gives a fault, with which every command fails
 */
export function defaultsOf(
  specs: readonly FlagSpec[],
  env: (name: VariableName | KindVariable) => string | undefined,
): { values: ReadonlyMap<string, FlagValue>; fault: UsageFault | null } {
  const values = new Map<string, FlagValue>()
  let fault: UsageFault | null = null
  for (const spec of specs) {
    const text = spec.env === undefined ? undefined : env(spec.env)
    switch (spec.kind) {
      case "switch": {
        const value = text === undefined ? (spec.isOn ?? false) : text === "" ? false : parseBool(text)
        if (value === null) {
          fault ??= {
            text: `could not parse ${text} as bool value for flag ${spec.name}: strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`,
          }
        }
        values.set(spec.name, value ?? false)
        break
      }
      case "list":
        // Upstream makes a list of one empty text of an empty variable, and then fails to connect to it.
        values.set(
          spec.name,
          (text ?? "")
            .split(",")
            .map((piece) => piece.trim())
            .filter((piece) => piece !== ""),
        )
        break
      case "number":
        values.set(spec.name, 0)
        break
      case "text":
        values.set(spec.name, text ?? "")
        break
    }
  }
  return { values, fault }
}

function namesOf(specs: readonly FlagSpec[]): ReadonlyMap<string, FlagSpec> {
  const byName = new Map<string, FlagSpec>()
  for (const spec of specs) {
    byName.set(spec.name, spec)
    if (spec.short !== undefined) byName.set(spec.short, spec)
  }
  return byName
}

/** @returns `null` for bad syntax: three dashes, or no name */
function split(word: string): { name: string; value: string | null } | null {
  const text = word.slice(word.startsWith("--") ? 2 : 1)
  if (text === "" || text.startsWith("-") || text.startsWith("=")) return null
  const equals = text.indexOf("=")
  if (equals === -1) return { name: text, value: null }
  return { name: text.slice(0, equals), value: text.slice(equals + 1) }
}

function convert(
  { kind }: FlagSpec,
  name: string,
  text: string | null,
  before: FlagValue | undefined,
): FlagValue | UsageFault {
  switch (kind) {
    case "switch": {
      const value = text === null ? true : parseBool(text)
      return value ?? { text: `invalid boolean value ${JSON.stringify(text)} for -${name}: parse error` }
    }
    case "number": {
      const value = parseInteger(text ?? "")
      return value ?? { text: `invalid value ${JSON.stringify(text)} for flag -${name}: parse error` }
    }
    case "list":
      return [...(Array.isArray(before) ? (before as readonly string[]) : []), text ?? ""]
    case "text":
      return text ?? ""
  }
}

/** @see Go's strconv.ParseBool */
function parseBool(text: string): boolean | null {
  if (["1", "t", "T", "TRUE", "true", "True"].includes(text)) return true
  if (["0", "f", "F", "FALSE", "false", "False"].includes(text)) return false
  return null
}

const integer =
  /^([+-]?)(?:0[xX](_?[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*)|0[bB](_?[01]+(?:_[01]+)*)|0[oO]?(_?[0-7]+(?:_[0-7]+)*)|(0|[1-9]\d*(?:_\d+)*))$/

/**
 * An integer with the prefix of its base: `0x10`, `0o7`, `0b1`; a leading zero is octal.
 *
 * @see Go's strconv.ParseInt with base 0
 */
export function parseInteger(text: string): number | null {
  if (text.length > 40) return null
  const match = integer.exec(text)
  if (match === null) return null
  const [, sign, hexadecimal, binary, octal, decimal] = match
  const [digits, base] =
    hexadecimal !== undefined
      ? [hexadecimal, 16]
      : binary !== undefined
        ? [binary, 2]
        : octal !== undefined
          ? [octal, 8]
          : [decimal!, 10]
  const value = Number.parseInt(digits.replaceAll("_", ""), base)
  if (!Number.isSafeInteger(value)) return null
  return sign === "-" ? -value : value
}
