import { join } from "node:path"
import { type Io } from "./io.ts"
import { isGone, processTag, tagPattern } from "./process-tag.ts"

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
