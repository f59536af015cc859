import { AppError } from "../errors/app-error.ts"
import { type Config, type ConfigKind, readConfig } from "./config.ts"
import { type ConfigDialect } from "./dialect.ts"
import { type ConfigFiles } from "./files.ts"
import { type FoundConfig } from "./find.ts"

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
