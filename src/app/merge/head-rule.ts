import { configFileNames, findConfig } from "../../config/find.ts"
import { loadFound } from "../../config/load.ts"
import { type Rule, ruleFor } from "../../config/rule.ts"
import { AppError } from "../../errors/app-error.ts"
import { Blobs } from "../../host/git/blobs.ts"
import { type Git } from "../../host/git/git.ts"
import { listTree } from "../../host/git/listing.ts"
import { findRevision } from "../../host/git/repository.ts"
import { parseRecipients } from "../../keys/parse-recipient.ts"
import { treeFiles } from "../git/tree-files.ts"
import { configFiles } from "../machine.ts"
import { type Session } from "../session.ts"

const configBytesMax = 1024 * 1024

/**
 * The rule for a file by the config of the commit that is checked out. Work tree and index are half merged, and hold
 * what a stranger's branch brought; what HEAD says, the user has accepted.
 *
 * @param git - at the top of the work tree
 * @param path - of the file, relative to it
 * @returns `null` when no commit, config or rule says anything, or when the config cannot be used
 */
export async function ruleAtHead(session: Session, git: Git, path: string): Promise<Rule | null> {
  const head = await findRevision(git, "HEAD")
  if (head === null) return null
  const files = configFiles(session)
  const target = files.paths.join(git.cwd, path)
  const found = await listTree(git, head, candidates(path))
  const blobs = new Blobs(git, { bytesMax: configBytesMax })
  try {
    const tree = await treeFiles(files, git.cwd, blobs, found)
    const search = await findConfig(target, tree)
    if (search.found === null) return null
    const config = await loadFound(search.found, tree)
    const place = { path: search.target, paths: files.paths }
    return await ruleFor(config, place, { parse: parseRecipients, dialect: session.dialect.config })
  } catch (error) {
    if (error instanceof AppError) return null
    throw error
  } finally {
    await blobs.close()
  }
}

/** Where a config for the file may be. */
function candidates(path: string): string[] {
  const folders = path.split("/").slice(0, -1)
  const all = Array.from({ length: folders.length + 1 }, (_, depth) => folders.slice(0, depth))
  return all.flatMap((parts) => configFileNames.map((name) => [...parts, name].join("/")))
}
