import { type Leaf } from "../../core/document.ts"
import { LeafCheck } from "../../core/leaf-check.ts"
import { AppError } from "../../errors/app-error.ts"
import { commentText } from "./comment.ts"
import { type Parts, parse, type Section } from "./parse.ts"
import { contentSections, hasOwnKeys, linesOf, sectionLines, trailingComments } from "./sites.ts"

/**
 * Whether a text says what leaves from a scan of another text with the same keys say. For a text with lines
 * that upstream does not see, a scan has to tell.
 */
export function confirmIni(source: string, leaves: readonly Leaf[]): boolean {
  let parts: Parts
  try {
    parts = parse(source)
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
  if (trailingComments(parts).length > 0) return false
  const check = new LeafCheck(leaves)
  check.enter(null, 0)
  for (const [index, section] of contentSections(parts).entries()) {
    if (!check.isSame || !hasOwnKeys(section)) return false
    if (!checkSection(source, section, index, check)) check.value(section.name, index, null, "map")
  }
  return check.isComplete
}

/** @returns `false` when it holds nothing */
function checkSection(source: string, section: Section, index: number, check: LeafCheck): boolean {
  check.enter(section.name, index)
  const above = section.header === null ? [] : sectionLines(source, section)
  const isCommented = above.length > 0 && checkComment(commentText(above, false), check)
  for (const [position, { key, own, reading }] of section.entries.entries()) {
    const { value, comment } = reading
    check.text(key, position, value)
    if (own.length > 0) checkComment(commentText(linesOf(source, own), comment !== null), check)
    if (comment !== null) checkComment(commentText([source.slice(comment.start, comment.end)], false), check)
  }
  check.leave()
  return isCommented || section.entries.length > 0
}

/** A comment of marks alone does not count. */
function checkComment(text: string, check: LeafCheck): boolean {
  if (text === "") return false
  check.comment(text)
  return true
}
