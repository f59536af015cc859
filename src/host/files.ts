import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path"
import { AppError } from "../errors/app-error.ts"
import { type FileStat, errorCode, openFlag, isMissing } from "./file-system.ts"
import { type Io } from "./io.ts"
import { failedCall } from "./reason.ts"
import { isEnd, readDescriptor } from "./streams.ts"

export interface HostFile {
  readonly bytes: Uint8Array
  /** `null` for a stream: standard input, a pipe, `/dev/fd/N`. */
  readonly facts: FileStat | null
}

export interface FileFacts extends FileStat {
  /** Absolute, as it was named. */
  readonly path: string
  /** Links resolved. */
  readonly realPath: string
}

type FilesHost = Pick<Io, "fs" | "cwd" | "platform">
type Reader = FilesHost & Pick<Io, "stdin" | "sleep">

/**
 * Reads a whole file. `/dev/stdin` and its other names are standard input, which also works where the system cannot
 * open that path (a socket, as under Node); `/dev/fd/N` and named pipes are read to their end.
 *
 * @throws {AppError} `FILE_MISSING`, `FILE_UNREADABLE`, `CHANGED_MEANWHILE`; `TOO_LARGE` past `bytesMax`
 */
export async function readFile(
  io: Reader,
  path: string,
  { bytesMax }: { readonly bytesMax: number },
): Promise<HostFile> {
  const opened = await readOptionalFile(io, path, { bytesMax })
  if (opened === null) throw new AppError("FILE_MISSING", { file: path })
  return opened
}

/** No buffer of this length is part of a pool. */
const longBytes = 256 * 1024

/** Gives the memory of a long file back at once; Node 20 cannot, and leaves it to the collector. */
export function letGo({ buffer, length }: Uint8Array): void {
  if (length >= longBytes) (buffer as Partial<ArrayBuffer>).transfer?.(0)
}

/** For what was a regular file a moment ago: a pipe that has taken its place since would wait for a writer. */
const withoutWaiting = openFlag.O_RDONLY | (openFlag.O_NONBLOCK ?? 0)

/** Whether a path leads to a regular file. What a pipe or device holds cannot be looked at before it is written to. */
export function isRegularFile(io: Pick<Io, "fs" | "cwd" | "platform">, path: string): boolean {
  return descriptorOf(io, path) === null && statOf(io, path)?.kind === "file"
}

/** The same, with `null` when there is no such file. */
export async function readOptionalFile(
  io: Reader,
  path: string,
  { bytesMax }: { readonly bytesMax: number },
): Promise<HostFile | null> {
  const descriptor = descriptorOf(io, path)
  if (descriptor === 0) return { bytes: await io.stdin.readAll(bytesMax), facts: null }
  const file = path
  const { fs } = io
  if (descriptor !== null) return { bytes: await readDescriptor(io, descriptor, { bytesMax, file }), facts: null }
  let fd: number | null = null
  try {
    const place = absolute(io, path)
    const stat = fs.stat(place)
    if (stat.kind === "folder")
      throw new AppError("FILE_UNREADABLE", { file }, { notes: ["it is a folder"], hint: "name a file in it" })
    // Opening a pipe waits for its writer, so that is left to another thread.
    fd = stat.kind === "file" ? fs.open(place, withoutWaiting) : await fs.openLater(place, openFlag.O_RDONLY)
    const opened = fs.statOpen(fd)
    if (stat.kind === "file" && opened.kind !== "file") throw new AppError("CHANGED_MEANWHILE", { file })
    const facts = opened.kind === "file" ? opened : null
    return { bytes: await readDescriptor(io, fd, { bytesMax, file, facts: opened }), facts }
  } catch (error) {
    if (isMissing(error) && fd === null) return null
    throw unreadable(error, file)
  } finally {
    if (fd !== null) closeQuietly(fs, fd)
  }
}

