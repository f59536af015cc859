import { join, relative, sep } from "node:path"
import { AppError } from "../../errors/app-error.ts"
import { absolute, isInside, readOptionalFile, realPathOf } from "../../host/files.ts"
import { Blobs } from "../../host/git/blobs.ts"
import { type Git } from "../../host/git/git.ts"
import { diffIndex, diffTrees, diffWorkTree, type FileChange, type GitSide } from "../../host/git/listing.ts"
import { partingOf, unknownRevision } from "../../host/git/repository.ts"
import { type Work } from "../git/open-repository.ts"
import { type Session } from "../session.ts"

/** Two versions of a file; `null` where it does not exist. Names are relative to the top, or as they were given. */
export interface FilePair {
  readonly before: DiffVersion | null
  readonly after: DiffVersion | null
}

export interface DiffVersion {
  readonly path: string
  readonly bytes: Uint8Array
}

interface PairOptions {
  /** A revision or range, or a path, and more paths; after `--` there are only paths. */
  readonly words: readonly string[]
  /** How many of the words follow `--`; `null` where there is none. */
  readonly afterDashes: number | null
  readonly staged: boolean
}

/** People do not read larger files. */
const bytesMax = 64 * 1024 * 1024

/** Two files, wherever they are. @throws {AppError} `FILE_MISSING` and the like */
export async function pairOfFiles({ io }: Session, [a, b]: readonly [string, string]): Promise<FilePair> {
  const read = async (path: string): Promise<DiffVersion> => {
    const file = await readOptionalFile(io, path, { bytesMax })
    if (file === null) throw new AppError("FILE_MISSING", { file: path })
    return { path, bytes: file.bytes }
  }
  return { before: await read(a), after: await read(b) }
}

/**
 * The files that differ, as git pairs them. Renames are followed, and blobs come by one process.
 *
 * @throws {AppError} `REVISION_UNKNOWN`, `OPTION_VALUE`, `FILE_MISSING` for a path outside of the repository
 */
export async function* pairsInGit(session: Session, work: Work, options: PairOptions): AsyncGenerator<FilePair> {
  const { git, repository } = work
  const blobs = new Blobs(git, { bytesMax })
  const asked: Asked = { git, blobs }
  const seen = new Set<string>()
  try {
    const { range, words } = await splitWords(session, asked, options)
    const paths = words.map((word) => fromTop(session, repository.top, word))
    const changes = await changesIn(asked, { range, staged: options.staged, paths })
    const isOnDisk = range?.to === undefined && !options.staged
    const read = (change: FileChange): Promise<FilePair> => {
      const [before, after] = [
        versionOf(session, blobs, change.before, null),
        versionOf(session, blobs, change.after, isOnDisk ? repository.top : null),
      ]
      return Promise.all([before, after]).then(([old, now]) => ({ before: old, after: now }))
    }
    const wanted = changes.filter(({ before, after, state }) => {
      // A file in conflict comes twice.
      const name = (after ?? before)!.path
      if (state === "unmerged" && seen.has(name)) return false
      seen.add(name)
      return true
    })
    for await (const pair of readAhead(wanted, read)) if (pair.before !== null || pair.after !== null) yield pair
  } finally {
    await blobs.close()
  }
}

/** So many pairs are asked for ahead of the one that is compared: git reads meanwhile. */
const pairsAhead = 4

async function* readAhead<T>(items: readonly T[], read: (item: T) => Promise<FilePair>): AsyncGenerator<FilePair> {
  const asked: Promise<FilePair>[] = []
  for (const item of items) {
    const next = read(item)
    // Should an earlier one fail, nobody waits for this one.
    next.catch(() => {})
    asked.push(next)
    if (asked.length === pairsAhead) yield await asked.shift()!
  }
  for (const next of asked) yield await next
}

/** A repository, and a process that answers about its commits and reads its files. */
interface Asked {
  readonly git: Git
  readonly blobs: Blobs
}

interface CommitRange {
  readonly from: string
  /** `undefined`: the index or the work tree. */
  readonly to: string | undefined
}

