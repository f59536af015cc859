import { withoutFilters } from "./filters.ts"
import { type Git, type GitCall } from "./git.ts"

/** A file of the index or of a commit. Its path is relative to the top, with `/` between its parts. */
export interface GitFile {
  /** As git has it: `100644`, `100755`, `120000` (a link), `160000` (a submodule). */
  readonly mode: string
  readonly id: string
  readonly path: string
}

export interface IndexFile extends GitFile {
  /** 0; 1, 2, 3 are base, ours and theirs of a file in conflict. */
  readonly stage: number
}

/** No link and no submodule. */
export function isRegular({ mode }: Pick<GitFile, "mode">): boolean {
  return mode.startsWith("100")
}

export function isLink({ mode }: Pick<GitFile, "mode">): boolean {
  return mode === "120000"
}

/** What is at a place in one of two states; `id` is `null` where git has not looked at the file. */
export interface GitSide {
  readonly mode: string
  readonly id: string | null
  readonly path: string
}

export interface FileChange {
  /** `renamed` and `copied` have both sides, under two names. */
  readonly state: "added" | "removed" | "changed" | "renamed" | "copied" | "unmerged"
  readonly before: GitSide | null
  readonly after: GitSide | null
}

/** Files of the index, all or those at and below the paths, which are relative to git's working folder. */
export function listIndex(git: Git, paths: readonly string[] = []): Promise<IndexFile[]> {
  return indexFiles(git, ["ls-files", "-s", "-z", "--full-name", "--", ...paths])
}

/** Files in conflict. */
export function listUnmerged(git: Git, paths: readonly string[] = []): Promise<IndexFile[]> {
  return indexFiles(git, ["ls-files", "-u", "-z", "--full-name", "--", ...paths])
}

/** The versions of files that were in conflict before somebody staged one. Git keeps them until the merge is over. */
export function listUndone(git: Git, paths: readonly string[]): Promise<IndexFile[]> {
  return indexFiles(git, ["ls-files", "--resolve-undo", "-z", "--full-name", "--", ...paths])
}

async function indexFiles(git: Git, args: readonly string[]): Promise<IndexFile[]> {
  return (await git.records(args)).flatMap((record) => {
    const [, mode = "", id = "", stage = "", path = ""] = /^(\d+) (\w+) (\d)\t(.*)$/s.exec(record) ?? []
    return mode === "" ? [] : [{ mode, id, stage: Number(stage), path }]
  })
}

/**
 * Files of a commit at and below paths that are relative to the top.
 *
 * @param commit - an id
 */
export async function listTree(git: Git, commit: string, paths: readonly string[] = []): Promise<GitFile[]> {
  const records = await git.records(["ls-tree", "-r", "-z", "--full-tree", commit, "--", ...paths])
  return records.flatMap((record) => {
    const [, mode = "", id = "", path = ""] = /^(\d+) \w+ (\w+)\t(.*)$/s.exec(record) ?? []
    return mode === "" ? [] : [{ mode, id, path }]
  })
}

/** What differs between two commits, given by their ids. Renames are found. */
export function diffTrees(git: Git, a: string, b: string, paths: readonly string[] = []): Promise<FileChange[]> {
  return changes(git, ["diff-tree", "-r", "-z", "-M", "--no-abbrev", a, b, "--", ...paths])
}

/** What differs between a commit, given by its id, and the index. */
export function diffIndex(git: Git, commit: string, paths: readonly string[] = []): Promise<FileChange[]> {
  return changes(git, ["diff-index", "--cached", "-z", "-M", "--no-abbrev", commit, "--", ...paths])
}

/**
 * What may differ between a commit, given by its id, and the work tree: a file that only was touched is named too. Files
 * that are not tracked are not looked at.
 */
export async function diffWorkTree(git: Git, commit: string, paths: readonly string[] = []): Promise<FileChange[]> {
  const settings = await withoutFilters(git)
  return changes(git, ["diff-index", "-z", "-M", "--no-abbrev", commit, "--", ...paths], { settings })
}

const states: Readonly<Record<string, FileChange["state"]>> = {
  A: "added",
  D: "removed",
  M: "changed",
  T: "changed",
  R: "renamed",
  C: "copied",
  U: "unmerged",
}

/** See "Raw output format" of git-diff-tree(1). */
async function changes(git: Git, args: readonly string[], call?: GitCall): Promise<FileChange[]> {
  const records = await git.records(args, call)
  const found: FileChange[] = []
  for (let at = 0; at < records.length;) {
    const fields = /^:(\d+) (\d+) (\w+) (\w+) ([A-Z])\d*$/.exec(records[at++]!)
    if (fields === null) continue
    const [, modeBefore = "", modeAfter = "", before = "", after = "", letter = ""] = fields
    const path = records[at++] ?? ""
    const pathAfter = letter === "R" || letter === "C" ? (records[at++] ?? "") : path
    found.push({
      state: states[letter] ?? "changed",
      before: side(modeBefore, before, path),
      after: side(modeAfter, after, pathAfter),
    })
  }
  return found
}

function side(mode: string, id: string, path: string): GitSide | null {
  if (/^0+$/.test(mode)) return null
  return { mode, id: /^0+$/.test(id) ? null : id, path }
}
