import {
  type BigIntStats,
  accessSync,
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  open,
  openSync,
  read,
  readSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  rmdirSync,
  unlinkSync,
  write,
  writeSync,
} from "node:fs"

/** What one look at a path says. */
export interface FileStat {
  readonly kind: "file" | "folder" | "link" | "other"
  /** Terminals are such devices; pipes, sockets and disks are not. */
  readonly isCharacterDevice: boolean
  readonly size: number
  /** Permission bits with set-id and sticky bits, as in `0o1777`. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** With `inode`: the identity of a file on this machine. */
  readonly device: bigint
  readonly inode: bigint
  /** Number of hard links. */
  readonly links: number
  readonly modifiedMs: number
}

/**
 * Every call that the project makes into the file system, one method a call, so that a test can count them and let
 * the Nth fail. Paths are absolute. Failures are Node's own errors with a `code`; `files.ts` gives them words.
 */
export interface FileSystem {
  open(path: string, flags: number, mode?: number): number
  close(fd: number): void
  /** @param position - `null` reads on from where the last read ended */
  read(fd: number, buffer: Uint8Array, position: number | null): number
  write(fd: number, bytes: Uint8Array, position: number | null): number
  truncate(fd: number, size: number): void
  sync(fd: number): void
  chmod(fd: number, mode: number): void
  chown(fd: number, uid: number, gid: number): void
  statOpen(fd: number): FileStat
  /** Follows links. */
  stat(path: string): FileStat
  /** The same, with `null` when nothing is there: a look at a place where a file may be, without the price of an error. */
  statIfThere(path: string): FileStat | null
  /** Does not follow a link in the last place. */
  lstat(path: string): FileStat
  realpath(path: string): string
  readlink(path: string): string
  makeLink(target: string, path: string): void
  /** @param access - `constants.R_OK` and its like */
  access(path: string, access: number): void
  list(folder: string): string[]
  makeFolder(path: string, mode: number): void
  /** Changes the mode of a folder, which cannot be done through a descriptor everywhere. */
  chmodPath(path: string, mode: number): void
  rename(from: string, to: string): void
  unlink(path: string): void
  /** A folder in which something is stays, which is a failure. */
  removeEmptyFolder(path: string): void
  /** Removes a file or a whole folder; links in it are removed, not followed. Nothing there is no failure. */
  remove(path: string): void

  /** The calls that may wait for another process, in a thread of the pool. */
  openLater(path: string, flags: number, mode?: number): Promise<number>
  readLater(fd: number, buffer: Uint8Array): Promise<number>
  syncLater(fd: number): Promise<void>
  writeLater(fd: number, bytes: Uint8Array): Promise<number>
}

export const openFlag = constants

export function realFileSystem(): FileSystem {
  return {
    open: (path, flags, mode) => again(() => openSync(path, flags, mode)),
    close: (fd) => closeSync(fd),
    read: (fd, buffer, position) => again(() => readSync(fd, buffer, 0, buffer.length, position)),
    write: (fd, bytes, position) => again(() => writeSync(fd, bytes, 0, bytes.length, position)),
    truncate: (fd, size) => ftruncateSync(fd, size),
    sync: (fd) => fsyncSync(fd),
    chmod: (fd, mode) => fchmodSync(fd, mode),
    chown: (fd, uid, gid) => fchownSync(fd, uid, gid),
    statOpen: (fd) => facts(fstatSync(fd, { bigint: true })),
    stat: (path) => facts(statSync(path, { bigint: true })),
    statIfThere: (path) => {
      const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
      return stat === undefined ? null : facts(stat)
    },
    lstat: (path) => facts(lstatSync(path, { bigint: true })),
    realpath: (path) => realpathSync.native(path),
    readlink: (path) => readlinkSync(path),
    makeLink: (target, path) => symlinkSync(target, path),
    access: (path, access) => accessSync(path, access),
    list: (folder) => readdirSync(folder),
    makeFolder: (path, mode) => {
      mkdirSync(path, { mode })
    },
    chmodPath: (path, mode) => chmodSync(path, mode),
    rename: (from, to) => renameSync(from, to),
    unlink: (path) => unlinkSync(path),
    removeEmptyFolder: (path) => rmdirSync(path),
    remove: (path) => rmSync(path, { recursive: true, force: true }),
    openLater: (path, flags, mode) => later((done) => open(path, flags, mode, done)),
    syncLater: (fd) => later<void>((done) => fsync(fd, (error) => done(error))),
    readLater: (fd, buffer) => later((done) => read(fd, buffer, 0, buffer.length, null, done)),
    writeLater: (fd, bytes) => later((done) => write(fd, bytes, 0, bytes.length, null, done)),
  }
}

/** The `code` of a failed call, such as `ENOENT`; `""` for any other error. */
export function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : ""
}

/** Nothing is at that path. */
export function isMissing(error: unknown): boolean {
  const code = errorCode(error)
  return code === "ENOENT" || code === "ENOTDIR"
}

const interruptionsMax = 100

// libuv repeats most interrupted calls itself, but not reads.
function again(call: () => number): number {
  for (let count = 0; ; count++) {
    try {
      return call()
    } catch (error) {
      if (errorCode(error) !== "EINTR" || count === interruptionsMax) throw error
    }
  }
}

function later<T>(call: (done: (error: Error | null, result: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, result) => {
      if (error === null) resolve(result)
      else reject(error)
    })
  })
}

function facts(stat: BigIntStats): FileStat {
  return {
    kind: kindOf(stat),
    isCharacterDevice: stat.isCharacterDevice(),
    size: Number(stat.size),
    mode: Number(stat.mode) & 0o7777,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    device: stat.dev,
    inode: stat.ino,
    links: Number(stat.nlink),
    modifiedMs: Number(stat.mtimeMs),
  }
}

function kindOf(stat: BigIntStats): FileStat["kind"] {
  if (stat.isFile()) return "file"
  if (stat.isDirectory()) return "folder"
  return stat.isSymbolicLink() ? "link" : "other"
}
