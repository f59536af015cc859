import { tokenMark } from "../../core/token.ts"
import { join } from "node:path"
import { limits } from "../../core/limits.ts"
import { decodeText } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { readOptionalFile } from "../../host/files.ts"
import { attributesOf } from "../../host/git/attributes.ts"
import { Blobs } from "../../host/git/blobs.ts"
import { type Git } from "../../host/git/git.ts"
import { type IndexFile, isRegular, listIndex } from "../../host/git/listing.ts"
import { fileLimits } from "../machine.ts"
import { type Session } from "../session.ts"
import { formatByName, readNamed } from "../open/read-as.ts"

/**
 * Files of the index that are sealed, by their content there. No key is needed, and three processes look at all files.
 *
 * @param git - at the top of the work tree, or in a bare repository
 */
export async function sealedInIndex(git: Git): Promise<IndexFile[]> {
  const found = new Set(await git.records([...grep, "-e", tokenMark], { statuses: [0, 1] }))
  if (found.size === 0) return []
  const files = (await listIndex(git)).filter((file) => found.has(file.path) && isRegular(file) && file.stage === 0)
  const blobs = new Blobs(git, { bytesMax: limits.file_bytes_max })
  try {
    const sealed: IndexFile[] = []
    for await (const [file, blob] of blobs.each(files)) {
      const text = blob === null || blob.bytes === null ? null : decodeText(blob.bytes)
      if (text !== null && (await isSealedText(file.path, text))) sealed.push(file)
    }
    return sealed
  } finally {
    await blobs.close()
  }
}

/**
 * Sealed files of the work tree that git does not know yet, and does not ignore: they are about to be added.
 *
 * @param git - at the top of the work tree
 */
export async function sealedUntracked({ io }: Session, git: Git, top: string): Promise<string[]> {
  const found = await git.records(["grep", "--untracked", ...lister, "-e", tokenMark], { statuses: [0, 1] })
  if (found.length === 0) return []
  const known = new Set((await listIndex(git)).map(({ path }) => path))
  const sealed: string[] = []
  for (const path of found.filter((each) => !known.has(each))) {
    const file = await readOptionalFile(io, join(top, path), fileLimits).catch(() => null)
    const text = file === null ? null : decodeText(file.bytes)
    if (text !== null && (await isSealedText(path, text))) sealed.push(path)
  }
  return sealed
}

/** Sealed files of the index that git would merge as text. */
export async function unwiredInIndex(git: Git): Promise<string[]> {
  const sealed = (await sealedInIndex(git)).map(({ path }) => path)
  const attributes = await attributesOf(git, ["merge"], sealed)
  return sealed.filter((path) => attributes.get(path)?.get("merge") !== "sotto")
}

const lister = ["-l", "-z", "-F", "--no-color", "--full-name", "--no-recurse-submodules"]
const grep = ["grep", "--cached", ...lister]

/** Prose that shows a token is not sealed; a file of a known format that cannot be read is a broken sealed one. */
async function isSealedText(path: string, text: string): Promise<boolean> {
  const named = formatByName(path, undefined, null)
  try {
    await readNamed(named, text)
    return true
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return error.code !== "NOT_SEALED" && named !== "binary"
  }
}
