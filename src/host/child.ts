import { type ChildProcess } from "node:child_process"
import { delimiter, join } from "node:path"
import { type Writable } from "node:stream"
import { AppError } from "../errors/app-error.ts"
import { spawnEnvironment } from "./child-environment.ts"
import { errorCode, openFlag } from "./file-system.ts"
import { closeQuietly, factsOf } from "./files.ts"
import { type Io } from "./io.ts"
import { reasonOf } from "./reason.ts"

interface ChildOrder {
  readonly program: string
  readonly args: readonly string[]
  /** All of it: nothing is inherited. */
  readonly env: ReadonlyMap<string, string>
  /** Default: ours. */
  readonly cwd?: string | undefined
  /**
   * `forward`: the child gets our signals while it runs, and we end when it has ended.
   * `leave`: signals end us as always; the child lives on.
   */
  readonly signals: "forward" | "leave"
  /** Ends the waiting, and lets the child live on. */
  readonly abandon?: AbortSignal | undefined
  /** `ignore`: no standard streams. */
  readonly stdio?: "inherit" | "ignore"
}

export interface ChildEnd {
  /** The child's exit status; 128 and the number of the signal that ended it. */
  readonly status: number
  readonly signal: NodeJS.Signals | null
  /** The last signal that was sent to us alone to end us, and that the child was given. */
  readonly interruptedBy: NodeJS.Signals | null
}

type ChildHost = Pick<Io, "fs" | "cwd" | "platform" | "processes" | "signals" | "sleep" | "stdout" | "stderr">

/**
 * Runs a program to its end with our standard streams, in our process group, so that it can use the terminal as if
 * the shell had started it. No shell comes between.
 *
 * Every signal that can be caught and is sent to us goes to the child. What the terminal sends (Ctrl-C) reaches the
 * child without us and is not given twice; stopping and continuing (Ctrl-Z) needs nothing from us there.
 *
 * @throws {AppError} `COMMAND_MISSING` (127), `COMMAND_NOT_EXECUTABLE` (126), `ENVIRONMENT_INVALID`; `EDIT_INTERRUPTED`
 *   when the waiting was ended
 */
export async function runChild(io: ChildHost, order: ChildOrder): Promise<ChildEnd> {
  const env = spawnEnvironment(order.env)
  await Promise.all([io.stdout.flush(), io.stderr.flush()])
  const post = new SignalPost()
  const isForwarding = order.signals === "forward"
  const witness = isForwarding ? callWitness(io) : null
  const names = isForwarding ? forwarded(io, witness !== null) : []
  const release = io.signals.take(names, (signal) => post.deliver(signal))
  try {
    const child = start(io, order, env)
    const end = ended(io, child, order)
    order.abandon?.addEventListener("abort", () => child.unref(), { once: true })
    post.open(child, witness)
    const { status, signal } = await end
    const number = signal === null ? 0 : io.processes.signalNumber(signal)
    return { status: status ?? 128 + number, signal, interruptedBy: post.interruptedBy }
  } finally {
    witness?.dismiss()
    release()
  }
}

/**
 * Starts a program that nobody waits for, without standard streams (`--background` of sops).
 *
 * @throws {AppError} as `runChild`, when it can be known at once
 */
export async function startInBackground(io: ChildHost, order: Omit<StartOrder, "stdio">): Promise<void> {
  const child = start(io, { ...order, stdio: "ignore" }, spawnEnvironment(order.env))
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve)
    child.once("error", (error) => reject(startError(io, order, error)))
  })
  child.unref()
}

const ending: ReadonlySet<NodeJS.Signals> = new Set(["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"])

/** Those that a terminal sends to the whole foreground group. */
const fromTerminal: ReadonlySet<NodeJS.Signals> = new Set(["SIGINT", "SIGQUIT", "SIGHUP"])

/** Gives signals to the child; those that come before it exists wait for it. */
class SignalPost {
  #child: ChildProcess | null = null
  #witness: Witness | null = null
  #waiting: NodeJS.Signals[] = []
  interruptedBy: NodeJS.Signals | null = null

  open(child: ChildProcess, witness: Witness | null): void {
    this.#child = child
    this.#witness = witness
    for (const signal of this.#waiting.splice(0)) this.deliver(signal)
  }

  deliver(signal: NodeJS.Signals): void {
    if (this.#child === null) this.#waiting.push(signal)
    else if (this.#witness !== null && fromTerminal.has(signal)) void this.#deliverUnlessSeen(signal, this.#witness)
    else this.#hand(signal)
  }

  async #deliverUnlessSeen(signal: NodeJS.Signals, witness: Witness): Promise<void> {
    if (!(await witness.sawSignal())) this.#hand(signal)
  }

  #hand(signal: NodeJS.Signals): void {
    if (ending.has(signal)) this.interruptedBy = signal
    // Node knows when the child has been waited for, so a new process with its number is never hit.
    this.#child?.kill(signal)
  }
}

/** What cannot be caught, is about ourselves, or must stay with Node (SIGPROF is its profiler's). */
const kept: ReadonlySet<string> = new Set(
  "SIGKILL SIGSTOP SIGCHLD SIGCLD SIGSEGV SIGBUS SIGFPE SIGILL SIGTRAP SIGABRT SIGIOT SIGPROF SIGPIPE SIGSYS SIGTTIN SIGTTOU".split(
    " ",
  ),
)

/** Between these the terminal's own rules hold: it has told the child as it told us. */
const ofTerminal: ReadonlySet<string> = new Set(["SIGTSTP", "SIGCONT", "SIGWINCH"])

function forwarded({ platform, processes }: ChildHost, isAtTerminal: boolean): NodeJS.Signals[] {
  if (platform === "win32") return ["SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"]
  return processes.signalNames().filter((name) => !kept.has(name) && !(isAtTerminal && ofTerminal.has(name)))
}

function start(io: ChildHost, order: StartOrder, env: NodeJS.ProcessEnv): ChildProcess {
  const { program, args, cwd, stdio } = order
  if ([program, ...args].some((part) => part.includes("\0"))) throw startError(io, order, null)
  try {
    return io.processes.spawn(program, args, { cwd: cwd ?? io.cwd, env, stdio: stdio ?? "inherit" })
  } catch (error) {
    throw startError(io, order, error)
  }
}

function ended(
  io: ChildHost,
  child: ChildProcess,
  order: ChildOrder,
): Promise<{ status: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.on("error", (error) => {
      // A signal that could not be given is not a failed start.
      if (child.pid === undefined) reject(startError(io, order, error))
    })
    child.once("exit", (status, signal) => resolve({ status, signal }))
    order.abandon?.addEventListener("abort", () => reject(new AppError("EDIT_INTERRUPTED")), { once: true })
  })
}

