import { AppError } from "../errors/app-error.ts"
import { nearest, nearestWithin } from "../errors/nearest.ts"
import { type CommandEntry, type CommandTable, membersOf } from "./commands.ts"
import { globalOptions, programOptions } from "./global-options.ts"
import { firstArgument } from "./words.ts"
import { type OptionSpecs } from "./spec.ts"

/** What a command line is about: one command, the commands of a family, or (`name` is `undefined`) the program. */
export type Topic =
  | { readonly entry: CommandEntry; readonly name: string; readonly rest: readonly string[] }
  | { readonly entry: null; readonly name: string | undefined; readonly rest: readonly string[] }

/**
 * Finds the words that name a command; options may stand before them. Which of those take a value only the command knows,
 * so that a word is its name when all words before it are options of that command.
 *
 * @throws {AppError} `COMMAND_UNKNOWN`; `OPTION_UNKNOWN` of a word where no command is named
 */
export async function findCommand(table: CommandTable, words: readonly string[]): Promise<Topic> {
  if (words[0]?.startsWith("-") !== true) return topicAt(table, words, 0)
  let at: number
  try {
    at = firstArgument(programOptions, words)
  } catch (error) {
    if (!(error instanceof AppError && error.code === "OPTION_UNKNOWN")) throw error
    const found = await findBehind(table, words)
    if (found !== null) return found
    const { meaningOf } = await import("./other-words.ts")
    const hint = meaningOf(error.detail.subject ?? "") ?? "name a command first; see `sotto --help`"
    throw new AppError(error.code, {}, { ...error.detail, hint })
  }
  return topicAt(table, words, at)
}

/** Where no command takes all that stands before its name, the first one is to say what is wrong with it. */
async function findBehind(table: CommandTable, words: readonly string[]): Promise<Topic | null> {
  let first: Topic | null = null
  for (const [at, word] of words.entries()) {
    if (word === "--") break
    if (!table.has(word) && membersOf(word, table).length === 0) continue
    let topic: Topic | null = null
    try {
      topic = await topicAt(table, words, at)
      if (firstArgument(await optionsOf(topic), words) === at) return topic
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      first ??= topic
    }
  }
  return first
}

async function optionsOf({ entry }: Topic): Promise<OptionSpecs> {
  return entry === null ? programOptions : { ...(await entry.load()).options, ...globalOptions }
}

/** @param at - where a name begins; behind the last word there is none */
async function topicAt(table: CommandTable, words: readonly string[], at: number): Promise<Topic> {
  const first = words[at]
  if (first === undefined) return { entry: null, name: undefined, rest: words }
  const before = words.slice(0, at)
  const behind = words.slice(at + 1)
  if (membersOf(first, table).length === 0) return named(table, first, [...before, ...behind])
  const second = behind[0]?.startsWith("-") === true ? firstArgument(programOptions, behind) : 0
  if (behind[second] === undefined) return { entry: null, name: first, rest: [...before, ...behind] }
  return named(table, `${first} ${behind[second]}`, [...before, ...behind.toSpliced(second, 1)])
}

async function named(table: CommandTable, name: string, rest: readonly string[]): Promise<Topic> {
  const entry = table.get(name)
  if (entry !== undefined) return { entry, name, rest }
  const { meaningOf, otherWords } = await import("./other-words.ts")
  const isFile = /[./\\]/.test(name)
  // What removes comes last: of two words that are equally near, the other is meant.
  const safe = [...table.keys()].filter((command) => command !== "unset")
  const word = name.toLowerCase()
  // The words of others are many: two letters apart from one of them says nothing.
  const near = nearestWithin(word, safe, 1) ?? nearestWithin(word, otherWords, 1) ?? nearest(word, [...safe, "unset"])
  const hint =
    meaningOf(name) ??
    meaningOf(near ?? "") ??
    (near === null ? undefined : `did you mean \`${near}\`?`) ??
    (isFile ? "to change a file, use `sotto edit FILE`" : undefined)
  throw new AppError("COMMAND_UNKNOWN", {}, { subject: name, hint })
}
