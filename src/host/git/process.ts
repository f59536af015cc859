import { type ChildProcess } from "node:child_process"
import { Collected } from "../collected.ts"
import { spawnEnvironment } from "../child-environment.ts"
import { type Conversation } from "../../core/conversation.ts"
import { converse } from "../conversation.ts"
import { type Io } from "../io.ts"
import { type ProgramEnd, type ProgramOptions } from "../program.ts"

type Machine = Pick<Io, "processes" | "signals" | "cwd">

const stderrBytesMax = 64 * 1024

/**
 * Runs git as `runProgram` runs every other helper, without the package that does that: a hook calls git four times at
 * each commit, and the package costs more than all of them (docs/adr/0006-execa-runs-helpers.md).
 *
 * @throws {AppError} `ENVIRONMENT_INVALID`
 */
export async function runGit(
  io: Machine,
  program: string,
  args: readonly string[],
  {
    env,
    cwd,
    input,
    timeoutMs,
    outputBytesMax,
  }: Pick<ProgramOptions, "env" | "cwd" | "input" | "timeoutMs"> & { readonly outputBytesMax: number },
): Promise<ProgramEnd> {
  const child = start(io, program, args, { env, cwd, stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"] })
  const nothing: ProgramEnd = { status: null, stdout: new Uint8Array(), stderr: "", missing: true, stopped: null }
  if (child === null) return nothing
  const [stdout, stderr] = [new Collected(outputBytesMax), new Collected(stderrBytesMax)]
  let stopped: ProgramEnd["stopped"] = null
  const stop = (reason: NonNullable<ProgramEnd["stopped"]>): void => {
    stopped ??= reason
    child.kill("SIGKILL")
    // A grandchild may still hold the pipes; nothing more is read from them.
    child.stdout!.destroy()
    child.stderr!.destroy()
  }
  child.stdout!.on("data", (chunk: Uint8Array) => {
    if (!stdout.add(chunk)) stop("output")
  })
  child.stderr!.on("data", (chunk: Uint8Array) => stderr.add(chunk))
  child.stdin?.on("error", () => {})
  child.stdin?.end(input)
  // It may be writing the index, and takes its lock away at this signal only.
  const release = io.signals.onEnd(() => child.kill("SIGTERM"))
  const timer = timeoutMs === undefined ? null : setTimeout(() => stop("timeout"), timeoutMs)
  try {
    const status = await endOf(child)
    if (child.pid === undefined) return nothing
    const text = Buffer.from(stderr.bytes()).toString("utf8")
    return { status: stopped === null ? status : null, stdout: stdout.bytes(), stderr: text, missing: false, stopped }
  } finally {
    release()
    if (timer !== null) clearTimeout(timer)
  }
}

/** Starts git and keeps talking with it; its standard error is thrown away. @returns `null` when it could not be started */
export async function talkWithGit(
  io: Machine,
  program: string,
  args: readonly string[],
  { env, cwd }: Pick<ProgramOptions, "env" | "cwd">,
): Promise<Conversation | null> {
  const child = start(io, program, args, { env, cwd, stdio: ["pipe", "pipe", "ignore"] })
  if (child === null) return null
  const closed = endOf(child).then(() => {})
  if (child.pid === undefined) {
    await closed
    return null
  }
  const kill = (signal: "SIGTERM" | "SIGKILL"): unknown => child.kill(signal)
  return converse(io, { stdin: child.stdin!, stdout: child.stdout!, closed, kill })
}

type Stdio = readonly ("pipe" | "ignore")[]

/** @returns `null` where Node does not even try; its message quotes arguments, so it is not kept */
function start(
  { processes, cwd: here }: Machine,
  program: string,
  args: readonly string[],
  { env, cwd = here, stdio }: Pick<ProgramOptions, "env" | "cwd"> & { readonly stdio: Stdio },
): ChildProcess | null {
  const own = spawnEnvironment(env)
  try {
    return processes.spawn(program, args, { cwd, env: own, stdio: [...stdio], windowsHide: true })
  } catch {
    return null
  }
}

/** All pipes are closed then. @returns the status; `null` after a signal, and for what was never started */
function endOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    child.once("error", () => resolve(null))
    child.once("close", (status) => resolve(status))
  })
}
