import { unmergedFiles } from "./unmerged.ts"
import { type Leaf, type SealedDocument } from "../../core/document.ts"
import { shownPath } from "../../core/site.ts"
import { inOrder } from "../../core/splice.ts"
import { AppError } from "../../errors/app-error.ts"
import { Blobs } from "../../host/git/blobs.ts"
import { type Git } from "../../host/git/git.ts"
import { listTree } from "../../host/git/listing.ts"
import { mergeBases, resolveRevision } from "../../host/git/repository.ts"

/** The merge that made a file. */
export interface Parentage {
  /** Of the merge; `null` while it is under way, and if the user named the parents. */
  readonly commit: string | null
  readonly ours: Parent
  readonly theirs: Parent
  /** Several in a criss-cross merge; none where both sides added the file. */
  readonly bases: readonly Parent[]
}

export interface Parent {
  /** `null` for a version in the index. */
  readonly commit: string | null
  readonly bytes: Uint8Array
}

export interface ParentOptions {
  readonly commit: string | undefined
  readonly ours: string | undefined
  readonly theirs: string | undefined
  readonly base: string | undefined
}

const bytesMax = 64 * 1024 * 1024
const commitsMax = 1000

/**
 * Finds the parents of a merged file: those that the user named, the versions in the index while a merge is under way,
 * or those of the newest merge on the first-parent line that made the file what it is.
 *
 * @param bytes - of the file in the work tree
 * @throws {AppError} `REPAIR_REFUSED` where there are not two parents, or the file is not the one of that commit
 */
export async function parentsOf(git: Git, path: string, bytes: Uint8Array, options: ParentOptions): Promise<Parentage> {
  const reader = new Blobs(git, { bytesMax })
  try {
    return await new Search(git, reader, path).find(bytes, options)
  } finally {
    await reader.close()
  }
}

class Search {
  readonly #git: Git
  readonly #blobs: Blobs
  readonly #path: string

  constructor(git: Git, blobs: Blobs, path: string) {
    this.#git = git
    this.#blobs = blobs
    this.#path = path
  }

