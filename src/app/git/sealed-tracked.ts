import { limits } from "../../core/limits.ts"
import { decodeText } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { Blobs } from "../../host/git/blobs.ts"
import { type Git } from "../../host/git/git.ts"
import { type IndexFile, listIndex } from "../../host/git/listing.ts"
import { tokenMark } from "../open/sealed-files.ts"
import { formatByName, readAs } from "../open/read-as.ts"
import { sniffSealed } from "../../formats/registry.ts"

/**
 * Files of the index that are sealed, by their content there. No key is needed, and three processes look at all files.
 *
 * @param git - at the top of the work tree, or in a bare repository
 */
export async function sealedInIndex(git: Git): Promise<IndexFile[]> {
  const found = new Set(await git.records([...grep, "-e", tokenMark], { statuses: [0, 1] }))
  if (found.size === 0) return []
  const files = (await listIndex(git)).filter(({ path, mode, stage }) => found.has(path) && isFile(mode) && stage === 0)
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

const grep = ["grep", "--cached", "-l", "-z", "-F", "--no-color", "--full-name", "--no-recurse-submodules"]

/** Prose that shows a token is not sealed; a file of a known format that cannot be read is a broken sealed one. */
async function isSealedText(path: string, text: string): Promise<boolean> {
  const named = formatByName(path, undefined, null)
  try {
    await readAs(named === "binary" ? sniffSealed(text) : named, text)
    return true
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return error.code !== "NOT_SEALED" && named !== "binary"
  }
}

function isFile(mode: string): boolean {
  return mode.startsWith("100")
}
