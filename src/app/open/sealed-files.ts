import { tokenMark } from "../../core/token.ts"
import { join } from "node:path"
import { limits } from "../../core/limits.ts"
import { AppError } from "../../errors/app-error.ts"
import { type FileStat } from "../../host/file-system.ts"
import { absolute, readOptionalFile, statOf } from "../../host/files.ts"
import { isTempName } from "../../host/leftovers.ts"
import { fileLimits } from "../machine.ts"
import { type LoadedFile, loadSealed } from "./open-file.ts"
import { type CommonOptions, type ReadOptions } from "../options.ts"
import { type Session } from "../session.ts"
import { formatByName } from "./read-as.ts"

/** A file that is sealed, or that the user named as if it were. */
export interface Candidate {
  readonly file: string
  /** The user named the file itself; else it was found in a folder. */
  readonly isNamed: boolean
}

/** Folders that hold no files of the user's own making. */
const skipped: ReadonlySet<string> = new Set([".git", ".hg", ".svn", "node_modules"])

/**
 * The files that paths name, and all files in the folders among them whose content looks sealed. Links are not
 * followed, and each file comes once.
 */
export async function findSealed(session: Session, paths: readonly string[]): Promise<Candidate[]> {
  const found = new Map<string, Candidate>()
  for (const path of paths) {
    if (statOf(session.io, path)?.kind !== "folder") {
      found.set(absolute(session.io, path), { file: path, isNamed: true })
      continue
    }
    for await (const file of filesBelow(session, path)) {
      const place = absolute(session.io, file)
      if (!found.has(place) && (await looksSealed(session, file))) found.set(place, { file, isNamed: false })
    }
  }
  return [...found.values()]
}

/**
 * Reads a candidate.
 *
 * @param known - as it was read before in this run
 * @returns `null` for one that was found in a folder and turns out not to be sealed
 * @throws {AppError} with the name of the file
 */
export async function loadCandidate(
  session: Session,
  { file, isNamed }: Candidate,
  options: CommonOptions & Pick<ReadOptions, "inputType">,
  known?: LoadedFile,
): Promise<LoadedFile | null> {
  try {
    return await loadSealed(session, { source: file, inputType: options.inputType, config: options.config }, known)
  } catch (error) {
    if (isNamed || !(error instanceof AppError)) throw error
    // Prose that shows a token is not sealed, nor is a file of an unknown kind that cannot be read as one.
    if (error.code === "NOT_SEALED" || formatByName(file, undefined, null) === "binary") return null
    throw error
  }
}

/** All regular files of a folder, without those of version control and of packages; links are not followed. */
export async function* filesBelow({ io }: Session, folder: string): AsyncGenerator<string> {
  const folders = [folder]
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    const inner: string[] = []
    for (const name of listQuietly(io.fs, absolute(io, at)).sort()) {
      const path = at === "." ? name : join(at, name)
      const stat = lstatQuietly(io.fs, absolute(io, path))
      if (stat?.kind === "folder" && !skipped.has(name)) inner.push(path)
      if (stat?.kind === "file" && !isTempName(name) && stat.size <= limits.file_bytes_max) yield path
    }
    folders.push(...inner.reverse())
  }
}

async function looksSealed({ io }: Session, file: string): Promise<boolean> {
  const opened = await readOptionalFile(io, file, fileLimits).catch((error: unknown) => {
    // What cannot be read cannot be judged; for a file named on the command line it is an error.
    if (error instanceof AppError) return null
    throw error
  })
  if (opened === null) return false
  const bytes = Buffer.from(opened.bytes.buffer, opened.bytes.byteOffset, opened.bytes.length)
  return bytes.includes(tokenMark) && bytes.includes("sops")
}

function lstatQuietly(fs: Session["io"]["fs"], path: string): FileStat | null {
  try {
    return fs.lstat(path)
  } catch {
    return null
  }
}

/** Passes over a folder that may not be read, as `git status` does. */
function listQuietly(fs: Session["io"]["fs"], path: string): string[] {
  try {
    return fs.list(path)
  } catch {
    return []
  }
}
