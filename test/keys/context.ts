import { type Conversation } from "../../src/core/conversation.ts"
import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, realpathSync, statSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { sottoDialect } from "../../src/app/dialect.ts"
import { sopsDialect } from "../../src/cli/sops/dialect.ts"
import { type Effort, type KeyContext, type RunResult } from "../../src/keys/provider.ts"

export interface TestContextOptions {
  /** The only environment that keys see, and that programs which they start inherit. */
  readonly env?: Readonly<Record<string, string>>
  /** Answers of the person at the terminal, one for each question; without it there is no terminal. */
  readonly answers?: readonly (string | null)[]
  readonly home?: string
  readonly platform?: NodeJS.Platform
  readonly asSops?: boolean
  readonly effort?: Effort
  readonly workspace?: readonly string[]
  readonly signal?: AbortSignal
  readonly namedVaults?: readonly string[]
  readonly awsFallback?: boolean
}

export interface TestContext extends KeyContext {
  /** Every question, in order; a hidden one begins with "hidden: ". */
  readonly questions: string[]
  readonly notices: string[]
  /** Every path that was read. */
  readonly reads: string[]
  /** Every program that was started. */
  readonly started: string[]
}

/** A machine for key providers: the real file system and real programs, but only the given environment and answers. */
export function testContext(options: TestContextOptions = {}): TestContext {
  const { env = {}, answers = [], workspace = [], asSops = false, effort = "any" } = options
  const { platform = process.platform, home = join(tmpdir(), "no-such-home"), signal, namedVaults = [] } = options
  const own = signal ?? new AbortController().signal
  const questions: string[] = []
  const notices: string[] = []
  const reads: string[] = []
  const started: string[] = []
  return {
    questions,
    notices,
    reads,
    started,
    env: (name) => (Object.hasOwn(env, name) ? env[name] : undefined),
    platform,
    home,
    async readFile(path) {
      reads.push(path)
      return existsSync(path) ? new Uint8Array(await readFile(path)) : null
    },
    run(program, args, { input, env: more = {}, outputBytesMax = Infinity, signal: end = own } = {}) {
      started.push(program)
      const child = spawn(program, args, { env: { ...env, ...more }, signal: end })
      // A program that does not read its input may be gone before it is written.
      child.stdin.on("error", () => undefined).end(input)
      return new Promise<RunResult>((resolve) => {
        const stdout: Buffer[] = []
        const stderr: Buffer[] = []
        child.stdout.on("data", (chunk: Buffer) => {
          stdout.push(chunk)
          if (Buffer.concat(stdout).length > outputBytesMax) child.kill("SIGKILL")
        })
        child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk))
        const done = (status: number | null, missing: boolean): void =>
          resolve({ status, missing, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() })
        child.on("error", () => done(null, true))
        child.on("close", (status) => done(status, false))
      })
    },
    talk(program, args, { signal: end = own } = {}) {
      started.push(program)
      const child = spawn(program, args, { env, cwd: tmpdir(), stdio: ["pipe", "pipe", "ignore"], signal: end })
      const closed = new Promise<void>((resolve) => child.on("close", () => resolve()))
      const chunks = child.stdout.iterator()
      child.stdin.on("error", () => undefined)
      const talk: Conversation = {
        write: (bytes) => new Promise((resolve) => child.stdin.write(bytes, () => resolve())),
        async read() {
          const chunk = await chunks.next()
          return chunk.done === true ? null : new Uint8Array(chunk.value as Buffer)
        },
        async close() {
          child.stdin.end()
          child.stdout.destroy()
          child.kill("SIGINT")
          await closed
        },
      }
      return new Promise((resolve) => {
        child.on("spawn", () => resolve(talk))
        child.on("error", () => resolve(null))
      })
    },
    async stat(path) {
      if (!existsSync(path)) return null
      const { mode, uid } = statSync(path)
      return { realPath: realpathSync(path), isFile: statSync(path).isFile(), mode: mode & 0o7777, uid }
    },
    workspace,
    uid: process.getuid?.() ?? null,
    async prompt(question, { hidden }) {
      questions.push(hidden ? `hidden: ${question}` : question)
      return answers[questions.length - 1] ?? null
    },
    notice: (text) => void notices.push(text),
    dialect: (asSops ? sopsDialect : sottoDialect).keys,
    now: () => new Date(),
    hostName: "test-host",
    namedVaults: () => namedVaults,
    ...(options.awsFallback === true ? { awsFallback: true } : {}),
    effort,
    session: {},
    signal: own,
    whenOver: (task) => own.addEventListener("abort", task, { once: true }),
  }
}

/** A folder of its own for one test; the system removes it. */
export function temporaryFolder(): string {
  return mkdtempSync(join(realpathSync(tmpdir()), "sotto-keys-"))
}
