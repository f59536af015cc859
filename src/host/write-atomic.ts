import { join } from "node:path"
import { AppError } from "../errors/app-error.ts"
import { errorCode, openFlag } from "./file-system.ts"
import { closeQuietly, descriptorOf } from "./files.ts"
import { type Io } from "./io.ts"
import { sweepLeftovers, tempName } from "./leftovers.ts"
import { writeDescriptor } from "./streams.ts"
import { type WriteTarget, locateTarget, unwritable } from "./target.ts"
import { syncFile, syncFolder } from "./write-batch.ts"
import { assertUnchanged, putAll, writeInPlace } from "./write-in-place.ts"

export interface WriteOptions {
  /**
   * `kept`: the mode of the file that is replaced, for a new one 0666 less umask: for sealed text.
   * `private`: 0600, or tighter where the file is so already: for plaintext.
   * A number is taken as it is.
   */
  readonly mode: "kept" | "private" | number
  /**
   * What was read from the file when the work on it began (`null`: it did not exist). When something else is there
   * just before the write, nothing is written. `undefined`: whatever is there is replaced.
   */
  readonly opened?: Uint8Array | null | undefined
  /** The name says where a result is to go, not what was read: the system tells what it means. */
  readonly isOutput?: boolean | undefined
  /** Follow a link wherever it leads. */
  readonly followLinks?: boolean | undefined
}

type Writer = Pick<
  Io,
  | "fs"
  | "cwd"
  | "home"
  | "temp"
  | "umask"
  | "platform"
  | "processes"
  | "signals"
  | "swept"
  | "stdout"
  | "stderr"
  | "sleep"
  | "now"
  | "randomBytes"
>

/**
 * Puts bytes into a file, whole or not at all: through a temporary file beside it, flushed to the disk and renamed.
 * A file that is not a regular one, has more hard links, or is where no temporary file can be made or renamed (a file
 * that is mounted into a container) is written in place; should that fail half-way, the old bytes are put back.
 *
 * From the last look at the target to the rename the work is one synchronous piece. A signal before that takes the
 * temporary file away, and one within it waits for its end, so that nothing is left behind.
 *
 * @throws {AppError} `CHANGED_MEANWHILE`, `LINK_OUTSIDE`, `FILE_UNWRITABLE`; `OUTPUT_CLOSED` and `OUTPUT_FAILED` for
 *   standard output by one of its paths
 */
export async function writeAtomic(io: Writer, file: string, bytes: Uint8Array, options: WriteOptions): Promise<void> {
  const descriptor = descriptorOf(io, file)
  if (descriptor !== null) {
    await writeStream(io, file, descriptor, bytes)
    return
  }
  const target = locateTarget(io, file, { followLinks: options.followLinks ?? false, isOutput: options.isOutput })
  if (target.stat?.kind === "folder")
    throw new AppError("FILE_UNWRITABLE", { file }, { notes: ["it is a folder"], hint: "name a file in it" })
  if (target.stat !== null && target.stat.kind !== "file") {
    // What was read was a file: nobody who waits at the other end is to get what replaces it.
    if (options.opened instanceof Uint8Array) throw new AppError("CHANGED_MEANWHILE", { file })
    await writeDevice(io, target, bytes)
    return
  }
  try {
    sweepLeftovers(io, target.folder)
    if (target.stat !== null && io.platform !== "win32") io.fs.access(target.path, openFlag.W_OK)
    const mode = modeOf(io, target, options.mode)
    const isSingle = target.stat === null || target.stat.links <= 1
    if (isSingle && (await replace(io, target, bytes, { mode, opened: options.opened }))) return
    const isKept = options.mode === "kept" && target.stat !== null
    writeInPlace(io, target, bytes, { mode: isKept ? null : mode, opened: options.opened })
  } catch (error) {
    throw unwritable(error, file)
  }
}

/** The folder, or the way the file is mounted, does not allow to put another file in its place. */
const noReplacement = new Set(["EACCES", "EPERM", "EROFS", "EBUSY", "EXDEV", "ENOTSUP", "EOPNOTSUPP", "ETXTBSY"])

