import { type AppError } from "../errors/app-error.ts"
import { type Io } from "../host/io.ts"
import { type KeyServices } from "../keys/keyservice/services.ts"
import { type Dialect } from "./dialect.ts"
import { type Closing } from "./report/closing.ts"
import { type RunEnd } from "./run-end.ts"
import { type WorkMeter } from "./work-meter.ts"

/** One call of the program, as a use case sees it. */
export interface Session {
  readonly io: Io
  /** What the face that was called decides. */
  readonly dialect: Dialect
  /** Ends waiting for keys, and the memory of them. */
  readonly end: RunEnd
  /** Who wraps and unwraps data keys; absent: this process alone. */
  readonly keyServices?: KeyServices
  /** What a run remembers belongs to this object: loaded identities, opened data keys. */
  readonly memory: object
  /** The user's own AWS credentials replace a profile that a file names and that is not here. */
  readonly awsFallback?: boolean
  /**
   * Prints one line for people on standard error at once. Never text of a document; other text is made safe to show.
   */
  notice(text: string): void
  /** Shows progress on one large file; absent where nobody looks, or where many files are counted. */
  readonly meter?: WorkMeter | undefined
  /** For the line that ends a command: a file was written. Absent where nobody looks, or nobody wants to know. */
  readonly close?: ((closing: Closing) => void) | undefined
  /** Nobody wants to see progress. */
  readonly isQuiet?: boolean
  /** This is one of several files: what holds for all of them is said once, at the end. */
  readonly isOneOfMany?: boolean
  /** What upstream logs at this point, without any text of a document: the sops face alone shows it. */
  readonly log?: ((entry: LogEntry) => void) | undefined
  /** Keeps a record of what is about to be done with a file, where the machine's owner wants one: the sops face alone. */
  readonly audit?: Audit | undefined
}

/**
 * @param file - as it was named; `null` for standard input
 * @throws {AppError} `AUDIT_FAILED`: what cannot be recorded must not happen
 */
export type Audit = (action: "encrypt" | "decrypt" | "rotate", file: string | null) => Promise<void>

/** One line of upstream's log. Below `warning` it is shown with `--verbose` only. */
export interface LogEntry {
  readonly level: "debug" | "info" | "warning" | "error"
  /** The part of upstream that says it. */
  readonly logger: "CMD" | "SOPS" | "AWSKMS" | "KEYSERVICE" | "PUBLISH" | "EXEC" | "AUDIT"
  readonly text: string
  /** In this order after the text. */
  readonly fields?: Readonly<Record<string, string>> | undefined
  /** Follows the text, in the words of the face. */
  readonly error?: AppError | undefined
}

/** What a use case leaves to the command line, which is the only one that prints. */
export interface Outcome {
  /** Bytes for standard output, as they are. */
  readonly output?: string | Uint8Array | undefined
  /** `output` tells people what was done, and nobody asked for more than the deed: `--quiet` leaves it out. */
  readonly isReport?: boolean
  /** Failures of single files; the others succeeded. The first decides the exit status. */
  readonly errors?: readonly AppError[] | undefined
  /** How many of several files succeeded; reported where some did not. */
  readonly tally?: { readonly done: number; readonly count: number } | undefined
  /** Lines for standard error, in words of their own, that are not errors of this program: what git shows. */
  readonly said?: readonly string[] | undefined
  /** The status of a child. */
  readonly exit?: number | undefined
  /** What ended the child. */
  readonly signal?: NodeJS.Signals | undefined
}
