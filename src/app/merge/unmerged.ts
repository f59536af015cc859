import { dirname, relative, resolve, sep } from "node:path"
import { utf8 } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { readOptionalFile, statOf } from "../../host/files.ts"
import { Blobs } from "../../host/git/blobs.ts"
import { effective, readGitConfig } from "../../host/git/config.ts"
import { type Git } from "../../host/git/git.ts"
import { type IndexFile, listIndex, listUndone, listUnmerged } from "../../host/git/listing.ts"
import { gitPath } from "../../host/git/repository.ts"
import { writeAtomic } from "../../host/write-atomic.ts"
import { type Work } from "../git/open-repository.ts"
import { type Session } from "../session.ts"
import { type SideName } from "./side.ts"
import { conflictNames, decisionLine, decisions, decisionsFile, sidesUnderWay } from "./under-way.ts"

/** A file in conflict: its versions in the index; `null` where one side does not have it. */
export interface Unmerged {
  /** Relative to the top. */
  readonly path: string
  readonly versions: Readonly<Record<SideName, Uint8Array | null>>
}

const bytesMax = 64 * 1024 * 1024
const stages: readonly SideName[] = ["base", "ours", "theirs"]

/** The path of a file as the index has it. */
export function inRepository({ io }: Session, { git, repository }: Work, file: string): string {
  return relative(repository.top ?? git.cwd, resolve(io.cwd, file))
    .split(sep)
    .join("/")
}

/**
 * Files that git left in conflict.
 *
 * @param paths - relative to the top; none: all
 * @throws {AppError} `TOO_LARGE`, `GIT_FAILED`
 */
export async function unmergedFiles(git: Git, paths: readonly string[]): Promise<Unmerged[]> {
  return versionsOf(git, await listUnmerged(git, paths))
}

/**
 * The same for files that `git add` has taken as one side has them. They hold no markers, so nothing told the user that
 * the other side was dropped; what both had can still be decided.
 *
 * @param paths - of files, relative to the top
 */
export async function stagedAlready(
  session: Session,
  { git, repository }: Work,
  paths: readonly string[],
): Promise<Unmerged[]> {
  const { gitDir } = repository
  if (paths.length === 0 || sidesUnderWay(session, gitDir).length === 0) return []
  const conflicts = new Set(await conflictNames(session, gitDir))
  const listed = paths.filter((path) => conflicts.has(path))
  if (listed.length === 0) return []
  const decided = await decisions(session, gitDir)
  const [index, undone] = [await listIndex(git, listed), await listUndone(git, listed)]
  const isSide = ({ path, id }: IndexFile): boolean =>
    undone.some((side) => side.path === path && side.id === id && side.stage > 1)
  const open = new Set(
    index.filter((file) => isSide(file) && !decided.has(decisionLine(file.path, file.id))).map(({ path }) => path),
  )
  return versionsOf(
    git,
    undone.filter(({ path }) => open.has(path)),
  )
}

async function versionsOf(git: Git, files: readonly IndexFile[]): Promise<Unmerged[]> {
  const blobs = new Blobs(git, { bytesMax })
  const found = new Map<string, Record<SideName, Uint8Array | null>>()
  try {
    for await (const [{ path, stage }, blob] of blobs.each(files)) {
      const name = stages[stage - 1]
      if (name === undefined) continue
      if (blob?.bytes === null) throw new AppError("TOO_LARGE", { file: path }, { subject: "a version in the index" })
      const versions = found.get(path) ?? { base: null, ours: null, theirs: null }
      found.set(path, versions)
      versions[name] = blob?.bytes ?? null
    }
  } finally {
    await blobs.close()
  }
  return [...found].map(([path, versions]) => ({ path, versions }))
}

export interface GitLabels {
  readonly ours: string
  readonly theirs: string
  /** Whether git also shows what both sides had before. */
  readonly showsBase: boolean
}

const heads: readonly (readonly [file: string, before: string])[] = [
  ["CHERRY_PICK_HEAD", ""],
  ["REVERT_HEAD", "parent of "],
  ["REBASE_HEAD", ""],
]

/** What git would write after its markers now. */
export async function labelsNow(session: Session, git: Git): Promise<GitLabels> {
  const style = effective(await readGitConfig(git), "merge.conflictstyle")
  const showsBase = style === "diff3" || style === "zdiff3"
  for (const [head, before] of heads) {
    const text = await headText(session, git, head)
    if (text !== null) return { ours: "HEAD", theirs: `${before}${text}`, showsBase }
  }
  return { ours: "HEAD", theirs: (await branchOf(git, "MERGE_HEAD")) ?? "theirs", showsBase }
}

async function branchOf(git: Git, head: string): Promise<string | null> {
  const refs = ["--refs=refs/heads/*", "--refs=refs/remotes/*"]
  const args = ["name-rev", "--name-only", "--no-undefined", ...refs, head]
  const { status, stdout } = await git.run(args, { statuses: [0, 1, 128] })
  return status === 0 ? utf8.decode(stdout).trim() : null
}

async function headText({ io }: Session, git: Git, head: string): Promise<string | null> {
  if (statOf(io, await gitPath(git, head)) === null) return null
  return git.text(["log", "-1", "--no-show-signature", "--format=%h (%f)", head, "--"])
}

/** Remembers for `check` that somebody decided a file: a line `PATH BLOB`. It goes when no merge is under way. */
export async function rememberResolved(
  session: Session,
  { git, repository }: Work,
  lines: readonly string[],
): Promise<void> {
  const { io } = session
  const file = await gitPath(git, decisionsFile)
  const isUnderWay = sidesUnderWay(session, repository.gitDir).length > 0
  const before = isUnderWay ? ((await textOf(session, file)) ?? "") : ""
  const folder = dirname(file)
  if (statOf(io, folder) === null) io.fs.makeFolder(folder, 0o755)
  const text = `${before}${lines.map((line) => `${line}\n`).join("")}`
  await writeAtomic(io, file, utf8.encode(text), { mode: 0o644 })
}

async function textOf({ io }: Session, path: string): Promise<string | null> {
  const file = await readOptionalFile(io, path, { bytesMax: 1024 * 1024 })
  return file === null ? null : Buffer.from(file.bytes).toString("utf8")
}