/** @returns false when the target cannot be replaced here, and nothing was changed */
async function replace(
  io: Writer,
  target: WriteTarget,
  bytes: Uint8Array,
  { mode, opened }: { readonly mode: number; readonly opened: Uint8Array | null | undefined },
): Promise<boolean> {
  const { fs } = io
  const temp = join(target.folder, tempName(io))
  const release = io.signals.onEnd(() => fs.unlink(temp))
  let fd: number | null = null
  let isThere = false
  try {
    fd = whenPossible(() =>
      fs.open(temp, openFlag.O_WRONLY | openFlag.O_CREAT | openFlag.O_EXCL | (openFlag.O_NOFOLLOW ?? 0), 0o600),
    )
    if (fd === null) return false
    isThere = true
    putAll(fs, fd, bytes, 0)
    await syncFile(io, fd, bytes.length)
    assertUnchanged(io, target, opened)
    // As late as can be: a file that is left behind has mode 0600.
    if (io.platform !== "win32") dress(io, fd, target, mode)
    const closing = fd
    fd = null
    fs.close(closing)
    const isRenamed = whenPossible(() => fs.rename(temp, target.path)) !== null
    if (!isRenamed) return false
    isThere = false
    syncFolder(io, target.folder)
    return true
  } finally {
    if (fd !== null) closeQuietly(fs, fd)
    if (isThere) discard(io, temp)
    release()
  }
}

function whenPossible<T>(call: () => T): T | null {
  try {
    return call()
  } catch (error) {
    if (noReplacement.has(errorCode(error))) return null
    throw error
  }
}

// The first failed removal may be a passing one; what still stays has mode 0600 and goes with the next write.
function discard({ fs }: Writer, temp: string): void {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      fs.unlink(temp)
      return
    } catch {
      // The failure that brought us here is the one to tell.
    }
  }
}

/** Owner first: changing it takes set-id bits away, and a file must never be wider than for its final owner. */
function dress({ fs }: Writer, fd: number, { stat }: WriteTarget, mode: number): void {
  const made = fs.statOpen(fd)
  if (stat !== null && (made.uid !== stat.uid || made.gid !== stat.gid)) {
    const isGiven = allowed(() => fs.chown(fd, stat.uid, stat.gid))
    if (!isGiven && made.gid !== stat.gid) allowed(() => fs.chown(fd, made.uid, stat.gid))
  }
  if (mode !== (made.mode & 0o777)) allowed(() => fs.chmod(fd, mode))
}

/** Only root may give files away, and some file systems know no modes: the file is written all the same. */
function allowed(call: () => void): boolean {
  try {
    call()
    return true
  } catch (error) {
    if (!["EPERM", "EINVAL", "ENOSYS", "ENOTSUP", "EOPNOTSUPP"].includes(errorCode(error))) throw error
    return false
  }
}

function modeOf(io: Writer, { stat }: WriteTarget, mode: WriteOptions["mode"]): number {
  if (mode === "private") return stat === null ? 0o600 : stat.mode & 0o600
  if (mode === "kept") return stat === null ? 0o666 & ~io.umask : stat.mode & 0o777
  return mode
}

async function writeStream(io: Writer, file: string, descriptor: number, bytes: Uint8Array): Promise<void> {
  if (descriptor === 0)
    throw new AppError(
      "FILE_UNWRITABLE",
      { file },
      { notes: ["it is standard input"], hint: "name a file, or - for standard output" },
    )
  if (descriptor === 1) await io.stdout.write(bytes)
  else if (descriptor === 2) await io.stderr.write(bytes)
  else await writeDescriptor(io, descriptor, bytes, file)
}

/** A device or a named pipe has no old bytes to lose. Opening a pipe waits for its reader. */
async function writeDevice(io: Writer, target: WriteTarget, bytes: Uint8Array): Promise<void> {
  let fd: number | null = null
  try {
    fd = await io.fs.openLater(target.path, openFlag.O_WRONLY | (openFlag.O_NOCTTY ?? 0))
    await writeDescriptor(io, fd, bytes, target.file)
  } catch (error) {
    throw unwritable(error, target.file)
  } finally {
    if (fd !== null) closeQuietly(io.fs, fd)
  }
}
