import { type Config } from "../../config/config.ts"
import { isMissing } from "../../host/file-system.ts"
import { readNow } from "../../host/files.ts"
import { type BlobOptions, Blobs } from "../../host/git/blobs.ts"
import { type Git, notUtf8 } from "../../host/git/git.ts"
import { headChanges } from "../../host/git/head-changes.ts"
import {
  diffIndex,
  diffTrees,
  type FileChange,
  type GitFile,
  type GitSide,
  isLink,
  isRegular,
  listIndex,
  listTree,
} from "../../host/git/listing.ts"
import { readLoose } from "../../host/git/loose-object.ts"
import { plainIndex } from "../../host/git/plain-index.ts"
import { AppError } from "../../errors/app-error.ts"
import { configFiles } from "../machine.ts"
import { filesBelow } from "../open/sealed-files.ts"
import { type Session } from "../session.ts"
import { Configs, type ConfigLookup, ConfigsOfRange } from "./configs.ts"
import { type Content } from "./judge.ts"
import { isConfig } from "./plaintext.ts"
import { type Stand } from "./links.ts"
import { contentMarks, grep, searched } from "./search.ts"
import { checkedBytesMax } from "./sealed-text.ts"
import { treeFiles } from "../git/tree-files.ts"

/** What is checked: the files of one state of a repository, or of a folder. */
export interface CheckSource {
  /** Absolute: names of files are relative to it. */
  readonly top: string
  /** Finds the config that judges a file. */
  readonly lookup: ConfigLookup
  /** The configs of what is judged. */
  readonly configs: Configs
  /** Of a range: the configs before it. */
  readonly configsBefore: Configs | null
  /** Configs that came, went or changed. */
  readonly changedConfigs: readonly string[]
  /** All regular files of that state. */
  readonly tracked: readonly string[]
  /** Of those, and of links and submodules. */
  names(): readonly string[]
  /** Those whose content is judged. */
  readonly judged: readonly string[]
  /** Tells those of them that hold a mark of a sealed file or of a key; to find that out may take a while. */
  marked(): Promise<(file: string) => boolean>
  /**
   * Links and submodules where files are judged. In a work tree those that took the place of a file are known when its
   * content was asked for.
   */
  stands(): readonly Stand[]
  /** Files that were there before, and are under no name now. */
  gone(): readonly { readonly file: string; read(): Promise<Uint8Array | null> }[]
  /** In that order, without what is gone. */
  contents(files: readonly string[]): AsyncGenerator<Content>
  /** Those of some files that hold one of some texts. */
  holding(texts: readonly string[], files: readonly string[]): Promise<readonly string[]>
  /** A config is judged, or everything is: then configs themselves, copies and the rest of the clone count too. */
  readonly isWhole: boolean
  close(): Promise<void>
}

/** How a report names an absolute path. */
export function nameFrom(session: Session, top: string): (path: string) => string {
  const { paths } = configFiles(session)
  return (path) => {
    const name = paths.relative(top, path).replaceAll(paths.sep, "/")
    return name === "" || name === ".." || name.startsWith("../") ? path : name
  }
}

interface Shared {
  readonly session: Session
  readonly top: string
  /** What `--config` names. */
  readonly named: Config | null
}

/** The tracked files as they are in the work tree. Where git does not look there, they are read from the index. */
export async function workTree({ session, top, named }: Shared, git: Git): Promise<CheckSource> {
  const plain = plainIndex(session.io, top)?.index.files ?? null
  const [index, left] = plain !== null ? [plain, noMarks] : await Promise.all([listIndex(git), ofIndexOnly(git)])
  const finding = grep(git, [], index.length, contentMarks)
  // It goes on beside the rest, and its failure is told where its answer is needed.
  finding.catch(() => {})
  const staged = left.size > 0 ? await grep(git, ["--cached"], index.length, contentMarks) : nothing
  const files = new Map(index.filter(isRegular).map((file) => [file.path, file]))
  const blobs = blobsOf(git)
  const stands: Stand[] = index
    .filter((file) => isLink(file) && file.stage === 0)
    .map(({ path, id }) => linkAt(session, top, path, () => bytesOf(blobs, id)))
  const own = whole({ session, top, named }, [...files.keys()], (file) => {
    const blob = (): Promise<Bytes> => bytesOf(blobs, files.get(file)?.id)
    // What cannot be opened by its name is what was staged.
    if (left.has(file) || file.includes(notUtf8)) return blob()
    const bytes = bytesAt(session, `${top}/${file}`)
    if (bytes === undefined && isLinkAt(session, `${top}/${file}`))
      stands.push({ ...linkAt(session, top, file, noTarget), before: async () => (await blob()) ?? null })
    return bytes
  })
  return {
    ...own,
    async marked() {
      const found = await finding
      return (file) => (left.has(file) ? staged : found).has(file)
    },
    names: () => index.map(({ path }) => path),
    holding: (texts, wanted) => searched(git, [], texts, wanted),
    stands: () => stands,
    close: () => blobs.close(),
  }
}