type StartOrder = Omit<ChildOrder, "signals">

/** A folder of `PATH` that may not be looked into makes "permission denied" out of "not found". */
function isNowhere(io: ChildHost, { program, env }: StartOrder): boolean {
  const path = env.get("PATH")
  if (program.includes("/") || path === undefined) return false
  return !path.split(delimiter).some((folder) => factsOf(io, join(folder, program))?.kind === "file")
}

/** 127 and 126 are what shells say for a program that is not there, and for one that cannot be run. */
function startError(io: ChildHost, order: StartOrder, error: unknown): AppError {
  const { program, cwd } = order
  const folder = cwd ?? io.cwd
  if (factsOf(io, folder)?.kind !== "folder") {
    return new AppError("COMMAND_NOT_EXECUTABLE", { file: folder }, { notes: ["the working folder does not exist"] })
  }
  const code = errorCode(error)
  const isMissing = code === "ENOENT" || code === "ENOTDIR" || (code === "EACCES" && isNowhere(io, order))
  if (isMissing) return new AppError("COMMAND_MISSING", {}, { subject: program })
  const notes = [error === null ? "the command contains a zero byte" : reasonOf(error)]
  const fits = code === "E2BIG" ? { hint: "set fewer values, or give the program a file: sotto exec-file" } : {}
  return new AppError("COMMAND_NOT_EXECUTABLE", {}, { subject: program, notes, ...fits })
}

/** Does not come back where it succeeds. Where this process cannot be replaced it does nothing: a child will do. */
export async function replaceProcess(
  io: ChildHost,
  { program, args, env }: Pick<StartOrder, "program" | "args" | "env">,
): Promise<void> {
  if (io.processes.replace === null) return
  await Promise.all([io.stdout.flush(), io.stderr.flush()])
  io.processes.replace(program, args, spawnEnvironment(env))
}

/**
 * Tells whether a signal came from the terminal. A terminal signals every process of the foreground group, so the
 * child has it already, and a second one would make many programs give up at once; a signal from `kill` reaches us
 * alone and must be passed on. Node does not say who sent a signal, so a process that does nothing is in our
 * group: what came from the terminal has ended it too.
 */
interface Witness {
  /** Resolves with true when the others of our group got the signal as well. */
  sawSignal(): Promise<boolean>
  dismiss(): void
}

type WitnessHost = Pick<Io, "fs" | "processes" | "platform" | "sleep">

const waitMsMax = 300
const lookMs = 5

/** @returns `null` when no terminal controls this process: then every signal was meant for us */
function callWitness(io: WitnessHost): Witness | null {
  if (!hasTerminal(io)) return null
  let current = startWitness(io)
  if (current === null) return null
  return {
    async sawSignal() {
      const asked = current
      if (asked === null) return false
      for (let waited = 0; waited < waitMsMax && !hasEnded(asked); waited += lookMs) await io.sleep(lookMs)
      if (!hasEnded(asked)) return false
      if (asked === current) current = startWitness(io)
      return true
    },
    dismiss() {
      current?.kill("SIGKILL")
      current = null
    },
  }
}

/** `cat` without input: it waits for the end of a pipe that only we hold, so it cannot outlive us. */
function startWitness({ fs, processes }: WitnessHost): ChildProcess | null {
  const program = ["/bin/cat", "/usr/bin/cat"].find((path) => isExecutable(fs, path))
  if (program === undefined) return null
  try {
    const child = processes.spawn(program, [], { stdio: ["pipe", "ignore", "ignore"], env: {}, cwd: "/" })
    child.on("error", () => {})
    child.stdin?.on("error", () => {})
    child.unref()
    const pipe: (Writable & { unref?: () => void }) | null = child.stdin
    pipe?.unref?.()
    return child
  } catch {
    return null
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

function isExecutable(fs: Io["fs"], path: string): boolean {
  try {
    fs.access(path, openFlag.X_OK)
    return true
  } catch {
    return false
  }
}

function hasTerminal({ fs, platform }: WitnessHost): boolean {
  if (platform === "win32") return false
  try {
    closeQuietly(fs, fs.open("/dev/tty", openFlag.O_RDWR | openFlag.O_NOCTTY))
    return true
  } catch {
    return false
  }
}
