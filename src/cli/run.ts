import { sottoDialect } from "../app/dialect.ts"
import { hasColor } from "../app/report/paint.ts"
import { RunEnd } from "../app/run-end.ts"
import { type Outcome, type Session } from "../app/session.ts"
import { type Closing } from "../app/report/closing.ts"
import { workMeter } from "../app/work-meter.ts"
import { AppError } from "../errors/app-error.ts"
import { type Io } from "../host/io.ts"
import { commands } from "./commands.ts"
import { findCommand, type Topic } from "./find-command.ts"
import { parse } from "./parse.ts"
import { exitOf, notice, report, reportAll } from "./report.ts"
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
      return hasColor(io.env, io.stderr)
    },
  }
  const meter = workMeter(io)
  const fail = async (error: unknown): Promise<number> => {
    meter?.end()
    // The reader closed the pipe; stay silent, as other tools do.
    if (!(error instanceof AppError && error.code === "OUTPUT_CLOSED")) {
      const [shown = error] = error instanceof AppError ? await fitting(io, [error]) : []
      await io.stderr.write(report(shown, style))
    }
    return exitOf(error)
  }
  const closings: Closing[] = []
  const end = new RunEnd()
  const session: Session = {
    io,
    dialect: sottoDialect,
    end,
    memory: {},
    meter,
    close: io.stderr.isTty && !style.json ? (closing) => void closings.push(closing) : undefined,
    notice: (text) => void io.stderr.write(notice(text, style)),
  }
  try {
    const { output, said = [], errors = [], exit = 0, tally, isQuiet } = await dispatch(session, words)
    meter?.end()
    // Where both are one terminal, what stands there has gone before the result comes.
    await io.stderr.flush()
    if (output !== undefined) await io.stdout.write(output)
    for (const line of said) await io.stderr.write(`${line}\n`)
    if (closings.length > 0)
      await io.stderr.write(`${(await import("../app/report/closing.ts")).closingLine(closings)}\n`)
    if (errors.length > 0) await io.stderr.write(reportAll(await fitting(io, errors), style))
    if (errors.length > 0 && tally !== undefined && tally.count > 1)
      session.notice(`${tally.done} of ${tally.count} files were done, ${tally.count - tally.done} were not`)
    if (io.stderr.isTty && !isQuiet && readsFiles.has(words[0] ?? ""))
      await (await import("../app/git/notice.ts")).noticeUnwired(session)
    const [first] = errors
    return first === undefined ? exit : exitOf(first)
  } catch (error) {
    return await fail(error)
  } finally {
    end.come()
  }
}

/** Loaded only where a hint speaks of git. */
async function fitting(io: Io, errors: readonly AppError[]): Promise<readonly AppError[]> {
  if (!errors.some(({ hint }) => hint?.includes("git ") === true)) return errors
  return (await import("../app/git/fitting-hint.ts")).withFittingHints(io, errors)
}

/** Commands after which a clone that does not merge sealed files yet is worth a word. */
const readsFiles: ReadonlySet<string> = new Set([
  "decrypt",
  "encrypt",
  "edit",
  "set",
  "unset",
  "rotate",
  "sync",
  "updatekeys",
])

/** Whether failures are to be printed as JSON; asked before anything is parsed, so that usage errors are included. */
export function wantsJson(words: readonly string[]): boolean {
  const end = words.indexOf("--")
  return words.slice(0, end === -1 ? words.length : end).includes("--json")
}

async function dispatch(session: Session, words: readonly string[]): Promise<Outcome & { isQuiet?: boolean }> {
  if (words.length === 1 && isVersion(words)) return version(words)
  if (words[0] === "help" && wantsJson(words))
    return { output: await (await import("./help-json.ts")).helpAsJson(commands) }
  if (words[0] === "help") return help(session.io, await findCommand(commands, words.slice(1)))
  if (words[0] === "__complete") {
    return { output: await (await import("./completion/offer.ts")).offer(session, words.slice(1)) }
  }
  const topic = await findCommand(commands, words)
  const { entry, name, rest } = topic
  if (entry === null) return name === undefined && isVersion(rest) ? version(rest) : help(session.io, topic)
  const command = await entry.load()
  try {
    const parsed = parse(command, rest, (variable) => session.io.env.get(variable))
    if (parsed.help) return await help(session.io, topic)
    const options = await withOrder(parsed.options)
    const seen = options.quiet ? { ...session, meter: undefined, close: undefined, isQuiet: true } : session
    const outcome = await command.run(await serving(withIdentities(seen, options), options), { ...parsed, options })
    if (!options.quiet) return outcome
    return {
      ...outcome,
      output: outcome.isReport === true && !options.json ? undefined : outcome.output,
      isQuiet: true,
    }
  } catch (error) {
    throw withFailureExit(error, command.failureExit)
  }
}

/** The options of commands that open files. */
type Options = GlobalValues & { readonly decryptionOrder?: readonly string[]; readonly awsFallback?: boolean }

async function withOrder<O extends Options>(options: O): Promise<O> {
  const { decryptionOrder = [] } = options
  if (decryptionOrder.length === 0) return options
  const { readDecryptionOrder } = await import("./decryption-order.ts")
  return { ...options, decryptionOrder: readDecryptionOrder(decryptionOrder) }
}

/** An option stands for its variable: every reader of identities sees it, and no child inherits it. */
function withIdentities(session: Session, { ageKeyFile }: GlobalValues): Session {
  if (ageKeyFile === undefined || ageKeyFile === "") return session
  const { io } = session
  return { ...session, io: { ...io, env: new Map(io.env).set("SOPS_AGE_KEY_FILE", ageKeyFile) } }
}

/** Most calls name no key service, and load nothing for it. */
async function serving(before: Session, options: Options): Promise<Session> {
  const session = options.awsFallback === true ? { ...before, awsFallback: true } : before
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

function isVersion(words: readonly string[]): boolean {
  return words.includes("--version") || words.includes("-v")
}

async function version(words: readonly string[]): Promise<Outcome> {
  if (wantsJson(words)) return { output: `${(await import("./about.ts")).about()}\n` }
  return { output: `sotto ${(await import("../version.ts")).version}\n` }
}

async function help({ env, stdout }: Io, { entry, name }: Topic): Promise<Outcome> {
  const { commandHelp, familyHelp, programHelp } = await import("./help.ts")
  const style = { color: hasColor(env, stdout), columns: stdout.columns }
  if (entry !== null) return { output: commandHelp(name, entry, await entry.load(), style) }
  return { output: name === undefined ? programHelp(commands, style) : familyHelp(name, commands, style) }
}
