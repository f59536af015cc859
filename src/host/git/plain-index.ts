import { join, resolve } from "node:path"
import { type Git } from "./git.ts"
import { type IndexContent, readIndexFile } from "./index-file.ts"
import { type IndexFile, listIndex } from "./listing.ts"
import { type LayoutIo, plainRepository } from "./plain-layout.ts"

/**
 * The index of a plain repository, read without git: the one that the environment names, as under `git commit -a`.
 *
 * @param top - absolute
 * @returns `null` where git has to be asked
 */
export function plainIndex(
  io: LayoutIo,
  top: string,
): { readonly gitDir: string; readonly index: IndexContent } | null {
  const found = plainRepository(io, top)
  if (found === null || found.top !== top) return null
  const index = readIndexFile(io, resolve(top, io.env.get("GIT_INDEX_FILE") ?? join(found.gitDir, "index")))
  return index === null ? null : { gitDir: found.gitDir, index }
}

/** All files of the index; git is asked only where it has to be. */
export async function filesOfIndex(io: LayoutIo, git: Git, top: string): Promise<readonly IndexFile[]> {
  return plainIndex(io, top)?.index.files ?? listIndex(git)
}
