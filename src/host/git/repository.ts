import { isAbsolute, relative, resolve, sep } from "node:path"
import { AppError } from "../../errors/app-error.ts"
import { readOptionalFile } from "../files.ts"
import { type Git } from "./git.ts"
import { type LayoutIo, plainRepository } from "./plain-layout.ts"
import { type Io } from "../io.ts"

/** Where a repository is. All paths are absolute. */
export interface Repository {
  /** The top of the work tree; `null` for a bare one, and inside of `.git`. */
  readonly top: string | null
  /** Of this work tree. */
  readonly gitDir: string
  /** What all work trees share. */
  readonly commonDir: string
  /** The working folder below the top, with `/` at its end; `""` at the top. */
  readonly prefix: string
}

/**
 * The repository around git's working folder.
 *
 * @throws {AppError} `NOT_A_REPOSITORY`; `GIT_FAILED`, also where git does not trust the owner of the folder
 */
export async function findRepository(
  io: Pick<Io, "fs" | "cwd" | "platform" | "stdin" | "sleep"> & LayoutIo,
  git: Git,
): Promise<Repository> {
  const plain = plainRepository(io, git.cwd)
  if (plain !== null) return plain
  // Only the last of the answers may hold a newline.
  const answer = await git.text(["rev-parse", "--is-inside-work-tree", "--show-cdup", "--absolute-git-dir"])
  const [isInside, up = "", ...rest] = answer.split("\n")
  if (isInside !== "true") {
    const gitDir = await git.text(["rev-parse", "--absolute-git-dir"])
    return { top: await topElsewhere(git), gitDir, commonDir: await commonOf(io, gitDir), prefix: "" }
  }
  const gitDir = rest.join("\n")
  const top = resolve(git.cwd, up)
  const below = relative(top, git.cwd).split(sep).join("/")
  return { top, gitDir, commonDir: await commonOf(io, gitDir), prefix: below === "" ? "" : `${below}/` }
}

/** The work tree of a repository that the environment or a setting names, for a call from outside of it. */
async function topElsewhere(git: Git): Promise<string | null> {
  const { status, stdout } = await git.run(["rev-parse", "--show-toplevel"], { statuses: [0, 128] })
  const text = Buffer.from(stdout)
    .toString("utf8")
    .replace(/\r?\n$/, "")
  return status === 0 && isAbsolute(text) ? text : null
}

/** See gitrepository-layout(5). */
async function commonOf(io: Pick<Io, "fs" | "cwd" | "platform" | "stdin" | "sleep">, gitDir: string): Promise<string> {
  const file = await readOptionalFile(io, resolve(gitDir, "commondir"), { bytesMax: 64 * 1024 })
  if (file === null) return gitDir
  const name = Buffer.from(file.bytes)
    .toString("utf8")
    .replace(/\r?\n$/, "")
  return isAbsolute(name) ? name : resolve(gitDir, name)
}

/** The place of a file of the repository's own (`hooks`, `MERGE_HEAD`), which settings may have moved. Absolute. */
export async function gitPath(git: Git, name: string): Promise<string> {
  return resolve(git.cwd, await git.text(["rev-parse", "--git-path", name]))
}

/** `[2, 39]` */
export async function gitVersion(git: Git): Promise<readonly [major: number, minor: number]> {
  const found = /(\d+)\.(\d+)/.exec(await git.text(["version"]))
  return [Number(found?.[1] ?? 0), Number(found?.[2] ?? 0)]
}

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
  throw await unknownRevision(git, text)
}

/**
 * `REVISION_UNKNOWN`, with the way out that fits the clone: where it holds only the newest commits, as CI fetches them,
 * the older ones are to be fetched, and no other name helps.
 *
 * @param hint - the way out where the whole history is there; by default that of the code
 */
export async function unknownRevision(git: Git, text: string, hint?: string): Promise<AppError> {
  const isShallow = await git.text(["rev-parse", "--is-shallow-repository"], { statuses: [0, 128] })
  const fetched =
    isShallow.trim() === "true"
      ? "this clone holds only a part of the history: `git fetch --unshallow`; in CI fetch all of it (`fetch-depth: 0`, `GIT_DEPTH: 0`)"
      : hint
  return new AppError("REVISION_UNKNOWN", {}, { subject: text, ...(fetched === undefined ? {} : { hint: fetched }) })
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

/**
 * Where the two of a range `A...B` have parted.
 *
 * @param text - the range as it was written, for the error
 * @throws {AppError} `REVISION_UNKNOWN` where they have no history in common
 */
export async function partingOf(git: Git, text: string, [a, b]: readonly [string, string]): Promise<string> {
  const [base] = await mergeBases(git, a, b)
  if (base !== undefined) return base
  throw await unknownRevision(git, text, "the two have no common ancestor: `A..B` compares them as they are")
}

export function isObjectId(text: string): boolean {
  return /^(?:[\da-f]{40}|[\da-f]{64})$/.test(text)
}
