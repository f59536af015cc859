import { tokenMark } from "../../core/token.ts"
import { type SealedDocument } from "../../core/document.ts"
import { decodeFile } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { sniffSealed } from "../../formats/registry.ts"
import { type OpenedAlone } from "../open/open-alone.ts"
import { readByContent } from "../open/read-as.ts"

export type SideName = "base" | "ours" | "theirs"

/** One version of a file, as it was read; nothing is opened yet. */
export type Side =
  | { readonly kind: "plain"; readonly bytes: Uint8Array }
  | { readonly kind: "sealed"; readonly bytes: Uint8Array; readonly document: SealedDocument }
  /** It looks sealed and cannot be read. */
  | { readonly kind: "broken"; readonly bytes: Uint8Array; readonly error: AppError }

/** What is in the versions, once they are open. */
export interface OpenedVersions {
  readonly base: OpenedAlone | Uint8Array | null
  readonly ours: OpenedAlone
  readonly theirs: OpenedAlone | Uint8Array
}

export function isOpened(side: OpenedAlone | Uint8Array | null): side is OpenedAlone {
  return side !== null && "opened" in side
}

/**
 * Reads a version of a file. Its content tells what it is; its name tells the format, and its content does
 * where the name says nothing.
 */
export async function readSide(bytes: Uint8Array, path: string | null): Promise<Side> {
  const text = decodeFile(bytes)
  if (text === null) return { kind: "plain", bytes }
  try {
    return { kind: "sealed", bytes, document: await readByContent(text, path) }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    if (error.code === "NOT_SEALED" || !looksSealed(text)) return { kind: "plain", bytes }
    return { kind: "broken", bytes, error }
  }
}

function looksSealed(text: string): boolean {
  return text.includes(tokenMark) || sniffSealed(text) !== "binary"
}
