import { AppError } from "../../errors/app-error.ts"
import { type Git } from "./git.ts"

/**
 * The commit that a person means.
 *
 * @param text - `HEAD~2`, a branch, a tag; anything, also what begins with a dash
 * @returns its id
 * @throws {AppError} `REVISION_UNKNOWN`
 */
export async function resolveRevision(git: Git, text: string): Promise<string> {
  const id = await findRevision(git, text)
  if (id !== null) return id
  throw new AppError("REVISION_UNKNOWN", {}, { subject: text })
}

/** The same, with `null` for what does not exist: `HEAD` before the first commit, `MERGE_HEAD` outside of a merge. */
export async function findRevision(git: Git, text: string): Promise<string | null> {
  if (text === "" || text.includes("\0")) return null
  const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${text}^{commit}`]
  const { status, stdout } = await git.run(args, { statuses: [0, 1, 128] })
  const id = Buffer.from(stdout).toString("latin1").trim()
  return status === 0 && isObjectId(id) ? id : null
}

/** All best common ancestors of two commits, which may be none. */
export async function mergeBases(git: Git, a: string, b: string): Promise<string[]> {
  const ids = await git.text(["merge-base", "--all", a, b], { statuses: [0, 1] })
  return ids.split("\n").filter(isObjectId)
}

export function isObjectId(text: string): boolean {
  return /^(?:[\da-f]{40}|[\da-f]{64})$/.test(text)
}
