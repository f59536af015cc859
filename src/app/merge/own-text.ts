import { type Leaf, type SealedDocument } from "../../core/document.ts"
import { shownPath } from "../../core/site.ts"
import { inOrder } from "../../core/splice.ts"

/** What a repair makes anew: whatever a file has there counts for nothing. */
export const madeAnew: ReadonlySet<string> = new Set(["mac", "lastmodified", "sotto_layout", "sotto_structure"])

const anew =
  /\b(mac|lastmodified|sotto_layout|sotto_structure)(["']?[ \t]*[:=][ \t]*)("[^"\n]*"|'[^'\n]*'|ENC\[[^\]\n]*\]|[^\s,}]*)/g

/**
 * Whether the metadata of a file has the lines of its parents, in each document as often as there. Its tree alone does
 * not tell: what stands twice counts once in it, and of the later documents nothing does. A repair leaves the text of
 * all that as it is, and other programs may read it otherwise.
 */
export function hasOwnMetadata(file: SealedDocument, parents: readonly SealedDocument[]): boolean {
  const own = linesOf(file)
  const others = parents.map((parent) => ({ lines: linesOf(parent), documents: parent.scan.documents }))
  return [own, ...others.map(({ lines }) => lines)].every((lines) =>
    [...lines.keys()].every((line) => {
      const count = (own.get(line) ?? 0) / file.scan.documents
      const there = others.map((other) => (other.lines.get(line) ?? 0) / other.documents)
      return count >= Math.min(...there) && count <= Math.max(...there)
    }),
  )
}

function linesOf({ scan }: SealedDocument): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { start, end } of inOrder(scan.metadata!.detach))
    for (const line of scan.source.slice(start, end).replaceAll(anew, "$1$2").split("\n")) {
      // Columns are aligned by the longest name, and a comma follows where more does.
      const bare = line.trim().replaceAll(/\s+/g, " ").replace(/,$/, "")
      if (bare !== "") counts.set(bare, (counts.get(bare) ?? 0) + 1)
    }
  return counts
}

/**
 * Where a file has a token that no parent has. What it opens to may well be what the merge gives, but a merge makes no
 * tokens: this one comes from another place or time, or says another type, which nothing authenticates.
 */
export function foreignTokens(
  leaves: readonly Leaf[],
  parents: readonly (readonly Leaf[])[],
): readonly (readonly (string | number)[])[] {
  const known = new Set(parents.flatMap((own) => own.map(({ token }) => token)))
  return leaves.filter(({ token }) => !known.has(token) && token !== null).map(({ site }) => shownPath(site.item))
}
