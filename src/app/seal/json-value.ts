import { buildTrees } from "../../core/build-tree.ts"
import { type Tree } from "../../core/tree.ts"
import { AppError } from "../../errors/app-error.ts"
import { loadFormat } from "../../formats/registry.ts"

/**
 * Reads one JSON value of any kind, with its numbers as they are written.
 *
 * @throws {AppError} `VALUE_INVALID` with status 7, without a word of the text
 */
export async function parseJsonValue(text: string): Promise<Tree> {
  const json = await loadFormat("json")
  try {
    // The scanner takes documents, so the value becomes the one entry of one.
    const { sites, documents } = json.scan(`{"value":${text}\n}`)
    const leaves = sites.map((site) => ({ site, scalar: site.scalar, isSelected: false, token: null }))
    const [root] = buildTrees(leaves, documents)
    const [entry, more] = root?.type === "map" ? root.entries : []
    if (entry?.type === "entry" && more === undefined) return entry.value
  } catch (error) {
    if (!(error instanceof AppError)) throw error
  }
  throw new AppError("VALUE_INVALID")
}
