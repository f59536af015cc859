import { blockOf } from "./block.ts"
import { type JsonScan } from "./node.ts"
import { Reader } from "./reader.ts"

/**
 * Reads what Go's encoding/json reads, as sops uses it: names in any order and repeated, numbers of int64 or float64.
 *
 * Two things that sops takes are refused, since it drops text without a word: a file that breaks off behind a colon or
 * a value, and, in a file that is not sealed, text behind the end of the object. A BOM is taken although sops refuses
 * it, and is named as text that must not stand in a sealed file.
 *
 * @see sops v3.13.2 stores/json/store.go, treeBranchFromJSON
 */
export function scanJson(source: string): JsonScan {
  const hasBom = source.startsWith("\uFEFF")
  const reader = new Reader(source, hasBom ? 1 : 0)
  const root = reader.document()
  const metadata = blockOf(source, root)
  if (metadata === null) reader.expectEnd()
  return {
    source,
    sites: reader.sites,
    metadata,
    aliases: [],
    documents: 1,
    ...(hasBom ? { banned: [{ start: 0, end: 1 }] } : {}),
    root,
  }
}
