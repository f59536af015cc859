import { AppError } from "../errors/app-error.ts"
import { openFlag, isMissing } from "./file-system.ts"
import { closeQuietly, readNow } from "./files.ts"
import { type Io } from "./io.ts"
import { type WriteTarget } from "./target.ts"

interface InPlaceOptions {
  /** `null` leaves the mode as it is. */
  readonly mode: number | null
  readonly opened?: Uint8Array | null | undefined
}

type Writer = Pick<Io, "fs" | "signals" | "platform">

/**
 * Overwrites a regular file that cannot be replaced. Nothing but a kill or a persistent failure of the device leaves
 * it half-written: what is added at the end is written first, since only that can run out of space, and after a
 * failure the old bytes are put back.
 *
 * @throws {AppError} `CHANGED_MEANWHILE`; errors of system calls as they are
 */
export function writeInPlace(
  io: Writer,
  target: WriteTarget,
  bytes: Uint8Array,
  { mode, opened }: InPlaceOptions,
): void {
  const { fs } = io
  const release = io.signals.onEnd(() => {})
  try {
    if (target.stat === null) {
      writeNew(io, target, bytes, mode ?? 0o600)
      return
    }
    const old = readNow(fs, target.path)
    if (opened !== undefined && (opened === null || Buffer.compare(old, opened) !== 0)) throw changed(target)
    const fd = fs.open(target.path, openFlag.O_WRONLY)
    try {
      // Plaintext must not be readable by others for a moment.
      if (mode !== null && io.platform !== "win32" && mode !== target.stat.mode) fs.chmod(fd, mode)
      overwrite(fs, fd, bytes, old.length)
    } catch (error) {
      restore(fs, fd, old, mode === null ? null : target.stat.mode)
      throw error
    } finally {
      closeQuietly(fs, fd)
    }
  } finally {
    release()
  }
}

/**
 * Writes everything; a file may take less at a time than it was given.
 *
 * @param position - `null` where there are no positions: a terminal
 */
export function putAll(fs: Io["fs"], fd: number, bytes: Uint8Array, position: number | null): void {
  for (let at = 0; at < bytes.length;) {
    at += fs.write(fd, bytes.subarray(at), position === null ? null : position + at)
  }
}

/** @throws {AppError} `CHANGED_MEANWHILE` when the target's bytes are no longer those that were opened (rule S26) */
export function assertUnchanged(
  { fs }: Pick<Io, "fs">,
  target: WriteTarget,
  opened: Uint8Array | null | undefined,
): void {
  if (opened === undefined) return
  const now = readOrNull(fs, target.path)
  const isSame = now === null || opened === null ? now === opened : Buffer.compare(now, opened) === 0
  if (!isSame) throw changed(target)
}

function overwrite(fs: Io["fs"], fd: number, bytes: Uint8Array, oldLength: number): void {
  const shared = Math.min(bytes.length, oldLength)
  putAll(fs, fd, bytes.subarray(shared), shared)
  putAll(fs, fd, bytes.subarray(0, shared), 0)
  if (bytes.length < oldLength) fs.truncate(fd, bytes.length)
  fs.sync(fd)
}

function restore(fs: Io["fs"], fd: number, old: Uint8Array, mode: number | null): void {
  const isBack = [() => fs.truncate(fd, old.length), () => putAll(fs, fd, old, 0), () => fs.sync(fd)].map(succeeds)
  // A file that may still hold plaintext does not get its wider mode back.
  if (mode !== null && !isBack.includes(false)) succeeds(() => fs.chmod(fd, mode))
}

/** What can still be put back is put back; the first failure is the one to tell. */
function succeeds(step: () => void): boolean {
  try {
    step()
    return true
  } catch {
    return false
  }
}

function writeNew(io: Writer, target: WriteTarget, bytes: Uint8Array, mode: number): void {
  const { fs } = io
  const fd = fs.open(target.path, openFlag.O_WRONLY | openFlag.O_CREAT | openFlag.O_EXCL, 0o600)
  let isComplete = false
  try {
    putAll(fs, fd, bytes, 0)
    if (io.platform !== "win32") fs.chmod(fd, mode)
    fs.sync(fd)
    isComplete = true
  } finally {
    closeQuietly(fs, fd)
    if (!isComplete) fs.unlink(target.path)
  }
}

function readOrNull(fs: Io["fs"], path: string): Uint8Array | null {
  try {
    return readNow(fs, path)
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

function changed({ file }: WriteTarget): AppError {
  return new AppError("CHANGED_MEANWHILE", { file })
}
