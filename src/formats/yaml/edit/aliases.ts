import { type Alias } from "../../../core/site.ts"
import { splice } from "../../../core/splice.ts"
import { type Edit } from "../../../core/text.ts"
import { AppError } from "../../../errors/app-error.ts"
import { expand } from "../carry/expand.ts"
import { type Path } from "./edit-path.ts"
import { type YamlScan } from "../resolve/model.ts"
import { type YamlNode } from "../scan/node.ts"
import { placeOf } from "../scan/scanner-state.ts"

/**
 * Edits at a path that leads through an alias, `<<: *name` too: first the alias on the path is written out, since what
 * it stands for elsewhere has to stay. Upstream has written out every alias by then.
 *
 * @param change - makes the edits when no alias is on the path
 * @param scanAgain - reads the text with the alias written out
 */
export function throughAliases(
  scan: YamlScan,
  path: Path,
  { change, scanAgain }: { change: (scan: YamlScan) => Edit[]; scanAgain: (source: string) => YamlScan },
): Edit[] {
  const alias = aliasOnTheWay(scan, path)
  if (alias === undefined) return change(scan)
  const { source } = scan
  const { start, end } = alias.span
  const inFull = scanAgain(splice(source, [expand(scan, alias, () => null)]))
  const after = splice(inFull.source, change(inFull))
  // What is set below the alias is where the alias was.
  return [{ start, end, text: after.slice(start, after.length - (source.length - end)) }]
}

/** An alias at the end of the path is replaced as it is. */
function aliasOnTheWay({ docs, aliases }: YamlScan, path: Path): Alias | undefined {
  let node: YamlNode | undefined = docs[0]?.root ?? undefined
  for (const part of path) {
    if (node?.type === "alias") {
      const { start } = node.span
      return aliases.find(({ span }) => span.start === start)
    }
    if (node?.type === "map") node = node.pairs.find(({ key }) => key.type === "scalar" && key.value === part)?.value
    else node = node?.type === "list" && typeof part === "number" ? node.items[part] : undefined
  }
  return undefined
}

/**
 * Refuses edits that take an anchor away from an alias that stays: the text would lose its meaning.
 *
 * @param path - of the entry that is edited
 * @returns the edits
 * @throws {AppError} `ANCHOR_IN_USE` with the line of the alias
 */
export function withAnchorsKept(scan: YamlScan, path: Path, edits: Edit[]): Edit[] {
  for (const { span, name, target } of scan.aliases) {
    const entry = scan.entries.get(target)
    const node = entry?.value?.anchor === name ? entry.value : entry?.pair?.key
    if (node === undefined) continue
    const at = node.properties.start
    const taker = edits.find(({ start, end, text }) => start <= at && at < end && !text.includes(`&${name}`))
    const isTakenToo = edits.some(({ start, end }) => start <= span.start && span.end <= end)
    if (taker !== undefined && !isTakenToo)
      throw new AppError("ANCHOR_IN_USE", { path, line: placeOf(scan.source, span.start).line })
  }
  return edits
}
