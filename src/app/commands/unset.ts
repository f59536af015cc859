import { buildTrees } from "../../core/build-tree.ts"
import { AppError } from "../../errors/app-error.ts"
import { pathAsUpstream } from "../seal/as-upstream.ts"
import { changeFile } from "../seal/change-file.ts"
import { findInTree } from "../open/find-in-tree.ts"
import { type ClearOptions, type CommonOptions, type OpenOptions, type ReadOptions } from "../options.ts"
import { refuseTwice } from "./set.ts"
import { type Outcome, type Session } from "../session.ts"
import { loadSettings } from "../settings.ts"
import { parsePath, type TreePath } from "../open/tree-path.ts"

export interface UnsetOptions extends CommonOptions, ReadOptions, ClearOptions, OpenOptions {
  readonly file: string
  readonly path: string
  readonly idempotent: boolean
  /** As `sops` only. */
  readonly ignoreMac?: boolean | undefined
  readonly followLinks: boolean
}

/** `unset`: removes one entry of a sealed file with its own comments, and nothing else. */
export async function unsetValue(session: Session, options: UnsetOptions): Promise<Outcome> {
  if (session.dialect.changes.readsConfigFirst)
    await loadSettings(session, options.filenameOverride ?? options.file, options.config)
  const path = parsePath(session, options.path, 7)
  return changeFile(session, options, async (scan, file) => {
    const { document, opened } = file
    const { commentsCount, refusesTwice } = session.dialect.files
    if (refusesTwice) refuseTwice(file, scan, path)
    const [root] = buildTrees(opened.leaves, scan.documents)
    const { path: place, isBlocked, missing } = commentsCount ? pathAsUpstream(root!, path) : here(path)
    if (isBlocked) {
      const asUpstream = `Unsupported type: a scalar for item '${path.at(-1)!}'`
      throw new AppError("KEY_NOT_FOUND", { path }, { subject: "a scalar is in the way", asUpstream })
    }
    if (missing !== null && options.idempotent) return null
    if (missing !== null) throw new AppError("KEY_NOT_FOUND", { path: missing })
    try {
      return { edits: document.format.unset(scan, place) }
    } catch (error) {
      if (options.idempotent && error instanceof AppError && error.code === "KEY_NOT_FOUND") return null
      // The tree knows what is there instead.
      if (!commentsCount) findInTree(root!, path)
      throw error
    }
  })
}

function here(path: TreePath): ReturnType<typeof pathAsUpstream> {
  return { path, isBlocked: false, missing: null }
}
