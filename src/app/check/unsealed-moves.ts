import { type Finding, finding } from "./finding.ts"
import { inspect } from "./sealed-text.ts"
import { isPlainTextOf } from "./siblings.ts"

/** A file that one state has and the other has not. */
interface Moved {
  readonly file: string
  read(): Promise<Uint8Array | null>
}

/** Pairs of them are compared. */
const filesMax = 100

/**
 * Sealed files that were unsealed and called something else at the same time: git sees no rename there, since tokens and
 * plain text have nothing in common.
 *
 * @param gone - files that are not there any more
 * @param plain - files that are new and not sealed
 */
export async function unsealedMoves(gone: readonly Moved[], plain: readonly Moved[]): Promise<Finding[]> {
  if (gone.length === 0 || plain.length === 0) return []
  const found: Finding[] = []
  const texts = new Map<string, string | null>()
  for (const { file, read } of plain.slice(0, filesMax)) {
    const bytes = await read()
    const inspected = bytes === null ? null : await inspect(file, bytes, null)
    if (inspected?.state === "plain") texts.set(file, inspected.text)
  }
  for (const { file, read } of gone.slice(0, filesMax)) {
    const bytes = await read()
    const before = bytes === null ? null : await inspect(file, bytes, null)
    if (before?.state !== "sealed") continue
    for (const [now, text] of texts) {
      if (!(await isPlainTextOf(now, text, file, before.document))) continue
      found.push(finding("FILE_UNSEALED", { file: now }, { subject: `it was ${file}` }))
      texts.delete(now)
      break
    }
  }
  return found
}
