import { join } from "node:path"
import { type FileSystem } from "./file-system.ts"
import { readNow } from "./files.ts"
import { type Io } from "./io.ts"

type TagHost = Pick<Io, "fs" | "processes" | "platform">

/**
 * Names this process in the names of its temporary files, so that a later run can tell what was left by a killed one
 * from what is in use: `<machine and process space>-<pid>`. A number alone would not do, since containers count again
 * and a folder may be shared with other machines.
 */
export function processTag(io: TagHost): string {
  return `${spaceTag(io)}-${io.processes.pid}`
}

/** @returns true only when the process ran where we run, and is gone; `false` also says "not known" */
export function isGone(io: TagHost, tag: string): boolean {
  const [space, pid] = tag.split("-")
  if (space === unknownSpace || space !== spaceTag(io)) return false
  return pid !== String(io.processes.pid) && !io.processes.isAlive(Number(pid))
}

export const tagPattern = "[0-9A-Za-z]{1,40}-[0-9]{1,10}"

const unknownSpace = "0"

const spaces = new WeakMap<FileSystem, string>()

/** The same for all the life of a process. */
function spaceTag(io: TagHost): string {
  const tag = spaces.get(io.fs) ?? makeSpaceTag(io)
  spaces.set(io.fs, tag)
  return tag
}

function makeSpaceTag({ fs, platform }: TagHost): string {
  if (platform !== "linux") return hostTag()
  try {
    const boot = Buffer.from(readNow(fs, "/proc/sys/kernel/random/boot_id")).toString("latin1")
    return letters(`${boot.slice(0, 8)}${spaceNumber(fs)}`)
  } catch {
    return unknownSpace
  }
}

// Reads as `pid:[4026531836]`; two processes that see each other's numbers see the same.
function spaceNumber(fs: FileSystem): string {
  return fs.readlink("/proc/self/ns/pid")
}

function hostTag(): string {
  return letters(process.getBuiltinModule("node:os").hostname())
}

function letters(text: string): string {
  return text.replace(/[^0-9A-Za-z]/g, "").slice(0, 40) || unknownSpace
}

const tempFile = new RegExp(`^\\.sotto-(${tagPattern})-[0-9a-f]{16}\\.tmp$`)

/** A write takes milliseconds: what has lain about for so long belongs to no running process, whoever made it. */
const ageMsMax = 10 * 60 * 1000

/** A new name for a temporary file. The advice for `.gitignore` is `.sotto-*.tmp`. */
export function tempName(io: Pick<Io, "fs" | "processes" | "platform" | "randomBytes">): string {
  return `.sotto-${processTag(io)}-${Buffer.from(io.randomBytes(8)).toString("hex")}.tmp`
}

/** A file of an interrupted write, by its name: it holds ciphertext and is nobody's document. */
export function isTempName(name: string): boolean {
  return tempFile.test(name)
}

/**
 * Removes temporary files that killed processes left in a folder. Each folder is looked at once in a run. What cannot
 * be looked at or removed stays: the write that follows must not fail for it.
 */
export function sweepLeftovers(io: Pick<Io, "fs" | "processes" | "platform" | "swept" | "now">, folder: string): void {
  if (io.swept.has(folder)) return
  io.swept.add(folder)
  for (const name of listQuietly(io, folder)) {
    const tag = tempFile.exec(name)?.[1]
    if (tag === undefined) continue
    try {
      const path = join(folder, name)
      const stat = io.fs.lstat(path)
      const isOld = io.now().getTime() - stat.modifiedMs > ageMsMax
      if (stat.kind === "file" && (isOld || isGone(io, tag))) io.fs.unlink(path)
    } catch {
      // Another process was faster, or it is not ours.
    }
  }
}

function listQuietly({ fs }: Pick<Io, "fs">, folder: string): string[] {
  try {
    return fs.list(folder)
  } catch {
    return []
  }
}
