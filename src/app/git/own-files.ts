import { dirname } from "node:path"
import { type FileStat } from "../../host/file-system.ts"
import { readOptionalFile } from "../../host/files.ts"
import { makeFolders, unwritable } from "../../host/target.ts"
import { writeAtomic } from "../../host/write-atomic.ts"
import { fileLimits } from "../machine.ts"
import { type Session } from "../session.ts"
import { type Undo } from "./items.ts"

/** @returns `null` when nothing is there */
export async function readIfThere({ io }: Session, path: string): Promise<Uint8Array | null> {
  return (await readOptionalFile(io, path, fileLimits))?.bytes ?? null
}

/** What is at a path itself; `null` when nothing is. */
export function lstatOrNull(fs: Session["io"]["fs"], path: string): FileStat | null {
  try {
    return fs.lstat(path)
  } catch {
    return null
  }
}

/**
 * Writes, or removes (`null`), a file that git reads.
 *
 * @param before - what was read from it
 * @param mode - default: the one it has
 * @param takesFolder - git can do without the folder: it goes with the last file in it, since it was made for that
 */
export async function putFile(
  session: Session,
  path: string,
  {
    before,
    after,
    mode = "kept",
    takesFolder = false,
  }: { before: Uint8Array | null; after: Uint8Array | null; mode?: number | "kept"; takesFolder?: boolean },
): Promise<Undo> {
  const { io } = session
  const put = async (bytes: Uint8Array | null, opened: Uint8Array | null): Promise<void> => {
    if (bytes !== null) {
      makeFolders(io, dirname(path), 0o777)
      await writeAtomic(io, path, bytes, { mode, opened })
      return
    }
    try {
      io.fs.unlink(path)
    } catch (error) {
      throw unwritable(error, path)
    }
    try {
      if (takesFolder) io.fs.removeEmptyFolder(dirname(path))
    } catch {
      // Something else is in it.
    }
  }
  await put(after, before)
  return () => put(before, after)
}
