import { type KindsInConfig } from "../core/recipient.ts"

/** What the lookup of a config has to know about the machine. `host` builds it; tests pass their own. */
export interface ConfigFiles {
  /** @returns `null` when there is no such file. @throws {AppError} when it is there and cannot be read */
  readFile(path: string): Promise<Uint8Array | null>
  /** Follows links. @returns `null` when there is nothing, or nothing that may be looked at */
  stat(path: string): Promise<StatFacts | null>
  /** @returns the path without links; `null` when there is nothing at that place */
  realpath(path: string): Promise<string | null>
  readonly paths: PathRules
  /** The kinds of recipients that a config can name. */
  readonly kinds: KindsInConfig
  /** Absolute. */
  readonly workingFolder: string
  /** Absolute; `""` when it is not known. */
  readonly home: string
  /** `null` on a system without owners (Windows): then nothing is said about them. */
  readonly userId: number | null
}

export interface StatFacts {
  readonly kind: "file" | "folder" | "other"
  readonly userId: number
  readonly groupId: number
  /** Permission bits, as in `0o644`. */
  readonly mode: number
  /** The file system that it is on. */
  readonly device: number
}

/** The part of `node:path` that is used here: its own, `path.posix` or `path.win32`. */
export interface PathRules {
  readonly sep: string
  resolve(...parts: string[]): string
  join(...parts: string[]): string
  dirname(path: string): string
  basename(path: string): string
  relative(from: string, to: string): string
  isAbsolute(path: string): boolean
}
