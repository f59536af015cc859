import { type ChildProcess } from "node:child_process"
import { spawnEnvironment } from "./child-environment.ts"
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

type Machine = Pick<Io, "processes" | "signals" | "cwd">

const outputBytesMaxDefault = 1024 * 1024
const stderrBytesMax = 64 * 1024

/**
 * Runs a helper (gpg, a command that prints an identity) without a shell, and keeps what it prints. Its output never
 * becomes part of an error. It does not outlive us.
 *
 * @param program - best an absolute path from `resolveProgram`
 * @throws {AppError} `ENVIRONMENT_INVALID`
 */
export function runProgram(
  io: Machine,
  program: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<ProgramEnd> {
  const env = spawnEnvironment(options.env)
  const child = startQuietly(io, program, args, { cwd: options.cwd, env, stdio: ["pipe", "pipe", "pipe"] })
  if (child === null) return Promise.resolve(neverStarted)
  const release = io.signals.onEnd(() => child.kill("SIGKILL"))
  return new Promise<ProgramEnd>((resolve) => {
    const stdout = new Collected(options.outputBytesMax ?? outputBytesMaxDefault)
    const stderr = new Collected(stderrBytesMax)
    let stopped: ProgramEnd["stopped"] = null
    const stop = (reason: NonNullable<ProgramEnd["stopped"]>): void => {
      stopped ??= reason
      child.kill("SIGKILL")
      // A grandchild may still hold the pipes; nothing more is read from them.
      child.stdout?.destroy()
      child.stderr?.destroy()
    }
    child.stdout?.on("data", (chunk: Uint8Array) => {
      if (!stdout.add(chunk)) stop("output")
    })
    // What is too much of it is thrown away: a chatty helper is no failed one.
    child.stderr?.on("data", (chunk: Uint8Array) => stderr.add(chunk))
    child.stdin?.on("error", () => {})
    child.stdin?.end(options.input)
    const timer = options.timeoutMs === undefined ? null : setTimeout(() => stop("timeout"), options.timeoutMs)
    const abort = (): void => stop("abort")
    options.signal?.addEventListener("abort", abort)
    if (options.signal?.aborted === true) abort()
    const finish = (end: Pick<ProgramEnd, "status" | "missing">): void => {
      release()
      if (timer !== null) clearTimeout(timer)
      options.signal?.removeEventListener("abort", abort)
      resolve({ ...end, stdout: stdout.bytes(), stderr: Buffer.from(stderr.bytes()).toString("utf8"), stopped })
    }
    child.on("error", () => {
      if (child.pid === undefined) finish({ status: null, missing: true })
    })
    child.once("close", (status) => finish({ status, missing: false }))
  })
}

/** A program that runs, with both pipes open: an age plugin. */
export interface Conversation {
  /** Writing to a program that has ended does nothing; the next `read` tells. */
  write(bytes: Uint8Array): Promise<void>
  /** The next bytes, as they come; `null` at the end. */
  read(): Promise<Uint8Array | null>
  /** Closes both pipes, asks the program to end, and waits for it. */
  close(): Promise<void>
}

const closeMsMax = 2000

/**
 * Starts a program without a shell and keeps talking with it. Its standard error is thrown away.
 *
 * @returns `null` when it could not be started
 */
export async function talkWith(
  io: Machine,
  program: string,
  args: readonly string[],
  options: Pick<ProgramOptions, "env" | "cwd" | "signal">,
): Promise<Conversation | null> {
  const env = spawnEnvironment(options.env)
  const child = startQuietly(io, program, args, { cwd: options.cwd, env, stdio: ["pipe", "pipe", "ignore"] })
  child?.on("error", () => {})
  const [stdin, stdout] = [child?.stdin ?? null, child?.stdout ?? null]
  if (child === null || stdin === null || stdout === null) return null
  stdin.on("error", () => {})
  const closed = new Promise<void>((resolve) => {
    child.once("close", () => resolve())
    child.once("error", () => resolve())
  })
  const isStarted = await new Promise<boolean>((resolve) => {
    child.once("spawn", () => resolve(true))
    child.once("error", () => resolve(false))
  })
  if (!isStarted) return null
  const release = io.signals.onEnd(() => child.kill("SIGKILL"))
  const kill = (): void => {
    child.kill("SIGKILL")
    stdout.destroy()
  }
  options.signal?.addEventListener("abort", kill)
  if (options.signal?.aborted === true) kill()
  const chunks = stdout[Symbol.asyncIterator]()
  return {
    write: (bytes) =>
      new Promise((resolve) => {
        if (!stdin.writable) resolve()
        else stdin.write(bytes, () => resolve())
      }),
    async read() {
      try {
        const next: IteratorResult<unknown> = await chunks.next()
        return next.done !== true && next.value instanceof Uint8Array ? next.value : null
      } catch {
        // The pipe was closed on our side.
        return null
      }
    },
    async close() {
      stdin.end()
      stdout.destroy()
      child.kill("SIGTERM")
      const timer = setTimeout(kill, closeMsMax)
      await closed
      clearTimeout(timer)
      options.signal?.removeEventListener("abort", kill)
      release()
    },
  }
}

const neverStarted: ProgramEnd = { status: null, stdout: new Uint8Array(), stderr: "", missing: true, stopped: null }

interface Start {
  readonly cwd: string | undefined
  readonly env: NodeJS.ProcessEnv
  readonly stdio: ["pipe", "pipe", "pipe" | "ignore"]
}

function startQuietly(io: Machine, program: string, args: readonly string[], start: Start): ChildProcess | null {
  try {
    return io.processes.spawn(program, args, { ...start, cwd: start.cwd ?? io.cwd, windowsHide: true })
  } catch {
    // Some failures are thrown, with a message that quotes the arguments.
    return null
  }
}

class Collected {
  readonly #bytesMax: number
  readonly #parts: Uint8Array[] = []
  #total = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** @returns false when the limit is reached; what fits is kept */
  add(chunk: Uint8Array): boolean {
    const part = chunk.subarray(0, this.#bytesMax - this.#total)
    this.#parts.push(part)
    this.#total += part.length
    return part.length === chunk.length
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#parts, this.#total)
  }
}