/** Everything is judged, by the configs as they are. */
function whole(
  { session, top, named }: Shared,
  tracked: readonly string[],
  bytesOfFile: (file: string) => Bytes | Promise<Bytes>,
): CheckSource {
  const configs = new Configs(configFiles(session), named, nameFrom(session, top))
  return {
    top,
    lookup: configs,
    configs,
    configsBefore: null,
    changedConfigs: [],
    tracked,
    names: () => tracked,
    judged: tracked,
    isWhole: true,
    marked: async () => () => true,
    holding: async (_texts, wanted) => wanted,
    stands: () => [],
    gone: () => [],
    async *contents(wanted) {
      for (const file of wanted) {
        const bytes = await bytesOfFile(file)
        if (bytes !== undefined) yield { file, bytes }
      }
    },
    close: async () => {},
  }
}

const noTarget = async (): Promise<null> => null

/** @param staged - what git has of it, where it is not in the work tree */
function linkAt({ io }: Session, top: string, file: string, staged: () => Promise<Bytes>): Stand {
  const target = async (): Promise<Uint8Array | null> => {
    try {
      return Buffer.from(io.fs.readlink(`${top}/${file}`))
    } catch {
      return (await staged()) ?? null
    }
  }
  return { file, kind: "link", target, before: async () => null }
}

function isLinkAt({ io }: Session, path: string): boolean {
  try {
    return io.fs.lstat(path).kind === "link"
  } catch {
    return false
  }
}

const nothing: ReadonlySet<string> = new Set()

type IndexMarks = ReadonlyMap<string, "skip-worktree" | "assume-unchanged">

const noMarks: IndexMarks = new Map()

/**
 * What a sparse checkout has left out, and files that somebody told git to pass over in the work tree: it commits them as
 * they are in the index, and its search does not look at them elsewhere.
 *
 * @returns the mark that does it, by the path
 */
export async function ofIndexOnly(git: Git): Promise<IndexMarks> {
  const records = await git.records(["ls-files", "-v", "-z"])
  const marked = records.filter((record) => /^[Sa-z] /.test(record))
  return new Map(marked.map((record) => [record.slice(2), /^[Ss]/.test(record) ? "skip-worktree" : "assume-unchanged"]))
}

/** What differs between the index and HEAD, judged by the configs of the index. */
export async function staged({ session, top, named }: Shared, git: Git): Promise<CheckSource> {
  const plain = plainIndex(session.io, top)
  const objects = plain === null ? null : `${plain.gitDir}/objects`
  const looseOf = objects === null ? undefined : (id: string) => readLoose(session.io, objects, id)
  const blobs = new Blobs(git, { bytesMax: checkedBytesMax, copyOf: copiesIn(session, top), looseOf })
  const known = plain && (await headChanges(session.io, plain.gitDir, plain.index, blobs))
  const [index, changes] = await Promise.all([plain?.index.files ?? listIndex(git), known ?? stagedChanges(git)])
  const after = index.filter(({ stage }) => stage === 0)
  // Before the first commit everything is new.
  const compared = changes ?? allAdded(after)
  return ofBlobs({ session, top, named }, git, { after, compared, before: null, commit: null, blobs })
}

async function stagedChanges(git: Git): Promise<FileChange[] | null> {
  try {
    return await diffIndex(git, "HEAD")
  } catch (error) {
    if (error instanceof AppError && error.code === "GIT_FAILED") return null
    throw error
  }
}

/** What differs between two commits: the later one, judged by the configs of the earlier one. */
export async function range(
  { session, top, named }: Shared,
  git: Git,
  [a, b]: readonly [string, string],
): Promise<CheckSource> {
  const [before, after, compared] = await Promise.all([listTree(git, a), listTree(git, b), diffTrees(git, a, b)])
  return ofBlobs({ session, top, named }, git, { after, compared, before, commit: b, blobs: blobsOf(git) })
}

/** All files of a commit: where there is no work tree. */
export async function tree({ session, top, named }: Shared, git: Git, commit: string): Promise<CheckSource> {
  const after = await listTree(git, commit)
  const compared = allAdded(after)
  const blobs = blobsOf(git)
  const source = await ofBlobs({ session, top, named }, git, { after, compared, before: null, commit, blobs })
  return {
    ...source,
    isWhole: true,
    async *contents(wanted) {
      for await (const { file, bytes } of source.contents(wanted)) yield { file, bytes }
    },
  }
}

function allAdded(files: readonly GitFile[]): FileChange[] {
  return files.map((file) => ({ state: "added", before: null, after: file }))
}

interface Compared {
  /** All of the state that is judged. */
  readonly after: readonly GitFile[]
  readonly compared: readonly FileChange[]
  /** The files of the earlier commit of a range. */
  readonly before: readonly GitFile[] | null
  /** The one that is judged; `null`: the index is. */
  readonly commit: string | null
  readonly blobs: Blobs
}

