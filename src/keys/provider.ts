import { type Recipient, type RecipientType, type WrappedKey } from "../core/recipient.ts"
import { type SecretBytes } from "../core/secret.ts"

/** The machine, as far as a key provider may touch it. `host` and `app` build it; tests pass their own. */
export interface KeyContext {
  /** An environment variable; `undefined` when it is not set. A variable that is set but empty is `""`. */
  env(name: string): string | undefined
  readonly platform: NodeJS.Platform
  /** The user's home folder, `""` when it is not known. */
  readonly home: string
  /** `null` when there is no such file. @throws {AppError} when it is there and cannot be read */
  readFile(path: string): Promise<Uint8Array | null>
  /** Runs a program without a shell; its output is never shown. */
  run(program: string, args: readonly string[], options?: RunOptions): Promise<RunResult>
  /** Asks on the terminal. `hidden` turns the echo off. `null` when there is no terminal. */
  prompt(question: string, options: { hidden: boolean }): Promise<string | null>
  /** One line for people, on stderr. */
  notice(text: string): void
  /** Called as `sops`: upstream's weaker defaults hold where security.md says so. */
  readonly asSops: boolean
  readonly signal: AbortSignal
}

export interface RunOptions {
  readonly input?: Uint8Array
  /** Added to the environment of the child. */
  readonly env?: Readonly<Record<string, string>>
  /** Stops reading, and the child, after that many bytes of output. */
  readonly outputBytesMax?: number
}

export interface RunResult {
  /** Exit status; `null` when it was ended by a signal. */
  readonly status: number | null
  readonly stdout: Uint8Array
  readonly stderr: string
  /** The program could not be started. */
  readonly missing: boolean
}

/** One kind of recipient. */
export interface KeyProvider {
  /** @returns the `enc` field. @throws {AppError} when the data key cannot be wrapped for this recipient */
  wrap(dataKey: SecretBytes, recipient: Recipient, context: KeyContext): Promise<string>
  /**
   * @returns the data key or share, or `null` when no identity here fits this entry
   * @throws {AppError} only when the entry is ours and is broken, or the service failed
   */
  unwrap(entry: WrappedKey, context: KeyContext): Promise<SecretBytes | null>
}

/** Eager facts, lazy code: `--help`, or opening with age, must not load a cloud SDK. */
export interface Manifest {
  readonly type: RecipientType
  /** For people. */
  readonly title: string
  /** Unwrapping asks a service on the network. */
  readonly isOnline: boolean
  readonly load: () => Promise<KeyProvider>
}