/** As for git: a range, or one revision or two, and then paths. A path that is gone has to follow `--`. */
async function splitWords(
  session: Session,
  asked: Asked,
  { words, afterDashes }: PairOptions,
): Promise<{ range: CommitRange | null; words: readonly string[] }> {
  const before = words.slice(0, words.length - (afterDashes ?? 0))
  let range: CommitRange | null = null
  let count = 0
  for (const [index, word] of before.entries()) {
    const isPathPossible = afterDashes === null
    // A thousand files need no question to git each.
    if (isPathPossible && index > Math.min(count, 1) && realPathOf(session.io, word) !== null) continue
    const found = await revisionOf(session, asked, word, { isPathPossible })
    if (found === null) continue
    const isSecond = range !== null && range.to === undefined && found.to === undefined
    if (index > count || (index > 0 && !isSecond)) throw new AppError("ARGUMENT_UNEXPECTED", {}, { subject: word })
    range = range === null ? found : { from: range.from, to: found.from }
    count += 1
  }
  return { range, words: words.slice(count) }
}

/** `null` for a path. @throws {AppError} for what is neither, and for what is both */
async function revisionOf(
  session: Session,
  asked: Asked,
  word: string,
  { isPathPossible }: { readonly isPathPossible: boolean },
): Promise<CommitRange | null> {
  const isPath = isPathPossible && realPathOf(session.io, word) !== null
  const range = await rangeOf(asked, word)
  if (range !== null && isPath) {
    const hint = `say \`sotto diff ${word} --\` for the revision, or \`sotto diff -- ${word}\` for the file`
    throw new AppError("OPTION_VALUE", {}, { subject: `${word} is a revision and a file`, hint })
  }
  if (range !== null || isPath || (isPathPossible && /^(?:\.{1,2})?[/\\]/.test(word))) return range
  throw await unknownRevision(asked.git, word)
}

/** `null` for a word that is not a revision. @throws {AppError} for a range with an unknown end */
async function rangeOf({ git, blobs }: Asked, word: string): Promise<CommitRange | null> {
  const whole = await blobs.commit(word)
  if (whole !== null) return { from: whole, to: undefined }
  const [, a = "", dots = "", b = ""] = /^(.*?)(\.{2,3})(.*)$/s.exec(word) ?? []
  if (dots === "" || a.includes("/..") || word.startsWith("../")) return null
  const [from, to] = [await endOf(git, blobs, a || "HEAD"), await endOf(git, blobs, b || "HEAD")]
  return { from: dots === ".." ? from : await partingOf(git, word, [from, to]), to }
}

async function endOf(git: Git, blobs: Blobs, text: string): Promise<string> {
  const id = await blobs.commit(text)
  if (id !== null) return id
  throw await unknownRevision(git, text)
}

async function changesIn(
  { git, blobs }: Asked,
  { range, staged, paths }: { range: CommitRange | null; staged: boolean; paths: readonly string[] },
): Promise<FileChange[]> {
  if (range?.to !== undefined) {
    if (staged) throw new AppError("OPTIONS_CONFLICT", {}, { subject: "--staged compares the index with one commit" })
    return diffTrees(git, range.from, range.to, paths)
  }
  const from = range?.from ?? (await blobs.commit("HEAD")) ?? (await git.text(emptyTree, { input: new Uint8Array() }))
  return staged ? diffIndex(git, from, paths) : diffWorkTree(git, from, paths)
}

/** What everything is new against, before the first commit. */
const emptyTree = ["hash-object", "-t", "tree", "--stdin"]

async function versionOf(
  { io }: Session,
  blobs: Blobs,
  side: GitSide | null,
  top: string | null,
): Promise<DiffVersion | null> {
  if (side === null || !side.mode.startsWith("100")) return null
  const { path, id } = side
  if (top !== null) {
    const file = await readOptionalFile(io, join(top, path), { bytesMax })
    return file === null ? null : { path, bytes: file.bytes }
  }
  const blob = id === null ? null : await blobs.read(id)
  return blob === null || blob.bytes === null ? null : { path, bytes: blob.bytes }
}

/** @throws {AppError} `FILE_MISSING` for a path outside of the repository */
function fromTop({ io }: Session, top: string | null, word: string): string {
  const path = absolute(io, word)
  if (top === null) return word
  if (!isInside(top, path)) throw new AppError("FILE_MISSING", { file: word }, { hint: "it is not in this repository" })
  const below = relative(top, path).split(sep).join("/")
  return below === "" ? "." : below
}
