import { dirname } from "node:path"
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

/**
 * Writes, or removes (`null`), a file that git reads.
 *
 * @param before - what was read from it
 * @param mode - default: the one it has
 */
export async function putFile(
  session: Session,
  path: string,
  { before, after, mode = "kept" }: { before: Uint8Array | null; after: Uint8Array | null; mode?: number | "kept" },
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
  }
  await put(after, before)
  return () => put(before, after)
}
