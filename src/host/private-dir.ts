import { join } from "node:path"
import { AppError } from "../errors/app-error.ts"
import { openFlag } from "./file-system.ts"
import { closeQuietly } from "./files.ts"
import { type Io } from "./io.ts"
import { isGone, processTag, tagPattern } from "./leftovers.ts"
import { failedCall, reasonOf } from "./reason.ts"
import { putAll } from "./write-in-place.ts"

/** A folder that only this user can look into, for plaintext that another program has to see. */
interface PrivateDir {
  /** Absolute. */
  readonly path: string
  /** Writes a file of mode 0600 and returns its path. @throws {AppError} `FILE_UNWRITABLE` */
  write(name: string, bytes: Uint8Array): string
  /** Removes the folder with all that is in it. @throws {AppError} `TEMP_NOT_REMOVED` */
  remove(): void
}

interface PrivateDirOptions {
  /** Start of the name; the default is also the pattern that leftovers are found by. */
  readonly prefix?: string
  /** Instead of memory (`/dev/shm`) or else `TMPDIR`. As `sops` it is always `TMPDIR`. */
  readonly base?: string
}

type FolderHost = Pick<Io, "fs" | "platform" | "temp" | "processes" | "signals" | "randomBytes" | "swept">

const sharedMemory = "/dev/shm"
const ownPrefix = "sotto"
const ownName = new RegExp(`^${ownPrefix}-(${tagPattern})-[0-9a-f]{16}$`)

/**
 * Makes a private folder for the time of `work` and removes it on every way out that can be caught: return, error,
 * `process.exit`, SIGINT, SIGTERM, SIGHUP. What killed processes of this user left is removed by the next.
 */
export async function withPrivateDir<T>(
  io: FolderHost,
  work: (dir: PrivateDir) => Promise<T>,
  options: PrivateDirOptions = {},
): Promise<T> {
  const dir = makePrivateDir(io, options)
  let result: T
  try {
    result = await work(dir)
  } catch (error) {
    try {
      dir.remove()
    } catch {
      // The error of the work is the cause, and the one to tell.
    }
    throw error
  }
  dir.remove()
  return result
}

/** @throws {AppError} `FILE_UNWRITABLE` when no folder can be made that is this user's alone */
export function makePrivateDir(io: FolderHost, options: PrivateDirOptions = {}): PrivateDir {
  const { fs } = io
  const name = `${options.prefix ?? ownPrefix}-${processTag(io)}-${Buffer.from(io.randomBytes(8)).toString("hex")}`
  const bases = options.base !== undefined ? [options.base] : isMemoryUsable(io) ? [sharedMemory, io.temp] : [io.temp]
  for (const base of bases) sweep(io, base)
  const path = firstMade(io, bases, name)
  const release = io.signals.onEnd(() => fs.remove(path))
  return {
    path,
    write: (fileName, bytes) => writePrivate(io, join(path, fileName), bytes),
    remove() {
      remove(io, path)
      release()
    },
  }
}

function firstMade(io: FolderHost, bases: readonly string[], name: string): string {
  let reason = ""
  for (const base of bases) {
    const path = join(base, name)
    try {
      io.fs.makeFolder(path, 0o700)
    } catch (error) {
      reason = reasonOf(error)
      continue
    }
    try {
      assertPrivate(io, path)
      return path
    } catch (error) {
      reason = reasonOf(error)
      removeQuietly(io, path)
    }
  }
  const notes = ["no private folder can be made", reason]
  throw new AppError("FILE_UNWRITABLE", { file: bases.at(-1) }, { notes, hint: "name a folder of yours in TMPDIR" })
}

/** An empty folder that cannot be removed either is not what the user has to hear of. */
function removeQuietly({ fs }: Pick<Io, "fs">, path: string): void {
  try {
    fs.remove(path)
  } catch {
    // The next call sweeps it.
  }
}

function assertPrivate({ fs, processes, platform }: FolderHost, path: string): void {
  if (platform === "win32") return
  // A strange umask may have taken the owner's own bits.
  fs.chmodPath(path, 0o700)
  const stat = fs.lstat(path)
  if (stat.kind === "folder" && stat.uid === processes.uid && (stat.mode & 0o777) === 0o700) return
  throw Object.assign(new Error("the file system keeps no modes"), { code: "EPERM" })
}

/** What is in memory never reaches a disk. */
function isMemoryUsable({ fs, platform }: FolderHost): boolean {
  if (platform !== "linux") return false
  try {
    if (fs.stat(sharedMemory).kind !== "folder") return false
    fs.access(sharedMemory, openFlag.W_OK | openFlag.X_OK)
    return true
  } catch {
    return false
  }
}

function writePrivate({ fs }: FolderHost, path: string, bytes: Uint8Array): string {
  let fd: number | null = null
  try {
    fd = fs.open(path, openFlag.O_WRONLY | openFlag.O_CREAT | openFlag.O_EXCL | (openFlag.O_NOFOLLOW ?? 0), 0o600)
    putAll(fs, fd, bytes, 0)
    return path
  } catch (error) {
    throw new AppError("FILE_UNWRITABLE", { file: path }, failedCall(error))
  } finally {
    if (fd !== null) closeQuietly(fs, fd)
  }
}

// A second attempt, since an editor may write its last file just while the folder is being emptied.
function remove({ fs }: FolderHost, path: string): void {
  try {
    fs.remove(path)
  } catch {
    try {
      fs.remove(path)
    } catch (error) {
      throw new AppError("TEMP_NOT_REMOVED", { file: path }, { notes: [reasonOf(error)] })
    }
  }
}

function sweep(io: FolderHost, base: string): void {
  const once = `private folders of ${base}`
  if (io.swept.has(once)) return
  io.swept.add(once)
  try {
    for (const name of io.fs.list(base)) {
      const tag = ownName.exec(name)?.[1]
      if (tag === undefined || !isGone(io, tag)) continue
      const path = join(base, name)
      const stat = io.fs.lstat(path)
      if (stat.kind === "folder" && (io.processes.uid === null || stat.uid === io.processes.uid)) io.fs.remove(path)
    }
  } catch {
    // Looking for leftovers must not stop the work.
  }
}