  async find(bytes: Uint8Array, { commit, ours, theirs, base }: ParentOptions): Promise<Parentage> {
    if (ours !== undefined || theirs !== undefined) return this.#named({ ours, theirs, base })
    if (commit === undefined) {
      const [unmerged] = await unmergedFiles(this.#git, [this.#path])
      if (unmerged !== undefined) {
        const { versions } = unmerged
        if (versions.ours === null || versions.theirs === null) throw refused("one side has removed the file")
        const bases = versions.base === null ? [] : [{ commit: null, bytes: versions.base }]
        const [o, t] = [versions.ours, versions.theirs].map((each): Parent => ({ commit: null, bytes: each }))
        return { commit: null, ours: o!, theirs: t!, bases }
      }
    }
    const id = commit === undefined ? await this.#newest(bytes) : await resolveRevision(this.#git, commit)
    if ((await this.#idAt(id)) !== (await this.#idOf(bytes)))
      throw refused("the file is not as that commit has it", "restore it from there, or name the commit with --commit")
    const parents = await this.#parentsOf(id)
    if (parents.length !== 2)
      throw refused(
        parents.length > 2
          ? "an octopus merge has more than two parents"
          : "the commit that made the file is not a merge",
        "a squash has lost its parents: name them with --ours and --theirs",
      )
    return { commit: id, ...(await this.#between(parents[0]!, parents[1]!, null)) }
  }

  async #named({ ours, theirs, base }: Omit<ParentOptions, "commit">): Promise<Parentage> {
    if (ours === undefined || theirs === undefined)
      throw new AppError("OPTIONS_CONFLICT", {}, { subject: "--ours and --theirs go together" })
    const [o, t] = await Promise.all([ours, theirs].map((text) => resolveRevision(this.#git, text)))
    const b = base === undefined ? null : await resolveRevision(this.#git, base)
    return { commit: null, ...(await this.#between(o!, t!, b)) }
  }

  async #between(ours: string, theirs: string, base: string | null): Promise<Omit<Parentage, "commit">> {
    const ids = base === null ? await mergeBases(this.#git, ours, theirs) : [base]
    const bases = await Promise.all(ids.map((id) => this.#at(id)))
    const [o, t] = [await this.#at(ours), await this.#at(theirs)]
    if (o === null || t === null) throw refused("a parent does not have the file")
    return { ours: o, theirs: t, bases: bases.filter((each) => each !== null) }
  }

  async #at(commit: string): Promise<Parent | null> {
    const id = await this.#idAt(commit)
    const bytes = id === null ? null : ((await this.#blobs.read(id))?.bytes ?? null)
    return bytes === null ? null : { commit, bytes }
  }

  async #idAt(commit: string): Promise<string | null> {
    return (await listTree(this.#git, commit, [this.#path])).find(({ path }) => path === this.#path)?.id ?? null
  }

  async #idOf(bytes: Uint8Array): Promise<string> {
    return this.#git.text(["hash-object", "--stdin", "--no-filters"], { input: bytes })
  }

  /** The newest commit on the first-parent line whose file is this one, and no parent's. */
  async #newest(bytes: Uint8Array): Promise<string> {
    const args = ["rev-list", "--first-parent", `--max-count=${commitsMax}`, "HEAD", "--", this.#path]
    const id = await this.#idOf(bytes)
    for (const commit of (await this.#git.text(args)).split("\n")) {
      if (commit === "" || (await this.#idAt(commit)) !== id) continue
      const parents = await this.#parentsOf(commit)
      const theirs = await Promise.all(parents.map((parent) => this.#idAt(parent)))
      if (!theirs.includes(id)) return commit
    }
    const hint = "undo the changes since the merge: git checkout {file}; or name the merge with --commit"
    throw refused("no commit on the first-parent line made the file what it is", hint)
  }

  async #parentsOf(commit: string): Promise<string[]> {
    const text = await this.#git.text(["rev-list", "--no-walk", "--parents", commit])
    return text.split(" ").slice(1)
  }
}

function refused(subject: string, hint?: string): AppError {
  return new AppError("REPAIR_REFUSED", {}, { subject, hint })
}

/** What a repair makes anew: whatever a file has there counts for nothing. */
export const madeAnew: ReadonlySet<string> = new Set(["mac", "lastmodified", "sotto_layout", "sotto_structure"])

const anew =
  /\b(mac|lastmodified|sotto_layout|sotto_structure)(["']?[ \t]*[:=][ \t]*)("[^"\n]*"|'[^'\n]*'|ENC\[[^\]\n]*\]|[^\s,}]*)/g

/**
 * Whether the metadata of a file has the lines of its parents, in each document as often as there. Its tree alone does
 * not tell: what stands twice counts once in it, and of the later documents nothing does. A repair leaves the text of
 * all that as it is, and other programs may read it otherwise.
 */
export function hasOwnMetadata(file: SealedDocument, parents: readonly SealedDocument[]): boolean {
  const own = linesOf(file)
  const others = parents.map((parent) => ({ lines: linesOf(parent), documents: parent.scan.documents }))
  return [own, ...others.map(({ lines }) => lines)].every((lines) =>
    [...lines.keys()].every((line) => {
      const count = (own.get(line) ?? 0) / file.scan.documents
      const there = others.map((other) => (other.lines.get(line) ?? 0) / other.documents)
      return count >= Math.min(...there) && count <= Math.max(...there)
    }),
  )
}

function linesOf({ scan }: SealedDocument): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { start, end } of inOrder(scan.metadata!.detach))
    for (const line of scan.source.slice(start, end).replaceAll(anew, "$1$2").split("\n")) {
      // Columns are aligned by the longest name, and a comma follows where more does.
      const bare = line.trim().replaceAll(/\s+/g, " ").replace(/,$/, "")
      if (bare !== "") counts.set(bare, (counts.get(bare) ?? 0) + 1)
    }
  return counts
}

/**
 * Where a file has a token that no parent has. What it opens to may well be what the merge gives, but a merge makes no
 * tokens: this one comes from another place or time, or says another type, which nothing authenticates.
 */
export function foreignTokens(
  leaves: readonly Leaf[],
  parents: readonly (readonly Leaf[])[],
): readonly (readonly (string | number)[])[] {
  const known = new Set(parents.flatMap((own) => own.map(({ token }) => token)))
  return leaves.filter(({ token }) => !known.has(token) && token !== null).map(({ site }) => shownPath(site.item))
}