/** Follows links. `null` when nothing is there, or nothing that this user may look at. */
export function factsOf(io: FilesHost, path: string): FileFacts | null {
  try {
    const place = absolute(io, path)
    const stat = io.fs.statIfThere(place)
    return stat && { ...stat, path: place, realPath: io.fs.realpath(place) }
  } catch {
    return null
  }
}

/** The same without the links. */
export function statOf({ fs, cwd }: Pick<Io, "fs" | "cwd">, path: string): FileStat | null {
  try {
    return fs.statIfThere(absolute({ cwd }, path))
  } catch {
    return null
  }
}

/** Where a path leads. `null` when nothing is there, or nothing that this user may look at. */
export function realPathOf(io: FilesHost, path: string): string | null {
  try {
    return io.fs.realpath(absolute(io, path))
  } catch {
    return null
  }
}

/**
 * The descriptor that a path names, so that it can be used without being opened again. Only Unix has such paths.
 *
 * @returns `null` for every other path
 */
export function descriptorOf({ platform }: Pick<Io, "platform">, path: string): number | null {
  if (platform === "win32") return null
  if (path === "/dev/stdin") return 0
  if (path === "/dev/stdout") return 1
  if (path === "/dev/stderr") return 2
  const number = /^(?:\/dev\/fd|\/proc\/self\/fd)\/(\d{1,6})$/.exec(path)?.[1]
  return number === undefined ? null : Number(number)
}

/** By its letters, as upstream takes the name of what it reads: `link/../x` is beside the link. */
export function absolute({ cwd }: Pick<Io, "cwd">, path: string): string {
  return resolve(cwd, path)
}

/** A folder that is left again: `x/..`. */
const leavesFolder = /(?:^|\/)(?!\.{1,2}\/)[^/]+\/+(?:\.\/+)*\.\.(?:\/|$)/

/** Whether the system may take a path for another place than its letters say: it follows a link before it goes up. */
export function isBySystem(path: string): boolean {
  return leavesFolder.test(path)
}

/** As the system takes it, and upstream the name of what it writes: `link/../x` is beside what the link leads to. */
export function systemPath({ cwd }: Pick<Io, "cwd">, path: string): string {
  if (!isBySystem(path)) return absolute({ cwd }, path)
  return isAbsolute(path) ? path : `${cwd}/${path}`
}

/** Both paths absolute and without links. A folder is in itself. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

/** A path whose last part need not exist, with the links of its folder resolved. */
export function realPlace({ fs }: Pick<Io, "fs">, path: string): string {
  return join(fs.realpath(dirname(path)), basename(path))
}

// Files of /proc say that they are empty, and are not.
const chunkBytesMin = 512

/** All bytes of a regular file, without waiting and without limit: for comparing with what was read before. */
export function readNow(fs: Io["fs"], path: string): Uint8Array {
  const fd = fs.open(path, withoutWaiting)
  try {
    const parts: Uint8Array[] = []
    let total = 0
    for (;;) {
      const facts = fs.statOpen(fd)
      const buffer = Buffer.allocUnsafeSlow(Math.max(facts.size - total, chunkBytesMin) + 1)
      const count = fs.read(fd, buffer, null)
      if (count === 0) return Buffer.concat(parts, total)
      parts.push(buffer.subarray(0, count))
      total += count
      if (isEnd(facts, total, count < buffer.length)) return Buffer.concat(parts, total)
    }
  } finally {
    closeQuietly(fs, fd)
  }
}

/** A failed close of what was only read, or is thrown away, changes nothing. */
export function closeQuietly(fs: Pick<Io["fs"], "close">, fd: number): void {
  try {
    fs.close(fd)
  } catch {
    // The descriptor is gone in any case.
  }
}

function unreadable(error: unknown, file: string): AppError {
  if (error instanceof AppError) return error
  if (errorCode(error) === "") throw error
  return new AppError("FILE_UNREADABLE", { file }, failedCall(error))
}
