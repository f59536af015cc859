import { type Edit } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { contentEnd } from "./metadata.ts"
import { type CommentLine, type Entry, type Parts, regionStart, type Section } from "./parse.ts"
import { contentSections, groups, trailingComments } from "./sites.ts"
import { lineEndAt, skipSpace } from "./space.ts"

/**
 * Removes a key with the comments right above it, all its lines if it repeats; or a whole section.
 *
 * @throws {AppError} `KEY_NOT_FOUND`
 */
export function unsetValue(parts: Parts, path: readonly (string | number)[]): Edit[] {
  const [name, key] = path
  const sections = contentSections(parts).filter((section) => section.name === name)
  const absent = new AppError("KEY_NOT_FOUND", { path })
  if (sections.length === 0 || path.length > 2) throw absent
  if (key === undefined) {
    const removed = sections.filter(({ header, entries }) => header !== null || entries.length > 0)
    if (removed.length === 0) throw absent
    return removed.map((section) => removeSection(parts, section))
  }
  for (const section of sections) {
    const found = groups(section).find((each) => each.key === key)
    if (found !== undefined) return found.entries.map((entry) => removeEntry(parts.source, entry))
  }
  throw absent
}

function removeEntry(source: string, { own, lineStart, line, reading }: Entry): Edit {
  const lineEnd = lineEndAt(source, reading.span.end)
  return { start: adjacentStart(own, lineStart, line), end: Math.min(lineEnd + 1, source.length), text: "" }
}

/** Comments without an empty line between them and the entry are its own; those further up may be about more. */
function adjacentStart(own: readonly CommentLine[], lineStart: number, line: number): number {
  let start = lineStart
  let below = line
  for (const comment of own.toReversed()) {
    if (comment.line !== below - 1) break
    start = comment.lineStart
    below = comment.line
  }
  return start
}

function removeSection(parts: Parts, section: Section): Edit {
  const { source, sections } = parts
  const { header, entries, own, line } = section
  const first = entries[0]
  const start =
    header === null
      ? adjacentStart(first?.own ?? [], first?.lineStart ?? section.next, first?.line ?? line)
      : adjacentStart(own, header.lineStart, line)
  const following = sections[sections.indexOf(section) + 1]
  const rest = contentEnd(parts)
  const isLast = following === undefined || section === contentSections(parts).at(-1)
  if (!isLast) return { start, end: regionStart(following), text: "" }
  const end = trailingComments(parts)[0]?.lineStart ?? rest
  return { start: blanksBefore(source, parts.start, start), end: Math.max(section.next, Math.min(end, rest)), text: "" }
}

/** The start of the empty lines above a place. */
function blanksBefore(source: string, first: number, start: number): number {
  let at = start
  while (at > first) {
    const lineStart = at < 2 ? first : Math.max(first, source.lastIndexOf("\n", at - 2) + 1)
    if (skipSpace(source, lineStart, at) !== at) break
    at = lineStart
  }
  return at
}
