import { AppError } from "../errors/app-error.ts"
import { type ConfigFiles, type StatFacts } from "./files.ts"

/**
 * Whether a folder is the top of a git repository that may end the search and be trusted.
 *
 * A `.git` of another user does not count, unless the folder where the search started is that user's too: otherwise
 * anybody could make one in a shared folder, and a config beside it.
 */
export async function isOurRepository(folder: string, start: string, files: ConfigFiles): Promise<boolean> {
  const git = await files.stat(files.paths.join(folder, ".git"))
  if (git === null) return false
  if (files.userId === null || isOurs(git, files.userId)) return true
  return git.userId === (await files.stat(start))?.userId
}

/**
 * Outside git nobody has agreed to what a config says, so it has to be in the hands of this user or of root.
 *
 * @throws {AppError} `CONFIG_UNTRUSTED` with the reason
 */
export async function checkTrust(path: string, folder: string, files: ConfigFiles): Promise<void> {
  if (files.userId === null) return
  const notes: string[] = []
  for (const [name, facts] of [
    ["the file", await files.stat(path)],
    ["its folder", await files.stat(folder)],
  ] as const) {
    if (facts === null) continue
    if (!isOurs(facts, files.userId)) notes.push(`${name} belongs to another user`)
    if (isWritableByOthers(facts, files.userId)) notes.push(`${name} is writable by others`)
  }
  if (notes.length > 0) throw new AppError("CONFIG_UNTRUSTED", { file: path }, { notes })
}

function isOurs({ userId }: StatFacts, ourId: number): boolean {
  return userId === ourId || userId === 0
}

/** Where each user has a group of their own, it has the user's number, and its write permission gives nothing away. */
function isWritableByOthers({ mode, groupId }: StatFacts, ourId: number): boolean {
  if ((mode & 0o002) !== 0) return true
  return (mode & 0o020) !== 0 && groupId !== 0 && groupId !== ourId
}
