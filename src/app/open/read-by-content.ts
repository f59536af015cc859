import { type SealedDocument } from "../../core/document.ts"
import { AppError } from "../../errors/app-error.ts"
import { readAs } from "./read-as.ts"
import { formatByName } from "./read-as.ts"
import { sniffSealed } from "../../formats/registry.ts"

/**
 * Reads a sealed text whose name may say nothing, or something else: git lends files under names of its own. What the
 * content looks like is tried first.
 *
 * @throws {AppError} `NOT_SEALED`; what the first reading found, when the text cannot be read in any way
 */
export async function readByContent(text: string, name: string | null): Promise<SealedDocument> {
  const seen = sniffSealed(text)
  const named = formatByName(name, undefined, null)
  try {
    return await readAs(seen, text)
  } catch (error) {
    if (!(error instanceof AppError) || named === seen || named === "binary") throw error
    try {
      return await readAs(named, text)
    } catch (second) {
      if (!(second instanceof AppError)) throw second
      throw error.code === "NOT_SEALED" || seen === "binary" ? second : error
    }
  }
}
