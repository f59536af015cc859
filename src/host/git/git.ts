import { type ChildProcess } from "node:child_process"
import { type Conversation } from "../../core/conversation.ts"
import { AppError } from "../../errors/app-error.ts"
import { spawnEnvironment, withoutIdentities } from "../child-environment.ts"
import { Collected, converse } from "../conversation.ts"
import { enclosingGitTops } from "../surroundings.ts"
import { type Io } from "../io.ts"
import { refusedStart } from "../reason.ts"
import { type ProgramEnd, type ProgramOptions } from "../program.ts"
import { resolveProgram } from "../resolve-program.ts"

type GitIo = Pick<Io, "fs" | "env" | "cwd" | "home" | "platform" | "processes" | "signals">

interface GitPlace {
  /** Default: ours. */
  readonly cwd?: string | undefined
  /**
   * Whether git may fetch objects that a partial clone lacks. Only where the user called the command: git runs hooks,
   * textconv and the merge driver on content that nobody has looked at.
   */
  readonly fetch: "allowed" | "never"
}

export type GitSetting = readonly [key: string, value: string]

export interface GitCall {
  /** For this call alone. */
  readonly settings?: readonly GitSetting[] | undefined
  readonly input?: Uint8Array | undefined
  /** Those that are an answer; any other one is a failure. Default: 0 alone. */
  readonly statuses?: readonly number[] | undefined
  /** Git is ended then, which is a failure. */
  readonly timeoutMs?: number | undefined
}

/** One megabyte holds the names of some ten thousand files. */
const outputBytesMax = 256 * 1024 * 1024

/** The rest of `GIT_*` says where the repository and its index are: a hook of `git commit -a` has an index of its own. */
const droppedVariables = ["GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS", "GIT_EXTERNAL_DIFF"]

/**
 * The `git` program, called for its plumbing: no shell, output ended by NUL, no text of a repository taken for an option
 * or a pattern. Revisions go in behind `--end-of-options` (`repository.ts`), paths behind `--`.
 */
export class Git {
  readonly cwd: string
  readonly #io: GitIo
  readonly #program: () => string
  readonly #env: ReadonlyMap<string, string>

  constructor(io: GitIo, program: () => string, { cwd, fetch }: GitPlace) {
    this.#io = io
    this.#program = program
    this.cwd = cwd ?? io.cwd
    this.#env = environmentFor(io.env, fetch)
  }

  /**
   * @returns what git printed
   * @throws {AppError} `NOT_A_REPOSITORY`; `GIT_FAILED` with what git said
   */
  async run(args: readonly string[], call: GitCall = {}): Promise<{ status: number; stdout: Uint8Array }> {
    const { options, env } = settingsFor(call.settings ?? [], this.#env)
    const end = await runGit(this.#io, this.#program(), [...fixed, ...options, ...args], {
      env,
      cwd: this.cwd,
      input: call.input,
      outputBytesMax,
      timeoutMs: call.timeoutMs,
    })
    const { status, stdout } = end
    if (status !== null && end.stopped === null && (call.statuses ?? [0]).includes(status)) return { status, stdout }
    if (end.missing) throw new AppError("PROGRAM_MISSING", {}, { subject: "git" })
    if (end.stopped === "output") {
      throw new AppError("GIT_FAILED", {}, { subject: commandOf(args), notes: ["its answer is too long"] })
    }
    throw failure(commandOf(args), end.stderr)
  }

  /** One line, or a path that may hold newlines: what was printed without the newline at its end. */
  async text(args: readonly string[], call?: GitCall): Promise<string> {
    return decode((await this.run(args, call)).stdout).replace(/\r?\n$/, "")
  }

  /** What stands between the NULs of a `-z` output. */
  async records(args: readonly string[], call?: GitCall): Promise<string[]> {
    const { stdout } = await this.run(args, call)
    const text = decode(stdout)
    const parts = text.includes(notUtf8) ? decodeEach(stdout) : text.split("\0")
    if (parts.at(-1) === "") parts.pop()
    return parts
  }

