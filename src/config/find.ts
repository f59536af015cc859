import { type ConfigKind } from "./config.ts"
import { type ConfigFiles, type StatFacts } from "./load.ts"
import { AppError } from "../errors/app-error.ts"

/** What configs are called; in one folder the first wins. */
export const configFileNames = [".sopsrc", ".sops.yaml"] as const
const [ours, upstreams] = configFileNames
/** A name that many expect to work; upstream only warns about it. */
export const alternateName = ".sops.yml"

/** Where a config was found. */
export interface FoundConfig {
  readonly kind: ConfigKind
  /** For people: relative as `sops`, else absolute. */
  readonly file: string
  /** Absolute. */
  readonly path: string
  /** A `.sops.yaml` beside a `.sopsrc`; absolute. */
  readonly beside: string | null
}

interface Search {
  readonly found: FoundConfig | null
  /** The target without links in its folder, as paths of rules are matched against it; `null` for standard input. */
  readonly target: string | null
  /** For people: a `.sops.yml` that nobody reads. */
  readonly notices: readonly string[]
  /** All that were to be looked in, the nearest first. */
  readonly folders: readonly string[]
}

/** What was found from one folder upward. */
interface FolderSearch extends Omit<Search, "target"> {
  /** The folder without links. */
  readonly folder: string
}

/** The searches of one run: files of one folder share one. */
export type KnownSearches = Map<string, Promise<FolderSearch>>

/**
 * Looks for the config of one file: from its folder upward, nearest folder first, up to the top folder of the git
 * repository. Outside git the search ends at the home folder or where another file system begins, and a config that
 * others could have written is refused (docs/design/security.md S9).
 *
 * @param target - the file, which need not exist; `null` for standard input: the search starts in the working folder
 * @throws {AppError} `CONFIG_UNTRUSTED`
 */
export async function findConfig(
  target: string | null,
  files: ConfigFiles,
  known: KnownSearches = new Map(),
): Promise<Search> {
  const { paths } = files
  const asked = target === null ? files.workingFolder : paths.dirname(paths.resolve(files.workingFolder, target))
  const searching = known.get(asked) ?? searchFrom(asked, files)
  known.set(asked, searching)
  const { folder, ...search } = await searching
  return { ...search, target: target === null ? null : paths.join(folder, paths.basename(target)) }
}

async function searchFrom(asked: string, files: ConfigFiles): Promise<FolderSearch> {
  const { paths } = files
  const start = await withoutLinks(asked, files)
  const { folders, isInGit } = await foldersToSearch(start, files)
  let ignored: string | null = null
  for (const folder of folders) {
    const found = await foundIn(folder, files)
    if (found !== null) {
      if (!isInGit) {
        await checkTrust(found.path, folder, files)
        if (found.beside !== null) await checkTrust(found.beside, folder, files)
      }
      return { found, folder: start, notices: alternateNotice(ignored, found.path), folders }
    }
    ignored ??= await existing(paths.join(folder, alternateName), files)
  }
  return { found: null, folder: start, notices: alternateNotice(ignored, null), folders }
}

const levelsMax = 100

/**
 * The search of `sops`: `.sops.yaml` only, from the working folder, up to 100 levels, whoever owns it.
 *
 * @see sops v3.13.2 config/config.go, LookupConfigFile
 */
export async function findSopsYaml(files: ConfigFiles): Promise<Omit<Search, "target" | "folders">> {
  const { paths } = files
  let ignored: string | null = null
  let up = ""
  for (let level = 0; level < levelsMax; level++, up = paths.join(up, "..")) {
    const file = paths.join(up, upstreams)
    const path = await existing(paths.resolve(files.workingFolder, file), files)
    if (path !== null) {
      return { found: { kind: "sops-yaml", file, path, beside: null }, notices: alternateNotice(ignored, file) }
    }
    const other = paths.join(up, alternateName)
    if (ignored === null && (await existing(paths.resolve(files.workingFolder, other), files)) !== null) ignored = other
  }
  return { found: null, notices: alternateNotice(ignored, null) }
}

