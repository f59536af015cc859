import { type Format } from "../format.ts"
import { type Merged, type MergeSide } from "./by-key.ts"
import { type Names } from "./names.ts"
import { commentText, type MergeEntry } from "./tree.ts"

/**
 * Whether a text says what a merge expects: the same values and comments at the same paths, mappings in any order, lists
 * in order. Every result has to pass it, so that a merge can never lose, invent or move a value.
 */
export function agrees(
  found: readonly MergeEntry[],
  expected: readonly Merged[],
  context: { readonly format: Format; readonly names: Names },
): boolean {
  return found.length === expected.length && expected.every((merged, at) => isSame(found[at]!, merged, context))
}

type Context = Parameters<typeof agrees>[2]

function isSame(entry: MergeEntry, merged: Merged, context: Context): boolean {
  const of = (side: MergeSide): MergeEntry => merged[side]!
  if (entry.aboveNumber !== of(merged.above).aboveNumber || entry.besideNumber !== of(merged.beside).besideNumber)
    return false
  if (merged.value !== "both") return entry.content === of(merged.value).content
  const { kind } = of("ours")
  if (entry.kind !== kind || entry.freeNumber !== freeNumber(merged, context)) return false
  if (kind === "list") return agrees(entry.entries, merged.entries, context)
  if (entry.entries.length !== merged.entries.length) return false
  const byId = new Map(entry.entries.map((each) => [each.id, each]))
  return merged.entries.every((each) => {
    const inside = byId.get((each.ours ?? each.theirs)!.id)
    return inside !== undefined && isSame(inside, each, context)
  })
}

function freeNumber({ free }: Merged, { format, names }: Context): number {
  if (free.length === 0) return names.of("no comment")
  return names.of(free.map((comment) => commentText(comment, format)).join("\n"))
}
