import { type KeyConflict } from "../../core/merge/by-key.ts"
import { type Code } from "../../errors/catalog.ts"
import { type SideName } from "./side.ts"

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