  /** Starts git and keeps talking with it. @throws {AppError} `PROGRAM_MISSING` */
  async talk(args: readonly string[]): Promise<Conversation> {
    const options = { env: this.#env, cwd: this.cwd }
    const conversation = await talkWithGit(this.#io, this.#program(), [...fixed, ...args], options)
    if (conversation === null) throw new AppError("PROGRAM_MISSING", {}, { subject: "git" })
    return conversation
  }

  /** The same program in another folder. */
  in(cwd: string, fetch: GitPlace["fetch"]): Git {
    return new Git(this.#io, this.#program, { cwd, fetch })
  }
}

/**
 * Finds git with the care of rule S6: a repository that comes with a `git` of its own is not asked by it.
 *
 * @throws {AppError} `PROGRAM_MISSING`, `PROGRAM_REFUSED`
 */
export function findGit(io: GitIo, place: GitPlace): Git {
  const program = programFor(io, place)
  return new Git(io, () => program, place)
}

/** The same, found when it is first called: some need no git where a repository is plain. */
export function gitWhenCalled(io: GitIo, place: GitPlace): Git {
  let program: string | null = null
  return new Git(io, () => (program ??= programFor(io, place)), place)
}

function programFor(io: GitIo, place: GitPlace): string {
  const cwd = place.cwd ?? io.cwd
  const outside = [...new Set([io.cwd, cwd, ...enclosingGitTops(io, io.cwd), ...enclosingGitTops(io, cwd)])]
  return resolveProgram(io, "git", { outside })
}

// The monitor is a program that the configuration names.
const fixed = ["-c", "core.fsmonitor=false"]

/**
 * `-c` takes what stands in front of the first `=` for the name; where the name itself has one, the environment says it,
 * from git 2.31 on.
 */
function settingsFor(
  settings: readonly GitSetting[],
  env: ReadonlyMap<string, string>,
): { readonly options: readonly string[]; readonly env: ReadonlyMap<string, string> } {
  const options = settings.flatMap(([key, value]) => (key.includes("=") ? [] : ["-c", `${key}=${value}`]))
  const others = settings.filter(([key]) => key.includes("="))
  if (others.length === 0) return { options, env }
  const more = new Map(env)
  let count = Number(env.get("GIT_CONFIG_COUNT") ?? 0) || 0
  for (const [key, value] of others) {
    more.set(`GIT_CONFIG_KEY_${count}`, key).set(`GIT_CONFIG_VALUE_${count}`, value)
    count++
  }
  return { options, env: more.set("GIT_CONFIG_COUNT", String(count)) }
}

function environmentFor(env: ReadonlyMap<string, string>, fetch: GitPlace["fetch"]): ReadonlyMap<string, string> {
  const own = withoutIdentities(env)
  for (const name of droppedVariables) own.delete(name)
  own.set("LC_ALL", "C").set("GIT_LITERAL_PATHSPECS", "1").set("GIT_OPTIONAL_LOCKS", "0").set("GIT_PAGER", "cat")
  // What is committed and pushed is the object itself, not what `git replace` shows here in its place.
  own.set("GIT_NO_REPLACE_OBJECTS", "1")
  // Releases before 2.44 do not know the first one; with no protocol allowed their fetch fails at once.
  if (fetch === "never") own.set("GIT_NO_LAZY_FETCH", "1").set("GIT_ALLOW_PROTOCOL", "none")
  return own
}

/** Stands in a path that is not UTF-8: that can be shown, and not be opened. */
export const notUtf8 = "\ufffd"

/** What is not UTF-8 is told byte by byte: two files must not come to have one name, and hide one another. */
function decodeEach(bytes: Uint8Array): string[] {
  const records = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1").split("\0")
  return records.map((record) => {
    const own = Buffer.from(record, "latin1")
    const text = own.toString("utf8")
    if (own.equals(Buffer.from(text))) return text
    return record.replaceAll(/[^\x00-\x7f]/g, (byte) => `${notUtf8}${byte.charCodeAt(0).toString(16)}`)
  })
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8")
}

function commandOf(args: readonly string[]): string | undefined {
  return args.find((arg, at) => !arg.startsWith("-") && args[at - 1] !== "-c")
}

const linesMax = 5

function failure(subject: string | undefined, stderr: string): AppError {
  const lines = stderr.split("\n").filter((line) => line !== "")
  if (lines.some((line) => line.includes("not a git repository"))) return new AppError("NOT_A_REPOSITORY")
  // An address may hold a password.
  const own = lines.filter((line) => !line.includes("://")).slice(0, linesMax)
  // It puts a command that it proposes behind a tab.
  const notes = own.map((line) => line.replaceAll("\t", "  "))
  return new AppError("GIT_FAILED", {}, { subject, notes })
}

type Machine = Pick<Io, "processes" | "signals" | "cwd">

const stderrBytesMax = 64 * 1024

/**
 * Runs git as `runProgram` runs every other helper, without the package that does that: a hook calls git four times at
 * each commit, and the package costs more than all of them (docs/adr/0006-execa-runs-helpers.md).
 *
 * @throws {AppError} `ENVIRONMENT_INVALID`
 */
async function runGit(
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
  const stdio = [input === undefined ? "ignore" : "pipe", "pipe", "pipe"] as const
  const child = await start(io, program, args, { env, cwd, stdio })
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
    const text = Buffer.from(stderr.bytes()).toString("utf8")
    return { status: stopped === null ? status : null, stdout: stdout.bytes(), stderr: text, missing: false, stopped }
  } finally {
    release()
    if (timer !== null) clearTimeout(timer)
  }
}

/** Starts git and keeps talking with it; its standard error is thrown away. @returns `null` when it could not be started */
async function talkWithGit(
  io: Machine,
  program: string,
  args: readonly string[],
  { env, cwd }: Pick<ProgramOptions, "env" | "cwd">,
): Promise<Conversation | null> {
  const child = await start(io, program, args, { env, cwd, stdio: ["pipe", "pipe", "ignore"] })
  if (child === null) return null
  const closed = endOf(child).then(() => {})
  const kill = (signal: "SIGTERM" | "SIGKILL"): unknown => child.kill(signal)
  return converse(io, { stdin: child.stdin!, stdout: child.stdout!, closed, kill })
}

type Stdio = readonly ("pipe" | "ignore")[]

/**
 * @returns `null` where there is no such program; the message of Node quotes arguments, so it is not kept
 * @throws {AppError} `SYSTEM_FAILED`
 */
async function start(
  { processes, cwd: here }: Machine,
  program: string,
  args: readonly string[],
  { env, cwd = here, stdio }: Pick<ProgramOptions, "env" | "cwd"> & { readonly stdio: Stdio },
): Promise<ChildProcess | null> {
  const own = spawnEnvironment(env)
  let failure: unknown
  try {
    const child = processes.spawn(program, args, { cwd, env: own, stdio: [...stdio], windowsHide: true })
    if (child.pid !== undefined) return child
    // It need not have pipes.
    failure = await new Promise((resolve) => child.once("error", resolve))
  } catch (error) {
    failure = error
  }
  const refused = refusedStart(program, failure)
  if (refused !== null) throw refused
  return null
}

/** All pipes are closed then. @returns the status; `null` after a signal */
function endOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    child.once("error", () => resolve(null))
    child.once("close", (status) => resolve(status))
  })
}
