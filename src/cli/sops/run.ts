import { type AuditLog } from "../../app/audit.ts"
import { RunEnd } from "../../app/run-end.ts"
import { type Outcome, type Session } from "../../app/session.ts"
import { AppError } from "../../errors/app-error.ts"
import { type Io } from "../../host/io.ts"
import { exitOf, reportAsSops } from "../report.ts"
import {
  type Action,
  type SopsInput,
  hasCommands,
  type SopsCommand,
  type SopsContainer,
  sopsCommands,
  topFlags,
} from "./commands.ts"
import { sopsDialect } from "./dialect.ts"
import { flag, Flags } from "./flags.ts"
import { defaultsOf, parseFlags, reorder } from "./grammar.ts"
import { type LogLine, logLine, explained, wordsFor } from "./messages.ts"

/** Upstream has it there on every system, and reads it for every call. */
const auditFile = "/etc/sops/audit.yaml"

const completionFlag = "--generate-bash-completion"

/**
 * Runs one command line of sops. The work is done by the same use cases as for our own commands; this is their grammar,
 * their streams and statuses. Nothing that is thrown leaves this function.
 *
 * @param words - behind the name of the program
 * @param audit - the file that says where records are kept
 * @returns the status to exit with
 */
export async function runAsSops(io: Io, words: readonly string[], audit = auditFile): Promise<number> {
  const end = new RunEnd()
  const say = (line: LogLine): void => void io.stderr.write(logLine(io, line))
  const log = { isVerbose: false, said: new Set<string>() }
  const session: Session = {
    io,
    dialect: sopsDialect,
    end,
    memory: {},
    notice(text) {
      // A config is looked for more than once in some calls, and upstream warns once.
      if (log.said.has(text)) return
      log.said.add(text)
      say({ level: "warning", logger: "CMD", text })
    },
    log(entry) {
      const isShown = log.isVerbose || entry.level === "warning" || entry.level === "error"
      const fields = entry.error === undefined ? entry.fields : { ...entry.fields, error: wordsFor(entry.error) }
      if (isShown) say({ ...entry, fields })
    },
  }
  const fail = async (error: unknown): Promise<number> => {
    if (error instanceof AppError && error.code === "CONTEXT_INVALID") {
      const text = "Encryption context contains a non-string value, context will not be used"
      say({ level: "warning", logger: "AWSKMS", text })
    }
    // The reader closed the pipe; stay silent, as other tools do.
    if (!(error instanceof AppError)) await io.stderr.write(reportAsSops(error))
    else if (error.code === "AUDIT_FAILED") tellAudit(error, say)
    else if (error.code !== "OUTPUT_CLOSED") await io.stderr.write(`${await explained(error)}\n`)
    return exitOf(error)
  }
  let auditLog: AuditLog | null = null
  try {
    auditLog = await openAudit(io, audit)
    const audited: Session = auditLog === null ? session : { ...session, audit: auditLog.record }
    const ended = await dispatch(audited, words, () => {
      log.isVerbose = true
    })
    const { output, fatal, logger = "CMD", exit = 0, errors = [] } = ended
    if (output !== undefined) await io.stdout.write(output)
    if (fatal !== undefined) {
      say({ level: "fatal", logger, text: fatal })
      return 1
    }
    for (const error of errors) await fail(error)
    const [first] = errors
    return first === undefined ? exit : exitOf(first)
  } catch (error) {
    return await fail(error)
  } finally {
    end.come()
    await auditLog?.close()
  }
}

/** Nearly nobody has that file, so nothing is loaded to find that out. */
async function openAudit(io: Io, file: string): Promise<AuditLog | null> {
  try {
    io.fs.stat(file)
  } catch {
    return null
  }
  return (await import("../../app/audit.ts")).openAuditLog(io, file)
}

function tellAudit({ detail, title }: AppError, say: (line: LogLine) => void): void {
  const { notes = [], subject, asUpstream } = detail
  for (const text of notes) say({ level: "error", logger: "AUDIT", text })
  say({ level: "fatal", logger: "AUDIT", text: asUpstream ?? `Failed to insert audit record: ${subject ?? title}` })
}

/** A mistake on the command line, and some failures of old commands, end in a fatal line of the log with status 1. */
type Ended = Awaited<ReturnType<Action>>

