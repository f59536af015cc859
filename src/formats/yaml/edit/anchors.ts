import { type Edit } from "../../../core/text.ts"
import { AppError } from "../../../errors/app-error.ts"
import { type Path } from "./edit-path.ts"
import { type YamlScan } from "../resolve/model.ts"
import { placeOf } from "../scan/scanner-state.ts"

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
