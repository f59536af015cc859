import { HASH, LF, SPACE } from "../scan/chars.ts"
import { type SimpleComment, type SimpleSink } from "./simple-sink.ts"

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
    const end = lineEndAt(s, start)
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

export function lineEndAt({ source }: Lines, at: number): number {
  const found = source.indexOf("\n", at)
  return found === -1 ? source.length : found
}