async function dispatch(session: Session, words: readonly string[], beVerbose: () => void): Promise<Ended> {
  const { io } = session
  const read = (name: string): string | undefined => io.env.get(name)
  const defaults = defaultsOf(topFlags, read)
  if (defaults.fault !== null) return { fatal: defaults.fault.text }
  if (words.at(-1) === completionFlag) {
    const { complete } = await import("./complete.ts")
    return { output: complete(words.slice(0, -1), read) }
  }
  const top = parseFlags(topFlags, words, defaults.values)
  const global = new Flags(top)
  if (top.fault !== null) return wrongUsage(top.fault.text, null)
  if (global.isOn("help")) return help(null)
  if (global.isOn("version")) return { output: await versionText() }
  const [name, ...rest] = top.rest
  const command = name === undefined ? undefined : sopsCommands.get(name)
  if (command !== undefined) return runCommand(session, { name: name!, command, words: rest, global, beVerbose })
  if (name === "help" || name === "h") return runHelp(rest)
  if (global.isOn("verbose")) beVerbose()
  const { legacyAction } = await import("./commands/legacy.ts")
  return legacyAction(await serving(session, global), { flags: global, global, args: top.rest })
}

interface Call {
  readonly name: string
  readonly command: SopsCommand | SopsContainer
  readonly words: readonly string[]
  readonly global: Flags
  readonly beVerbose: () => void
}

async function runCommand(session: Session, { name, command, words, global, beVerbose }: Call): Promise<Ended> {
  if (hasCommands(command)) {
    const inner = words[0] === undefined ? undefined : command.commands.get(words[0])
    if (inner === undefined) return runContainer(name, command, words)
    const path = `${name} ${words[0]}`
    return runCommand(session, { name: path, command: inner, words: words.slice(1), global, beVerbose })
  }
  const defaults = defaultsOf(command.flags, (variable) => session.io.env.get(variable))
  const own = parseFlags(command.flags, reorder(command.flags, words), defaults.values)
  if (own.fault !== null) return wrongUsage(own.fault.text, name)
  const flags = new Flags(own)
  if (flags.isOn("help")) return help(name)
  if (command.isVerbose === true && (flags.isOn("verbose") || global.isOn("verbose"))) beVerbose()
  const input: SopsInput = { flags, global, args: own.rest }
  const run = await command.load()
  return run(await serving(session, flags), input)
}

/** Flags of a container stop at the first word, and help is the only one. */
async function runContainer(name: string, { commands }: SopsContainer, words: readonly string[]): Promise<Ended> {
  const [first, second] = words
  if (first === "help" || first === "h") {
    if (second === undefined) return help(name)
    return commands.has(second) ? help(`${name} ${second}`) : noTopic(second)
  }
  const { rest, given, fault } = parseFlags([flag("help")], words, new Map())
  if (fault !== null) return wrongUsage(fault.text, name)
  return given.has("help") || rest[0] === undefined ? help(name) : noTopic(rest[0])
}

async function runHelp(words: readonly string[]): Promise<Ended> {
  const [topic] = words
  if (topic === undefined || topic === "-h" || topic === "--help") return help(null)
  if (sopsCommands.has(topic)) return help(topic)
  return topic === "help" || topic === "h" ? help(null) : noTopic(topic)
}

function noTopic(topic: string): never {
  throw new AppError("COMMAND_UNKNOWN", {}, { exit: 3, asUpstream: `No help topic for '${topic}'` })
}

async function help(name: string | null): Promise<Outcome> {
  const { helpText } = await import("./help.ts")
  return { output: helpText(name) }
}

/** The fault and the help are on standard output, the fault alone in the log. */
async function wrongUsage(text: string, name: string | null): Promise<Ended> {
  const { helpText } = await import("./help.ts")
  const isLeaf = name !== null && name !== "groups" && name !== "completion"
  const head =
    text.startsWith("Cannot use") && name === null ? `${text}\n` : `Incorrect Usage${isLeaf ? ":" : "."} ${text}\n\n`
  return { output: head + helpText(name), fatal: text }
}

async function versionText(): Promise<string> {
  const { sopsVersion } = await import("../../version.ts")
  return `sops ${sopsVersion}\n`
}

/** Most calls name no key service, and load nothing for it. */
async function serving(session: Session, flags: Flags): Promise<Session> {
  const keyservice = flags.list("keyservice")
  const isLocal = flags.isOn("enable-local-keyservice") || !flags.has("enable-local-keyservice")
  if (isLocal && keyservice.length === 0) return session
  const { withKeyServices } = await import("../../app/recipients/key-services.ts")
  return withKeyServices(session, { keyservice, enableLocalKeyservice: isLocal ? "true" : "false" })
}
