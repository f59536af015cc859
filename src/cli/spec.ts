import { type Outcome, type Session } from "../app/session.ts"
import { type VariableName } from "../config/environment.ts"
import { type KindVariable } from "../keys/kinds.ts"

/**
 * One option of a command, as data: the parser, the help texts, the completions and docs/commands.md come from it.
 * Its long name is the key under which it stands, in kebab case: `inPlace` is `--in-place`.
 */
export interface OptionSpec {
  /** `flag` takes no value; `list` may be repeated. */
  readonly kind: "flag" | "text" | "choice" | "number" | "list"
  readonly short?: string
  /** Placeholder of the value in help texts; what it stands for decides what completion offers. */
  readonly value?: "FILE" | "TEXT" | "PATH" | "N" | "NAME" | (string & {})
  readonly summary: string
  readonly choices?: readonly string[]
  /** Base of a number. */
  readonly base?: 8 | 10
  /** A list is also given as one text with this between its parts. */
  readonly separator?: ","
  /** Used when the option is not on the command line. */
  readonly env?: VariableName | KindVariable
}

/**
 * What may be in a place: the name of a file; a key path of the file that stands before it; names of the config, of
 * its members, of those who ask to join, or of both; one of some words.
 */
export type Completes =
  "file" | "key path" | "member" | "file or member" | "pending" | "member or pending" | readonly string[] | null

export interface ArgumentSpec {
  /** `many` takes what is left, which may be nothing; `some` at least one. */
  readonly kind: "required" | "optional" | "many" | "some"
  /** What completion offers; `null` for text that nobody can guess. */
  readonly completes: Completes
  readonly summary: string
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>
export type ArgumentSpecs = Readonly<Record<string, ArgumentSpec>>

export type OptionValue<O extends OptionSpec> = O["kind"] extends "flag"
  ? boolean
  : O["kind"] extends "list"
    ? readonly string[]
    : O["kind"] extends "number"
      ? number | undefined
      : O["kind"] extends "choice"
        ? (O["choices"] & readonly string[])[number] | undefined
        : string | undefined

export type ArgumentValue<A extends ArgumentSpec> = A["kind"] extends "many" | "some"
  ? readonly string[]
  : A["kind"] extends "required"
    ? string
    : string | undefined

export interface CommandInput<A extends ArgumentSpecs, O extends OptionSpecs> {
  readonly args: { readonly [K in keyof A]: ArgumentValue<A[K]> }
  readonly options: { readonly [K in keyof O]: OptionValue<O[K]> } & GlobalValues
}

/** What every command takes, see `globalOptions`. */
export interface GlobalValues {
  readonly config: string | undefined
  readonly ageKeyFile: string | undefined
  readonly json: boolean
  readonly quiet: boolean
  readonly keyservice: readonly string[]
  readonly enableLocalKeyservice: "true" | "false" | undefined
}

export interface Example {
  readonly line: string
  readonly shows: string
}

/** A command: what may be written behind its name, and the use case that it calls. */
export interface Command<A extends ArgumentSpecs = ArgumentSpecs, O extends OptionSpecs = OptionSpecs> {
  /** Paragraphs below the summary. */
  readonly details: readonly string[]
  readonly arguments: A
  readonly options: O
  /** Everything from the first argument on belongs to the arguments, options too: they are another program's. */
  readonly passThrough?: boolean
  /** The status of every failure of our own, where it could be taken for the status of a child. */
  readonly failureExit?: number
  readonly examples: readonly Example[]
  /** A method, so that commands of different options fit one table; only `parse` makes its input. */
  run(session: Session, input: CommandInput<A, O>): Promise<Outcome>
}

/** Infers the types of a command's input from its specification. */
export function command<const A extends ArgumentSpecs, const O extends OptionSpecs>(
  spec: Command<A, O>,
): Command<A, O> {
  return spec
}

/** `inPlace` -> `--in-place` */
export function longName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}
