import { type Outcome, type Session } from "../../../app/session.ts"
import { type Action, type Fatal, type SopsInput } from "../commands.ts"
import { explained, failure } from "../messages.ts"
import { commonOptionsOf, typeOptionsOf, warn } from "../options.ts"
import { AppError } from "../../../errors/app-error.ts"

export const execEnvAction: Action = async (session, input) => {
  const { flags, args } = input
  const [file, command] = twoArguments(args)
  const isSameProcess = flags.isOn("same-process")
  if (flags.isOn("background")) {
    warn(session, "--background of exec-env is deprecated")
    if (isSameProcess) {
      throw failure("OPTIONS_CONFLICT", 8, "Error: The --same-process flag cannot be used with --background")
    }
  }
  const { execEnv } = await import("../../../app/commands/exec-env.ts")
  return withUser(async () => {
    const outcome = await execEnv(session, {
      ...childOptionsOf(input),
      file,
      command,
      sameProcess: isSameProcess,
      verbatim: true,
    })
    return isSameProcess ? outcome : told(session, outcome)
  })
}

/** A user that cannot be had ends the call in the log; a shell that cannot be started is a failure as all others. */
async function withUser(work: () => Promise<Outcome>): Promise<Outcome & Fatal> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    if (error.code.startsWith("COMMAND_")) throw new AppError(error.code, error.where, { ...error.detail, exit: 1 })
    if (!error.code.startsWith("USER_")) throw error
    return { fatal: await explained(error), logger: "EXEC" }
  }
}

function twoArguments(args: readonly string[]): readonly [string, string] {
  const [file, command, more] = args
  if (file !== undefined && command !== undefined && more === undefined) return [file, command]
  throw failure("ARGUMENT_MISSING", 1, "error: missing file to decrypt")
}

/** What both have. Upstream gives the child everything. */
function childOptionsOf(input: SopsInput) {
  const { flags } = input
  return {
    ...commonOptionsOf(input),
    background: flags.isOn("background"),
    pristine: flags.isOn("pristine"),
    user: flags.optional("user"),
    inputType: undefined,
    allowEnv: [],
    withClear: true,
    keepEnv: true,
  }
}

/** A child that failed is named on standard error; one that a signal ended has the status 255. */
async function told({ io }: Session, { exit = 0, signal }: Outcome): Promise<Outcome> {
  if (exit === 0) return {}
  await io.stderr.write(
    signal === undefined ? `exit status ${exit}\n` : `signal: ${signalWords.get(signal) ?? signal}\n`,
  )
  return { exit: signal === undefined ? exit : 255 }
}

/** As Go names them on Linux. */
const signalWords: ReadonlyMap<string, string> = new Map([
  ["SIGHUP", "hangup"],
  ["SIGINT", "interrupt"],
  ["SIGQUIT", "quit"],
  ["SIGILL", "illegal instruction"],
  ["SIGTRAP", "trace/breakpoint trap"],
  ["SIGABRT", "aborted"],
  ["SIGBUS", "bus error"],
  ["SIGFPE", "floating point exception"],
  ["SIGKILL", "killed"],
  ["SIGUSR1", "user defined signal 1"],
  ["SIGSEGV", "segmentation fault"],
  ["SIGUSR2", "user defined signal 2"],
  ["SIGPIPE", "broken pipe"],
  ["SIGALRM", "alarm clock"],
  ["SIGTERM", "terminated"],
])

export const execFileAction: Action = async (session, input) => {
  const { flags, args } = input
  const [file, command] = twoArguments(args)
  if (flags.isOn("background")) {
    warn(session, "--background of exec-file is deprecated")
  }
  const { execFile } = await import("../../../app/commands/exec-file.ts")
  const options = {
    ...childOptionsOf(input),
    ...typeOptionsOf(flags),
    file,
    command,
    noFifo: flags.isOn("no-fifo"),
    filename: flags.optional("filename"),
  }
  return withUser(async () => told(session, await execFile(session, options)))
}
