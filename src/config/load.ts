import { type Config, type ConfigDialect, type ConfigKind, readConfig } from "./config.ts"
import { type FoundConfig } from "./find.ts"
import { type KindsInConfig } from "../core/recipient.ts"
import { AppError } from "../errors/app-error.ts"

/** Reads what the search has found. @throws {AppError} `CONFIG_UNREADABLE`, `CONFIG_INVALID` */
export async function loadFound(found: FoundConfig, files: ConfigFiles): Promise<Config> {
  const { kinds } = files
  const folder = files.paths.dirname(found.path)
  const config = readConfig(await read(found.path, found.file, files), {
    file: found.file,
    folder,
    kind: found.kind,
    kinds,
  })
  if (found.beside === null) return config
  const bytes = await read(found.beside, found.beside, files)
  return { ...config, beside: readConfig(bytes, { file: found.beside, folder, kind: "sops-yaml", kinds }) }
}

/**
 * Reads the config that `--config` or SOPS_CONFIG names, wherever it lies and whoever owns it. `/dev/null` is a config
 * that says nothing.
 *
 * @throws {AppError} `CONFIG_UNREADABLE`, `CONFIG_INVALID`
 */
export async function loadNamed(
  file: string,
  files: ConfigFiles,
  { namedKind }: Pick<ConfigDialect, "namedKind">,
): Promise<Config> {
  const path = files.paths.resolve(files.workingFolder, file)
  const kind: ConfigKind =
    namedKind === "by name" && files.paths.basename(path).includes("sopsrc") ? "sopsrc" : "sops-yaml"
  return readConfig(await read(path, file, files), {
    file,
    folder: files.paths.dirname(path),
    kind,
    kinds: files.kinds,
  })
}

async function read(path: string, file: string, files: ConfigFiles): Promise<Uint8Array> {
  const bytes = await files.readFile(path).catch((error: unknown) => {
    // Whatever is wrong with a config is exit status 1, while a document that cannot be read is not.
    throw error instanceof AppError ? new AppError(error.code, { file }, { ...error.detail, exit: 1 }) : error
  })
  if (bytes === null) throw new AppError("CONFIG_UNREADABLE", { file })
  return bytes
}

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
