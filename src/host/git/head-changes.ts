import { join } from "node:path"
import { type Io } from "../io.ts"
import { type Blobs, type GitObject } from "./blobs.ts"
import { type IndexContent } from "./index-file.ts"
import { type FileChange } from "./listing.ts"
import { refsBytesMax, smallText } from "./plain-layout.ts"

interface Entry {
  readonly mode: string
  readonly id: string
}

const smallBytesMax = 64 * 1024
const treesMax = 500
/** Of all trees: one can be in many places. */
const treesBytesMax = 16 * 1024 * 1024
const isId = /^[\da-f]{40}$/

/**
 * What differs between the commit that is checked out and the index. Folders whose tree the index knows to be the
 * commit's are passed over, so only those that something was staged in are read.
 *
 * @param gitDir - of a repository that `plainRepository` has found
 * @param objects - reads the commit and its trees
 * @returns as `diffIndex`; `null` where it takes more than a look at a few objects: before the first commit, a merge with
 *   conflicts, objects that others replace, what may be a rename
 */
export async function headChanges(
  io: Pick<Io, "fs">,
  gitDir: string,
  index: IndexContent,
  objects: Pick<Blobs, "object">,
): Promise<FileChange[] | null> {
  if (index.files.some(({ stage }) => stage !== 0)) return null
  const commit = attempt(() => headCommit(io, gitDir))
  if (commit === null) return null
  const bytes = bytesOf(await objects.object(commit), "commit")
  const tree = bytes === null ? undefined : /^tree ([\da-f]{40})\n/.exec(bytes.toString("latin1"))?.[1]
  if (tree === undefined) return null
  const found = new Trees(objects, index.trees)
  if (!(await found.read(tree, "", 0))) return null
  const changes = compared(found, index)
  const states = new Set(changes.map(({ state }) => state))
  return states.has("added") && states.has("removed") ? null : changes
}

/** The files of a commit, but for those in folders that the index has the same. */
class Trees {
  readonly files = new Map<string, Entry>()
  readonly same = new Set<string>()
  readonly #objects: Pick<Blobs, "object">
  readonly #known: ReadonlyMap<string, string>
  #count = 0
  #bytes = 0

  constructor(objects: Pick<Blobs, "object">, known: ReadonlyMap<string, string>) {
    this.#objects = objects
    this.#known = known
  }

  /** @returns whether all that is needed could be read */
  async read(id: string, folder: string, depth: number): Promise<boolean> {
    if (this.#known.get(folder) === id) {
      this.same.add(folder)
      return true
    }
    if (++this.#count > treesMax || depth > 100) return false
    const bytes = bytesOf(await this.#objects.object(id), "tree")
    if (bytes === null) return false
    this.#bytes += bytes.length
    if (this.#bytes > treesBytesMax) return false
    for (let at = 0; at < bytes.length;) {
      const [space, end] = [bytes.indexOf(0x20, at), bytes.indexOf(0, at)]
      if (space === -1 || end < space || end + 21 > bytes.length) return false
      const mode = bytes.toString("latin1", at, space)
      const name = bytes.toString("utf8", space + 1, end)
      const entry = bytes.toString("hex", end + 1, end + 21)
      at = end + 21
      if (name === "" || name.includes("/") || name.includes("\ufffd")) return false
      if (mode === "40000") {
        if (!(await this.read(entry, `${folder}${name}/`, depth + 1))) return false
      } else if (/^(?:100644|100755|120000|160000)$/.test(mode)) this.files.set(folder + name, { mode, id: entry })
      else return false
    }
    return true
  }
}

function bytesOf(object: GitObject | null, type: "commit" | "tree"): Buffer | null {
  if (object === null || object.type !== type || object.bytes === null) return null
  const { bytes } = object
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

function compared({ files, same }: Trees, index: IndexContent): FileChange[] {
  const isSame = (path: string): boolean => {
    if (same.size === 0) return false
    for (let end = 0; end !== -1; end = path.indexOf("/", end + 1))
      if (same.has(end === 0 ? "" : path.slice(0, end + 1))) return true
    return false
  }
  const changes: FileChange[] = []
  const left = new Map(files)
  for (const { mode, id, path } of index.files) {
    const before = left.get(path)
    left.delete(path)
    if (before?.id === id && before.mode === mode) continue
    const after = { mode, id, path }
    if (before !== undefined) changes.push({ state: "changed", before: { ...before, path }, after })
    else if (!isSame(path)) changes.push({ state: "added", before: null, after })
  }
  for (const [path, before] of left) changes.push({ state: "removed", before: { ...before, path }, after: null })
  return changes
}

/** @returns `null` also where objects stand for others */
function headCommit(io: Pick<Io, "fs">, gitDir: string): string | null {
  const packed = smallText(io, join(gitDir, "packed-refs"), refsBytesMax) ?? ""
  if (packed.includes("refs/replace/") || isThere(io, join(gitDir, "refs/replace"))) return null
  const head = smallText(io, join(gitDir, "HEAD"), smallBytesMax)?.trimEnd() ?? ""
  if (isId.test(head)) return head
  const ref = /^ref: (refs\/[\w./-]+)$/.exec(head)?.[1]
  if (ref === undefined || ref.includes("..")) return null
  const id = smallText(io, join(gitDir, ref), smallBytesMax)?.trimEnd()
  if (id !== undefined) return isId.test(id) ? id : null
  const line = packed.split("\n").find((each) => each.endsWith(` ${ref}`)) ?? ""
  return isId.test(line.slice(0, 40)) && line.length === 41 + ref.length ? line.slice(0, 40) : null
}

/** @returns `null` where a file cannot be read, or is not as it should be: git has words for it */
function attempt<T>(look: () => T): T | null {
  try {
    return look()
  } catch {
    return null
  }
}

function isThere({ fs }: Pick<Io, "fs">, path: string): boolean {
  return fs.statIfThere(path) !== null
}
