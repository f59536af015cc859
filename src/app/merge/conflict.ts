import { type SideName } from "./side.ts"
import { type Format } from "../../core/format.ts"
import { type KeyConflict } from "../../core/merge/by-key.ts"
import { splice } from "../../core/splice.ts"
import { utf8 } from "../../core/text.ts"
import { type Tree } from "../../core/tree.ts"
import { type Code } from "../../errors/catalog.ts"

/** What keeps a file from being merged. `path` is empty for the whole file. */
export interface Conflict {
  readonly kind:
    | KeyConflict["kind"]
    | "binary"
    | "text"
    | "format"
    | "plaintext"
    | "broken"
    | "key"
    | "recipients"
    | "threshold"
    | "selectors"
    | "mac_only"
    | "limit"
  readonly path: readonly (string | number)[]
  readonly document: number
  readonly code?: Code | undefined
  /** Whose fault it is, where one side is broken. */
  readonly side?: SideName | undefined
}

export function wholeFile(kind: Conflict["kind"], more: Pick<Conflict, "code" | "side"> = {}): Conflict {
  return { kind, path: [], document: 0, ...more }
}

export function atPath({ kind, path, document }: KeyConflict): Conflict {
  return { kind, path, document }
}

/**
 * Instead of each conflict a fresh random text, which equals neither side: git merges the bases of branches that
 * crossed, and only compares the result with others.
 *
 * @param text - the merge with ours instead of the conflicts
 * @throws {AppError} `KEY_NOT_FOUND` and the like, where the text cannot be put there
 */
export function withRandomTexts(
  format: Format,
  text: string,
  conflicts: readonly KeyConflict[],
  randomBytes: (length: number) => Uint8Array,
): string {
  return conflicts.reduce((before, { path }) => {
    const bytes = utf8.encode(Buffer.from(randomBytes(24)).toString("base64url"))
    const value: Tree = { type: "scalar", scalar: { kind: "str", bytes } }
    return splice(before, format.set(format.scan(before), path, value))
  }, text)
}
