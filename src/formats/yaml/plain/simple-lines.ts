import { type SimpleComment, type SimpleSink } from "./simple.ts"
import { DASH, HASH, LF, SPACE } from "../scan/chars.ts"
import { type BlockLayout } from "../scan/node.ts"

/** Instead of an offset: the text is not plain enough. */
export const ASIDE = -1

/** The current line: its number from 0, where it begins, and the column of its content. */
export interface Lines {
  readonly source: string
  sink: SimpleSink
  line: number
  start: number
  indent: number
  readonly hasEscapes: boolean
  readonly hasComments: boolean
  /** The next space that a `#` follows, if known. */
  mark: number
  /** Comments above that line. */
  comments: SimpleComment[]
  /** There was a comment whose place is not plain. */
  isAside: boolean
  depth: number
}

/** Moves on over empty lines and measures the next one. */
export function skipEmpty(s: Lines): void {
  const { source } = s
  let at = s.start
  while (source.charCodeAt(at) === LF) {
    at++
    s.line++
  }
  s.start = at
  while (source.charCodeAt(at) === SPACE) at++
  s.indent = at < source.length ? at - s.start : -1
  if (s.indent === -1) s.start = source.length
  else if (s.hasComments && source.charCodeAt(at) === HASH) takeComments(s)
}

/** Takes comment lines in one column, right above an entry in that column, which they are about. */
function takeComments(s: Lines): void {
  const { source, indent } = s
  while (source.charCodeAt(s.start + indent) === HASH) {
    const start = s.start + indent + 1
    const end = endOfLine(s, start)
    s.comments.push({ start, end, line: s.line, isInline: false })
    s.start = end + 1
    s.line++
    // Above the first entry all belong to the document, whatever is between them.
    while (s.depth === 0 && source.charCodeAt(s.start) === LF) {
      s.start++
      s.line++
    }
    let at = s.start
    while (source.charCodeAt(at) === SPACE) at++
    const isContent = at < source.length && source.charCodeAt(at) !== LF
    if (isContent && at - s.start === indent) continue
    s.isAside = true
    s.indent = -1
    s.start = source.length
    return
  }
}

/** Moves after the line that ends at an offset. */
export function moveOn(s: Lines, lineEnd: number): void {
  s.start = lineEnd + 1
  s.line++
  skipEmpty(s)
}

export function endOfLine({ source }: Lines, at: number): number {
  const found = source.indexOf("\n", at)
  return found === -1 ? source.length : found
}

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
    contentEnd = endOfLine(s, content)
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
