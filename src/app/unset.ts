import { AppError } from "../errors/app-error.ts"
import { changeFile } from "./change-file.ts"
import { type UnsetOptions } from "./options.ts"
import { type Outcome, type Session } from "./session.ts"
import { parseTreePath } from "./tree-path.ts"

/** `unset`: removes one entry of a sealed file with its own comments, and nothing else. */
export async function unsetValue(session: Session, options: UnsetOptions): Promise<Outcome> {
  const path = parseTreePath(options.path, 7)
  return changeFile(session, options, async (scan, { document }) => {
    try {
      return document.format.unset(scan, path)
    } catch (error) {
      if (options.idempotent && error instanceof AppError && error.code === "KEY_NOT_FOUND") return []
      throw error
    }
  })
}
