import { type Conversation } from "../core/conversation.ts"
import { AppError } from "../errors/app-error.ts"
import { refusedStart } from "./reason.ts"
import { spawnEnvironment } from "./child-environment.ts"
import { Collected, converse } from "./conversation.ts"
import { type Io } from "./io.ts"

export interface ProgramOptions {
  /** All of it: nothing is inherited. */
  readonly env: ReadonlyMap<string, string>
  /** Default: ours. */
  readonly cwd?: string | undefined
  /** Default: none, and the program reads an empty input. */
  readonly input?: Uint8Array | undefined
  /** The program is ended, and what came so far returned, after that many bytes of output. */
  readonly outputBytesMax?: number | undefined
  readonly timeoutMs?: number | undefined
  /** Ends the program. */
  readonly signal?: AbortSignal | undefined
}

export interface ProgramEnd {
  /** Exit status; `null` when it was ended by a signal or never started. */
  readonly status: number | null
  readonly stdout: Uint8Array
  readonly stderr: string
  /** The program could not be started. */
  readonly missing: boolean
  /** Why we ended it. */
  readonly stopped: "output" | "timeout" | "abort" | null
}

type ProgramHost = Pick<Io, "processes" | "signals" | "cwd">

const outputBytesMaxDefault = 1024 * 1024
const stderrBytesMax = 64 * 1024

/**
 * Runs a helper (gpg, git, a command that prints an identity) without a shell, and keeps what it prints. Its output never
 * becomes part of an error. It does not outlive us.
 *
 * @param program - best an absolute path from `resolveProgram`
 * @throws {AppError} `ENVIRONMENT_INVALID`; `SYSTEM_FAILED`
 */
export async function runProgram(
  io: ProgramHost,
  program: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<ProgramEnd> {
  const env = spawnEnvironment(options.env)
  const { execa } = await import("execa")
  const cancel = new AbortController()
  const order = {
    ...common,
    env,
    cwd: options.cwd ?? io.cwd,
    input: options.input ?? new Uint8Array(),
    maxBuffer: options.outputBytesMax ?? outputBytesMaxDefault,
    // What is too much of it is thrown away: a chatty helper is not a failed one.
    buffer: { stdout: true, stderr: false },
    cancelSignal: cancel.signal,
  } as const
  const child = started(program, () => execa(program, args, order))
  const stderr = new Collected(stderrBytesMax)
  child.stderr.on("data", (chunk: Uint8Array) => stderr.add(chunk))
  let stopped: ProgramEnd["stopped"] = null
  const stop = (reason: NonNullable<ProgramEnd["stopped"]>): void => {
    stopped ??= reason
    cancel.abort()
    // A grandchild may still hold the pipes; nothing more is read from them.
    child.stdout.destroy()
    child.stderr.destroy()
  }
  const release = io.signals.onEnd(() => child.kill("SIGKILL"))
  const timer = options.timeoutMs === undefined ? null : setTimeout(() => stop("timeout"), options.timeoutMs)
  const abort = (): void => stop("abort")
  options.signal?.addEventListener("abort", abort)
  if (options.signal?.aborted === true) abort()
  try {
    const end = await child
    const refused = child.pid === undefined ? refusedStart(program, end) : null
    if (refused !== null) throw refused
    if (end.isMaxBuffer) stop("output")
    return {
      status: stopped === null ? (end.exitCode ?? null) : null,
      stdout: end.stdout ?? new Uint8Array(),
      stderr: Buffer.from(stderr.bytes()).toString("utf8"),
      missing: child.pid === undefined,
      stopped,
    }
  } finally {
    release()
    if (timer !== null) clearTimeout(timer)
    options.signal?.removeEventListener("abort", abort)
  }
}

/** Nothing is inherited, nothing is guessed, and nothing is thrown: a message of the package quotes arguments. */
const common = {
  extendEnv: false,
  reject: false,
  encoding: "buffer",
  stripFinalNewline: false,
  windowsHide: true,
  killSignal: "SIGKILL",
  forceKillAfterDelay: false,
  cleanup: false,
} as const

/**
 * Starts a program without a shell and keeps talking with it. Its standard error is thrown away.
 *
 * @returns `null` when it is not there, or may not be run
 * @throws {AppError} `SYSTEM_FAILED`
 */
export async function talkWith(
  io: ProgramHost,
  program: string,
  args: readonly string[],
  options: Pick<ProgramOptions, "env" | "cwd" | "signal">,
): Promise<Conversation | null> {
  const env = spawnEnvironment(options.env)
  const { execa } = await import("execa")
  const order = {
    ...common,
    env,
    cwd: options.cwd ?? io.cwd,
    stdio: ["pipe", "pipe", "ignore"],
    buffer: false,
  } as const
  const child = started(program, () => execa(program, args, order))
  if (child.pid === undefined) {
    const refused = refusedStart(program, await child)
    if (refused !== null) throw refused
    return null
  }
  const closed = child.then(() => {})
  const { stdin, stdout } = child
  return converse(io, { stdin, stdout, closed, kill: (signal) => child.kill(signal) }, options.signal)
}

/**
 * Node gives a child no pipes when no more files may be open, and the package does not expect that.
 *
 * @throws {AppError} `SYSTEM_FAILED`
 */
function started<T>(program: string, start: () => T): T {
  try {
    return start()
  } catch (error) {
    if (error instanceof AppError) throw error
    throw refusedStart(program, Object.assign(new Error(), { code: "EMFILE" })) ?? error
  }
}