function alternateNotice(ignored: string | null, used: string | null): string[] {
  if (ignored === null) return []
  const instead = used === null ? "" : `; using ${JSON.stringify(used)} instead`
  return [`ignoring ${JSON.stringify(ignored)}: the config file must be called "${upstreams}"${instead}`]
}

async function foundIn(folder: string, files: ConfigFiles): Promise<FoundConfig | null> {
  const [sopsrc, sopsYaml] = await Promise.all([
    existing(files.paths.join(folder, ours), files),
    existing(files.paths.join(folder, upstreams), files),
  ])
  if (sopsrc !== null) return { kind: "sopsrc", file: sopsrc, path: sopsrc, beside: sopsYaml }
  return sopsYaml === null ? null : { kind: "sops-yaml", file: sopsYaml, path: sopsYaml, beside: null }
}

async function existing(path: string, files: ConfigFiles): Promise<string | null> {
  return (await files.stat(path)) === null ? null : path
}

/** The folder, or as much of it as is there, without links. A file may be about to be written into a new folder. */
async function withoutLinks(folder: string, files: ConfigFiles): Promise<string> {
  const { paths } = files
  const missing: string[] = []
  for (let at = folder; ; at = paths.dirname(at)) {
    const real = await files.realpath(at)
    if (real !== null) return paths.join(real, ...missing)
    if (paths.dirname(at) === at) return folder
    missing.unshift(paths.basename(at))
  }
}

async function foldersToSearch(start: string, files: ConfigFiles): Promise<{ folders: string[]; isInGit: boolean }> {
  const { paths } = files
  const home = files.home === "" ? null : ((await files.realpath(files.home)) ?? files.home)
  const folders: string[] = []
  let outsideGit: number | null = null
  let device: number | null = null
  for (let at = start; ; at = paths.dirname(at)) {
    const facts = await files.stat(at)
    if (facts !== null && device !== null && facts.device !== device) break
    device = facts?.device ?? device
    folders.push(at)
    if (await isOurRepository(at, start, files)) return { folders, isInGit: true }
    if (at === home) outsideGit ??= folders.length
    if (paths.dirname(at) === at) break
  }
  return { folders: folders.slice(0, outsideGit ?? folders.length), isInGit: false }
}

/**
 * Whether a folder is the top of a git repository that may end the search and be trusted.
 *
 * A `.git` of another user does not count, unless the folder where the search started is that user's too: otherwise
 * anybody could make one in a shared folder, and a config beside it.
 */
async function isOurRepository(folder: string, start: string, files: ConfigFiles): Promise<boolean> {
  const git = await files.stat(files.paths.join(folder, ".git"))
  if (git === null) return false
  if (files.userId === null || isOurs(git, files.userId)) return true
  return git.userId === (await files.stat(start))?.userId
}

/**
 * Outside git nobody has agreed to what a config says, so it has to be in the hands of this user or of root.
 *
 * @throws {AppError} `CONFIG_UNTRUSTED` with the reason
 */
export async function checkTrust(path: string, folder: string, files: ConfigFiles): Promise<void> {
  if (files.userId === null) return
  const notes: string[] = []
  for (const [name, facts] of [
    ["the file", await files.stat(path)],
    ["its folder", await files.stat(folder)],
  ] as const) {
    if (facts === null) continue
    if (!isOurs(facts, files.userId)) notes.push(`${name} belongs to another user`)
    if (isWritableByOthers(facts, files.userId)) notes.push(`${name} is writable by others`)
  }
  if (notes.length > 0) throw new AppError("CONFIG_UNTRUSTED", { file: path }, { notes })
}

function isOurs({ userId }: StatFacts, ourId: number): boolean {
  return userId === ourId || userId === 0
}

/** Where each user has a group of their own, it has the user's number, and its write permission gives nothing away. */
function isWritableByOthers({ mode, groupId }: StatFacts, ourId: number): boolean {
  if ((mode & 0o002) !== 0) return true
  return (mode & 0o020) !== 0 && groupId !== 0 && groupId !== ourId
}
