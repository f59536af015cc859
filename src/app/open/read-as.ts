import { mayHoldConflict } from "../../core/conflict.ts"
import { readSealed, type SealedDocument } from "../../core/document.ts"
import { type FormatName } from "../../core/format.ts"
import { AppError } from "../../errors/app-error.ts"
import { loadFormat } from "../../formats/registry.ts"

/**
 * Reads a sealed text as the format that its name tells. One that was put whole into the binary container is known by
 * its mark, whatever its suffix says.
 *
 * @throws {AppError} `CONFLICT_MARKERS`, `METADATA_LOST`, `NOT_SEALED`, and the faults of the format
 */
export async function readAs(format: FormatName, text: string): Promise<SealedDocument> {
  if (mayHoldConflict(text)) (await import("./damage.ts")).refuseConflict(text)
  try {
    return await readTold(format, text)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "NOT_SEALED") throw error
    throw await (await import("./damage.ts")).whyNotSealed(text, format)
  }
}

async function readTold(format: FormatName, text: string): Promise<SealedDocument> {
  // The container is JSON, which these two formats cannot read at all.
  if ((format === "ini" || format === "dotenv") && text.startsWith("{")) {
    const container = await readContainer(text)
    if (container !== null) return container
  }
  const document = readSealed(await loadFormat(format), text)
  if (format === "binary" || document.metadata.container === "") return document
  return readSealed(await loadFormat("binary"), text)
}

async function readContainer(text: string): Promise<SealedDocument | null> {
  try {
    const document = readSealed(await loadFormat("binary"), text)
    return document.metadata.container === "" ? null : document
  } catch (error) {
    if (error instanceof AppError) return null
    throw error
  }
}
