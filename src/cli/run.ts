import { sottoDialect } from "../app/dialect.ts"
import { RunEnd } from "../app/run-end.ts"
import { type Outcome, type Session } from "../app/session.ts"
import { AppError } from "../errors/app-error.ts"
import { nearest } from "../errors/nearest.ts"
import { type Io } from "../host/io.ts"
import { commands, membersOf } from "./commands.ts"
import { parse, wantsJson } from "./parse.ts"
import { exitOf, notice, report } from "./report.ts"
import { type GlobalValues } from "./spec.ts"

/**
 * Runs one command line. Nothing that is thrown leaves this function, and nothing else prints errors.
 *
 * @returns the status to exit with
 */
export async function run(io: Io): Promise<number> {
  const words = io.argv
  const style = {
    json: wantsJson(words),
    get color() {
      return io.stderr.hasColor
    },
  }
  const fail = async (error: unknown): Promise<number> => {
    // Whoever stopped reading wants to hear nothing more, as with other tools in a pipe.
    if (!(error instanceof AppError && error.code === "OUTPUT_CLOSED")) await io.stderr.write(report(error, style))
    return exitOf(error)
  }
  const end = new RunEnd()
  const session: Session = {
    io,
    dialect: sottoDialect,
    end,
    memory: {},
    notice: (text) => void io.stderr.write(notice(text, style)),
  }
  try {
    const { output, errors = [], exit = 0 } = await dispatch(session, words)
    if (output !== undefined) await io.stdout.write(output)
    for (const error of errors) await fail(error)
    const [first] = errors
    return first === undefined ? exit : exitOf(first)
  } catch (error) {
    return await fail(error)
  } finally {
    end.come()
  }
}

async function dispatch(session: Session, words: readonly string[]): Promise<Outcome> {
  const { name, rest } = takeName(words)
  if (name === undefined) return bare(rest)
  if (name === "help") return help(takeName(rest).name)
  const entry = commands.get(name)
  if (entry === undefined) return help(name, words)
  const command = await entry.load()
  try {
    const parsed = parse(command, rest, (variable) => session.io.env.get(variable))
    return parsed.help ? await help(name) : await command.run(await serving(session, parsed.options), parsed)
  } catch (error) {
    throw withFailureExit(error, command.failureExit)
  }
}

/** Most calls name no key service, and load nothing for it. */
async function serving(session: Session, options: GlobalValues): Promise<Session> {
  const isLocal = options.enableLocalKeyservice === undefined && !session.io.env.has("SOPS_ENABLE_LOCAL_KEYSERVICE")
  if (isLocal && options.keyservice.length === 0) return session
  const { withKeyServices } = await import("../app/recipients/key-services.ts")
  return withKeyServices(session, options)
}

/** 126 and 127 say that the child could not be started, as a shell would. */
function withFailureExit(error: unknown, exit: number | undefined): unknown {
  if (exit === undefined || !(error instanceof AppError) || [126, 127].includes(error.exit)) return error
  return new AppError(error.code, error.where, { ...error.detail, exit })
}

const withValue: ReadonlySet<string> = new Set(["--config", "--keyservice", "--enable-local-keyservice"])

/**
 * The first word that is no option names the command, or its family and the second the command; options of every
 * command may stand before them.
 */
function takeName(words: readonly string[]): { name: string | undefined; rest: readonly string[] } {
  const first = nameFrom(words, 0)
  const name = words[first]
  const rest = words.toSpliced(first, 1)
  if (name === undefined || membersOf(name).length === 0) return { name, rest }
  const second = nameFrom(rest, first)
  if (rest[second] === undefined) return { name, rest }
  return { name: `${name} ${rest[second]}`, rest: rest.toSpliced(second, 1) }
}

function nameFrom(words: readonly string[], start: number): number {
  let at = start
  while (words[at]?.startsWith("-") === true) at += withValue.has(words[at]!) ? 2 : 1
  return at
}

async function bare(words: readonly string[]): Promise<Outcome> {
  if (words.includes("--version") || words.includes("-v")) {
    if (wantsJson(words)) return { output: `${(await import("./about.ts")).about()}\n` }
    const { version } = await import("../version.ts")
    return { output: `sotto ${version}\n` }
  }
  const other = words.find((word) => !["--help", "-h", "--json"].includes(word))
  if (other === undefined) return help(undefined)
  const { meaningOf } = await import("./other-words.ts")
  const hint = meaningOf(other) ?? "name a command first; see `sotto --help`"
  throw new AppError("OPTION_UNKNOWN", {}, { subject: other, hint })
}

/** @param words - the whole call, when it is not one that asks for help */
async function help(name: string | undefined, words?: readonly string[]): Promise<Outcome> {
  const { commandHelp, familyHelp, programHelp } = await import("./help.ts")
  if (name === undefined) return { output: programHelp() }
  if (membersOf(name).length > 0) return { output: familyHelp(name) }
  const entry = commands.get(name)
  if (entry === undefined) throw await unknownCommand(name, words)
  return { output: commandHelp(name, entry, await entry.load()) }
}

/** @param words - the whole call: `sotto -d FILE` is sops' old form, and means the option */
async function unknownCommand(name: string, words: readonly string[] = []): Promise<AppError> {
  const { meaningOf, otherWords } = await import("./other-words.ts")
  const isFile = /[./\\]/.test(name)
  const before = words.slice(0, Math.max(0, words.indexOf(name)))
  const option = before.find((word) => meaningOf(word) !== null)
  // What removes comes last: of two words that are equally near, the other is meant.
  const safe = [...commands.keys()].filter((command) => command !== "unset")
  const near = nearest(name, [...safe, ...otherWords, "unset"])
  const hint =
    (option === undefined ? null : meaningOf(option)) ??
    meaningOf(name) ??
    meaningOf(near ?? "") ??
    (near === null ? undefined : `did you mean \`${near}\`?`) ??
    (isFile ? "to change a file, say `sotto edit FILE`" : undefined)
  return new AppError("COMMAND_UNKNOWN", {}, { subject: name, hint })
}
