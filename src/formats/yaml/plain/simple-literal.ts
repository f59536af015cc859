import { DASH, LF, SPACE } from "../scan/chars.ts"
import { type BlockLayout } from "../scan/node.ts"
import { ASIDE, lineEndAt, type Lines, moveOn } from "./simple-lines.ts"

/** `|` or `|-`, and a text that begins with a line that is not empty. */
export function parseLiteral(s: Lines, at: number, headerEnd: number, column: number, parent: number): number {
  const { source, line } = s
  const isStripped = source.charCodeAt(at + 1) === DASH
  if (headerEnd !== (isStripped ? at + 2 : at + 1) || headerEnd === source.length) return ASIDE
  const bodyStart = headerEnd + 1
  let start = bodyStart
  while (source.charCodeAt(start) === SPACE) start++
  const indent = start - bodyStart
  if (indent <= Math.max(parent, 0) || start === source.length || source.charCodeAt(start) === LF) return ASIDE
  const parts: string[] = []
  let contentEnd = 0
  let next = bodyStart
  let lines = 0
  while (next < source.length) {
    let first = next
    while (source.charCodeAt(first) === LF) first++
    let content = first
    while (content < first + indent && source.charCodeAt(content) === SPACE) content++
    // Empty lines at the end are not part of the text.
    if (content < first + indent) break
    if (isBlankLine(source, content)) return ASIDE
    for (; next < first; next++, lines++) parts.push("")
    contentEnd = lineEndAt(s, content)
    parts.push(source.slice(content, contentEnd))
    lines++
    next = contentEnd + 1
  }
  // A line of spaces may belong to the text or to what follows.
  if (source.charCodeAt(next) === SPACE && isBlankLine(source, next)) return ASIDE
  const value = parts.join("\n") + (contentEnd < source.length && !isStripped ? "\n" : "")
  const block: BlockLayout = {
    header: { start: at, end: headerEnd },
    indicator: 0,
    chomp: isStripped ? "strip" : "clip",
    indent,
    body: { start: bodyStart, end: contentEnd },
  }
  s.line += lines
  moveOn(s, contentEnd)
  s.sink.scalar({ start: at, end: contentEnd, line, column, style: "literal", value, block })
  return contentEnd
}

function isBlankLine(source: string, start: number): boolean {
  let at = start
  while (source.charCodeAt(at) === SPACE) at++
  return at === source.length || source.charCodeAt(at) === LF
}
