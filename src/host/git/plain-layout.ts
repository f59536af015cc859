import { dirname, join, relative, sep } from "node:path"
import { type FileStat, isMissing } from "../file-system.ts"
import { readNow } from "../files.ts"
import { type Io } from "../io.ts"
import { type Repository } from "./repository.ts"

export type LayoutIo = Pick<Io, "fs" | "env" | "platform" | "processes">

/** They say nothing about where a repository is, or what its objects are. */
const harmlessVariable =
  /^GIT_(?:(?:AUTHOR|COMMITTER)_\w+|ASKPASS|CONFIG_(?:GLOBAL|NOSYSTEM|SYSTEM)|CURL_\w+|EDITOR|EXEC_PATH|EXTERNAL_DIFF|HTTP_\w+|INDEX_FILE|MERGE_AUTOEDIT|NO_REPLACE_OBJECTS|OPTIONAL_LOCKS|PAGER|PREFIX|PROXY_\w+|REFLOG_ACTION|SEQUENCE_EDITOR|SSH\w*|SSL_\w+|TERMINAL_PROMPT|TRACE\w*)$/

const configBytesMax = 1024 * 1024
const headBytesMax = 64 * 1024
const foldersMax = 100

/**
 * The repository around a folder, found without git. It is looked for only where nothing departs from what `git init`
 * makes: a work tree with its `.git` folder, all of this user's own, and neither a variable nor a setting that says
 * otherwise (gitrepository-layout(5), and the order of git-rev-parse(1)).
 *
 * @param cwd - absolute
 * @returns `null` where git has to say what holds, or that nothing does
 */
export function plainRepository(io: LayoutIo, cwd: string): Repository | null {
  const { fs, env, platform } = io
  if (platform === "win32") return null
  for (const name of env.keys()) if (name.startsWith("GIT_") && !harmlessVariable.test(name)) return null
  try {
    if (fs.realpath(cwd) !== cwd) return null
    const { device } = fs.stat(cwd)
    let at = cwd
    for (let count = 0; count < foldersMax; count++) {
      const gitDir = join(at, ".git")
      if (fs.stat(at).device !== device) return null
      if (fs.statIfThere(gitDir) !== null) return isPlain(io, at, gitDir) ? placeOf(at, gitDir, cwd) : null
      // It may be a bare repository, or the inside of one.
      if (fs.statIfThere(join(at, "HEAD")) !== null || dirname(at) === at) return null
      at = dirname(at)
    }
  } catch {
    // Git has words for it.
  }
  return null
}

/**
 * Whether such a repository shows without git that it has no ref in a folder.
 *
 * @param folder - `refs/notes/textconv`
 * @returns false where git has to be asked
 */
export function hasNoRefs(io: LayoutIo, top: string, folder: string): boolean {
  const found = plainRepository(io, top)
  if (found === null || found.top !== top) return false
  try {
    if (io.fs.statIfThere(join(found.gitDir, folder)) !== null) return false
    return !(smallText(io, join(found.gitDir, "packed-refs"), refsBytesMax) ?? "").includes(`${folder}/`)
  } catch {
    return false
  }
}

export const refsBytesMax = 4 * 1024 * 1024

/** @returns `undefined` for what is not there. @throws for what cannot be read, or is no small file: also for any link */
export function smallText({ fs }: Pick<Io, "fs">, path: string, bytesMax: number): string | undefined {
  const stat = statHere(fs, path)
  if (stat === null) return undefined
  const { kind, size } = stat
  if (kind !== "file" || size > bytesMax) throw new RangeError("no small file")
  return Buffer.from(readNow(fs, path)).toString("utf8")
}

/** A link that leads to nothing is something: an old kind of ref says by one which other it stands for. */
function statHere(fs: Io["fs"], path: string): FileStat | null {
  try {
    return fs.lstat(path)
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

function placeOf(top: string, gitDir: string, cwd: string): Repository {
  const below = relative(top, cwd).split(sep).join("/")
  return { top, gitDir, commonDir: gitDir, prefix: below === "" ? "" : `${below}/` }
}

function isPlain({ fs, processes }: LayoutIo, top: string, gitDir: string): boolean {
  const { uid } = processes
  const own = fs.lstat(gitDir)
  // Git does not work in a folder of somebody else, unless the user said so.
  if (own.kind !== "folder" || own.uid !== uid || fs.stat(top).uid !== uid) return false
  // With any other HEAD it is no repository for git, which looks on in the folders above.
  if (!/^(?:ref: refs\/|[\da-f]{40}\s)/.test(smallText({ fs }, join(gitDir, "HEAD"), headBytesMax) ?? "")) return false
  if (["objects", "refs"].some((name) => fs.lstat(join(gitDir, name)).kind !== "folder")) return false
  if (["commondir", "config.worktree"].some((name) => fs.statIfThere(join(gitDir, name)) !== null)) return false
  return isUsualConfig(smallText({ fs }, join(gitDir, "config"), configBytesMax))
}

/** A word that may move the work tree, or change what files of the repository mean, is for git to read. */
function isUsualConfig(text: string | undefined): boolean {
  if (text === undefined) return false
  const others = text.replaceAll(/^[ \t]*(?:bare = false|repositoryformatversion = 0)\r?$/gim, "")
  return !/worktree|bare|repositoryformatversion|extensions/i.test(others)
}
