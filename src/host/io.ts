import { monotonicMs } from "../core/monotonic.ts"
import { AppError } from "../errors/app-error.ts"
import { reasonOf } from "./reason.ts"
import { type FileSystem, realFileSystem } from "./file-system.ts"
import { type Processes, realProcesses } from "./processes.ts"
import { type Signals, realSignals } from "./signals.ts"
import { type Input, type Output, type StreamParts, realInput, realOutput } from "./streams.ts"
import { type Terminal, realTerminal } from "./terminal.ts"

/**
 * The machine. `app` and `cli` get this object and touch nothing else, so that a test can put a part of its own in any
 * place, count the calls of `fs` and `processes`, or let the Nth one fail.
 */
export interface Io {
  /** Without the interpreter and the script. */
  readonly argv: readonly string[]
  /** The file by which this program is started: the script, or the executable that holds everything. */
  readonly program: string
  /** As it was at the start. A variable that is set but empty is `""`. On Windows the names are in capitals. */
  readonly env: ReadonlyMap<string, string>
  /** Absolute. */
  readonly cwd: string
  readonly platform: NodeJS.Platform
  /** The user's home folder; `""` when it is not known. */
  readonly home: string
  /** Where temporary files go: `TMPDIR`, or what the system has. */
  readonly temp: string
  readonly umask: number
  readonly stdin: Input
  readonly stdout: Output
  readonly stderr: Output
  readonly terminal: Terminal
  readonly fs: FileSystem
  readonly processes: Processes
  readonly signals: Signals
  /** Folders in which this process has looked for leftovers of killed ones already. */
  readonly swept: Set<string>
  now(): Date
  /** Milliseconds that only ever grow. */
  clock(): number
  sleep(ms: number): Promise<void>
  randomBytes(size: number): Uint8Array
}

/** What is slow to find out, or needs a module of Node that most commands do not, is found out when it is asked for. */
export function realIo(): Io {
  const { platform } = process
  const env = snapshot(process.env, platform)
  const fs = realFileSystem()
  const processes = realProcesses()
  const signals = realSignals(process, (name) => processes.signalNumber(name))
  const parts: StreamParts = { fs, platform, sleep, isTerminal: (fd) => isTerminal(fs, fd), columnsOf }
  const cwd = once(workingFolder)
  const home = once(() => homeFolder(env, platform))
  const stderr = realOutput(parts, { fd: 2, env, isError: true })
  const terminal = once(() => realTerminal({ fs, signals, processes, platform, settle: () => stderr.flush() }))
  const program = once(() => programFile(fs))
  const temp = once(() => process.getBuiltinModule("node:os").tmpdir())
  return {
    argv: process.argv.slice(2),
    get program() {
      return program()
    },
    env,
    get cwd() {
      return cwd()
    },
    platform,
    get home() {
      return home()
    },
    get temp() {
      return temp()
    },
    get umask() {
      return process.umask()
    },
    stdin: realInput(parts, 0),
    stdout: realOutput(parts, { fd: 1, env, isError: false }),
    stderr,
    get terminal() {
      return terminal()
    },
    fs,
    processes,
    signals,
    swept: new Set(),
    now: () => new Date(),
    clock: monotonicMs,
    sleep,
    randomBytes: (size) => process.getBuiltinModule("node:crypto").randomBytes(size),
  }
}

/** Somebody may have removed it, or closed a folder above it. @throws {AppError} `FOLDER_UNUSABLE` */
function workingFolder(): string {
  try {
    return process.cwd()
  } catch (error) {
    throw new AppError("FOLDER_UNUSABLE", {}, { notes: [reasonOf(error)] })
  }
}

function snapshot(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>()
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined) pairs.set(platform === "win32" ? name.toUpperCase() : name, value)
  }
  return pairs
}

function homeFolder(env: ReadonlyMap<string, string>, platform: NodeJS.Platform): string {
  const named = env.get(platform === "win32" ? "USERPROFILE" : "HOME") ?? ""
  if (named !== "") return named
  try {
    return process.getBuiltinModule("node:os").homedir()
  } catch {
    return ""
  }
}

/** A program that is one executable has a script that is not a file. */
function programFile(fs: Pick<FileSystem, "realpath">): string {
  try {
    return fs.realpath(process.argv[1] ?? "")
  } catch {
    return process.execPath
  }
}

// `node:tty` brings the network modules with it, 3 ms: it is asked only where the answer can be yes.
function isTerminal(fs: Pick<FileSystem, "statOpen" | "statIfThere">, fd: number): boolean {
  try {
    const stat = fs.statOpen(fd)
    if (!stat.isCharacterDevice) return false
    const empty = fs.statIfThere("/dev/null")
    if (empty !== null && empty.device === stat.device && empty.inode === stat.inode) return false
    return process.getBuiltinModule("node:tty").isatty(fd)
  } catch {
    return false
  }
}

/** Node's own stream of that terminal: one of ours would close the descriptor at its end. */
function columnsOf(fd: number): number | undefined {
  const stream = fd === 1 ? process.stdout : process.stderr
  return (stream.columns ?? 0) > 0 ? stream.columns : undefined
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
