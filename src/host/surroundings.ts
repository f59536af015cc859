import { dirname, join } from "node:path"
import { type FileStat } from "./file-system.ts"
import { absolute, statOf } from "./files.ts"
import { type Io } from "./io.ts"

type BorderHost = Pick<Io, "fs" | "cwd" | "home" | "processes">

/** Folders from a place upwards, up to where a search for configuration has to end. */
interface Surroundings {
  /** The innermost first; the last is where the search ends. Absolute, as named (links not resolved). */
  readonly folders: readonly string[]
  /** Of the repository that the place is in. `null` outside git: then owners have to be looked at. */
  readonly gitTop: string | null
}

/**
 * What surrounds a folder: up to the top level of its git repository; outside git up to the home folder or to the
 * border of a mounted file system (security rule S9). No git program is asked.
 */
export function surroundings(io: BorderHost, folder: string): Surroundings {
  const folders: string[] = []
  const start = absolute(io, folder)
  const first = statOf(io, start)
  let before = first
  let homeAt: number | null = null
  for (let at = start; ; at = dirname(at)) {
    const stat = at === start ? first : statOf(io, at)
    if (stat === null && before !== null) break
    if (stat !== null && before !== null && stat.device !== before.device) break
    folders.push(at)
    if (stat !== null && isGitTop(io, at, first)) return { folders, gitTop: at }
    if (at === io.home && homeAt === null) homeAt = folders.length
    if (dirname(at) === at) break
    before = stat ?? before
  }
  return { folders: homeAt === null ? folders : folders.slice(0, homeAt), gitTop: null }
}

/** The top level of the repository that a folder is in; `null` outside git. */
export function gitTop(io: BorderHost, folder: string): string | null {
  return surroundings(io, folder).gitTop
}

/**
 * Every repository that a folder is in by its name, the innermost first. A link in an outer one may lead into
 * another, so a path is bound by all of them.
 */
export function enclosingGitTops(io: BorderHost, folder: string): string[] {
  const tops: string[] = []
  for (let at: string | null = absolute(io, folder); at !== null;) {
    const top: string | null = surroundings(io, at).gitTop
    if (top === null) return tops
    tops.push(top)
    at = dirname(top) === top ? null : dirname(top)
  }
  return tops
}

/** A file or folder that nobody but this user and root can have put there or can change. */
export function isOwn(io: Pick<Io, "processes">, stat: Pick<FileStat, "uid" | "mode">): boolean {
  const { uid } = io.processes
  return uid === null || ((stat.uid === uid || stat.uid === 0) && (stat.mode & 0o002) === 0)
}

/**
 * A stranger could make `/tmp/.git` to widen the search of all who work below `/tmp`: a repository counts when it
 * belongs to this user, to root, or to the owner of the folder that the work is in (a container's root works in the
 * checkout of somebody else).
 */
function isGitTop(io: BorderHost, folder: string, start: FileStat | null): boolean {
  const { uid } = io.processes
  const git = statOf(io, join(folder, ".git"))
  if (git === null) return false
  if (uid !== null && git.uid !== uid && git.uid !== 0 && git.uid !== start?.uid) return false
  // A work tree of another repository, or a submodule, has a file that says where it is.
  if (git.kind === "file") return true
  return git.kind === "folder" && statOf(io, join(folder, ".git", "HEAD")) !== null
}
