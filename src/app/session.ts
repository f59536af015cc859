import { type AppError } from "../errors/app-error.ts"
import { type Io } from "../host/io.ts"

/** One call of the program, as a use case sees it. */
export interface Session {
  readonly io: Io
  /** Called as `sops`: its defaults hold, where they are weaker too. */
  readonly asSops: boolean
  /** Ends waiting for keys: Ctrl-C, or the end of the run. */
  readonly signal: AbortSignal
  /** What is remembered for the length of the run hangs on this object: loaded identities, opened data keys. */
  readonly memory: object
  /** One line for people on standard error, at once. Never text of a document; other text is made safe to show. */
  notice(text: string): void
}

/** What a use case leaves to the command line, which is the only one that prints. */
export interface Outcome {
  /** Bytes for standard output, as they are. */
  readonly output?: string | Uint8Array | undefined
  /** Failures of single files; the other files were done. The first decides the exit status. */
  readonly errors?: readonly AppError[] | undefined
  /** The status of a child. */
  readonly exit?: number | undefined
}