async function ofBlobs(
  { session, top, named }: Shared,
  git: Git,
  { after: all, compared, before, commit, blobs }: Compared,
): Promise<CheckSource> {
  const files = new Map(all.filter(isRegular).map((file) => [file.path, file]))
  const nameOf = nameFrom(session, top)
  const configsOf = async (tree: Iterable<GitFile>): Promise<Configs> =>
    new Configs(await treeFiles(configFiles(session), top, blobs, tree), named, nameOf)
  try {
    const configs = await configsOf(all)
    const configsBefore = before === null ? null : await configsOf(before)
    const changed = new Map(
      compared.flatMap(({ before: old, after }) =>
        after !== null && files.has(after.path) ? [[after.path, old] as const] : [],
      ),
    )
    const judged = [...changed.keys()]
    const sides = compared.flatMap(({ before: old, after }) => [old, after].flatMap((side) => side?.path ?? []))
    const changedConfigs = [...new Set(sides.filter(isConfig))]
    return {
      top,
      configs,
      configsBefore,
      changedConfigs,
      judged,
      lookup: configsBefore === null ? configs : new ConfigsOfRange(configsBefore, configs),
      tracked: [...files.keys()],
      names: () => all.map(({ path }) => path),
      holding: (texts, wanted) => searched(git, commit === null ? ["--cached"] : [commit], texts, wanted),
      marked: async () => () => true,
      async *contents(wanted) {
        for await (const [file, bytes] of inOrder(wanted, (each) => bytesOf(blobs, files.get(each)?.id, each))) {
          if (bytes === undefined) continue
          if (!changed.has(file)) yield { file, bytes }
          else {
            const old = changed.get(file) ?? null
            yield { file, bytes, isNew: old === null, before: async () => (await bytesOf(blobs, old?.id)) ?? null }
          }
        }
      },
      gone: () =>
        compared.flatMap(({ before: old, after }) =>
          old === null || after !== null
            ? []
            : [{ file: old.path, read: async () => (await bytesOf(blobs, old.id)) ?? null }],
        ),
      stands: () => compared.flatMap((change) => standOf(change, (side) => bytesOf(blobs, side.id))),
      isWhole: changedConfigs.length > 0,
      close: () => blobs.close(),
    }
  } catch (error) {
    await blobs.close()
    throw error
  }
}

function standOf({ before, after }: FileChange, read: (side: GitSide) => Promise<Bytes>): Stand[] {
  if (after === null || isRegular(after)) return []
  const content = async (side: GitSide | null): Promise<Uint8Array | null> => (side && (await read(side))) ?? null
  return [
    {
      file: after.path,
      kind: isLink(after) ? "link" : "submodule",
      target: () => content(after),
      before: () => content(before !== null && isRegular(before) ? before : null),
    },
  ]
}

/** How many are requested ahead of the one that is judged: git reads meanwhile. */
const ahead = 4

async function* inOrder<T>(
  files: readonly string[],
  read: (file: string) => Promise<T>,
): AsyncGenerator<readonly [file: string, T]> {
  const asked: Promise<T>[] = []
  for (const [at, file] of files.entries()) {
    for (const more of files.slice(at + asked.length, at + ahead)) {
      const next = read(more)
      // Should an earlier one fail, nobody waits for this one.
      next.catch(() => {})
      asked.push(next)
    }
    yield [file, await asked.shift()!]
  }
}

/** The files of a folder outside of any repository. */
export async function folder({ session, top, named }: Shared): Promise<CheckSource> {
  const files = new Map<string, string>()
  const nameOf = nameFrom(session, top)
  for await (const path of filesBelow(session, top)) files.set(nameOf(path), path)
  return whole({ session, top, named }, [...files.keys()], (file) => bytesAt(session, files.get(file) ?? ""))
}

function blobsOf(git: Git): Blobs {
  return new Blobs(git, { bytesMax: checkedBytesMax })
}

/** `undefined` for what is not there; `null` for what is too large. */
type Bytes = Uint8Array | null | undefined

async function bytesOf(blobs: Blobs, id: string | null | undefined, path?: string): Promise<Bytes> {
  const blob = id === null || id === undefined ? null : await blobs.read(id, path)
  return blob === null ? undefined : blob.bytes
}

/** What was staged is mostly what the work tree holds. What cannot be read there is no copy. */
export function copiesIn(session: Session, top: string): BlobOptions["copyOf"] {
  return ({ path }) => {
    try {
      return bytesAt(session, `${top}/${path}`) ?? null
    } catch (error) {
      if (error instanceof AppError) return null
      throw error
    }
  }
}

/** What is gone, or is not a regular file any more, is not judged. @throws {AppError} `FILE_UNREADABLE` */
function bytesAt(session: Session, path: string): Bytes {
  const { io } = session
  try {
    const { kind, size } = io.fs.lstat(path)
    if (kind !== "file") return undefined
    return size > checkedBytesMax ? null : readNow(io.fs, path)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw new AppError("FILE_UNREADABLE", { file: path })
  }
}
