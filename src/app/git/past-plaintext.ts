import { basename, dirname, join, relative, sep } from "node:path"
import { AppError } from "../../errors/app-error.ts"
import { absolute, realPathOf } from "../../host/files.ts"
import { gitTop } from "../../host/surroundings.ts"
import { Blobs } from "../../host/git/blobs.ts"
import { findGit, type Git } from "../../host/git/git.ts"
import { tokenMark } from "../../core/token.ts"
import { type Session } from "../session.ts"

/** Nobody who seals a file should wait longer for a large history; what is not found by then goes unsaid. */
const searchMs = 1000
const commitsMax = 200
const versionsMax = 20
const commitChars = 10
const blobBytesMax = 4 * 1024 * 1024

/**
 * Warns that the plaintext of files that were just sealed can still be read in the history of git. Nothing is fetched,
 * and no program of the repository runs. If git is missing, refuses or is slow, it says nothing.
 */
export async function notePastPlaintext(session: Session, files: readonly string[]): Promise<void> {
  const { io } = session
  // A hook or a filter works on what git gives it.
  if (files.length === 0 || io.env.has("GIT_DIR") || io.env.has("GIT_INDEX_FILE")) return
  const tops = new Map<string, Map<string, string>>()
  for (const file of files) {
    const place = absolute(io, file)
    const folder = realPathOf(io, dirname(place)) ?? dirname(place)
    const top = gitTop(io, folder)
    if (top === null) continue
    const inside = relative(top, join(folder, basename(place)))
      .split(sep)
      .join("/")
    tops.set(top, (tops.get(top) ?? new Map<string, string>()).set(inside, file))
  }
  for (const [top, names] of tops) {
    for (const [path, commit] of await plainCommits(session, top, [...names.keys()])) {
      session.notice(
        `${names.get(path)!}: its plaintext is in the history of git (commit ${commit}), where everybody who has the ` +
          "repository can read it: change the values at their source first, then here",
      )
    }
  }
}

/** The newest commit of each path in which it is not sealed. */
async function plainCommits(
  { io }: Session,
  top: string,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const end = io.clock() + searchMs
  const found = new Map<string, string>()
  let blobs: Blobs | null = null
  try {
    const git = findGit(io, { cwd: top, fetch: "never" })
    const versions = await versionsOf(git, paths)
    // A file that git never had, which is the usual case, needs no second call.
    if (versions.length === 0) return found
    blobs = new Blobs(git, { bytesMax: blobBytesMax })
    for await (const [{ path, commit }, blob] of blobs.each(versions)) {
      if (io.clock() > end) break
      const bytes = blob?.bytes ?? null
      if (bytes !== null && !found.has(path) && isPlain(Buffer.from(bytes))) found.set(path, commit)
    }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
  } finally {
    await blobs?.close()
  }
  return found
}

interface Version {
  readonly path: string
  readonly commit: string
  /** Of the blob. */
  readonly id: string
}

/** The newest versions of each path, the newest first. */
async function versionsOf(git: Git, paths: readonly string[]): Promise<Version[]> {
  const args = ["log", "--no-show-signature", "--no-renames", "--no-abbrev", "--raw", "-z", "--format=%x01%H"]
  const records = await git.records([...args, `--max-count=${commitsMax}`, "--", ...paths], { timeoutMs: searchMs })
  const versions: Version[] = []
  const counts = new Map<string, number>()
  let commit = ""
  for (let at = 0; at < records.length; at++) {
    const record = records[at]!
    if (record.startsWith("\x01")) commit = record.slice(1, 1 + commitChars)
    // `:100644 100644 OLD NEW M`, with a newline before the first one; the path is the next record.
    const [, mode, id] = /^\n?:\d+ (\d+) [0-9a-f]+ ([0-9a-f]+) [A-Z]/.exec(record) ?? []
    if (mode === undefined || id === undefined) continue
    const path = records[++at] ?? ""
    const count = counts.get(path) ?? 0
    counts.set(path, count + 1)
    if (mode.startsWith("100") && count < versionsMax) versions.push({ path, commit, id })
  }
  return versions
}

/** Not sealed, not empty, and not a pointer to a file elsewhere. */
function isPlain(bytes: Buffer): boolean {
  if (bytes.includes(tokenMark) || bytes.toString("latin1").trim() === "") return false
  return !bytes.subarray(0, lfsMark.length).equals(lfsMark)
}

const lfsMark = Buffer.from("version https://git-lfs.github.com/spec/")
