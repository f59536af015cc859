import { type Span } from "../../core/text.ts"
import { isCommentToken } from "../../core/token.ts"
import { AppError } from "../../errors/app-error.ts"
import { marksEnd } from "./comment.ts"
import { isSpaceOrTab, isMark, lineEndAt, skipSpacesAndTabs, skipSpace, trimmedEnd } from "./space.ts"

/** What is around a value; `""` for nothing. */
export type Quote = "" | '"' | "'" | "`" | '"""'

/**
 * One value in two readings. Upstream cuts at the first `;` or `#` wherever it is, even in quotes; common readers
 * of such files do not, and what is sealed must be the whole value. So `value` is theirs and `upstream` is what counts
 * for the MAC while the value stays clear.
 */
export interface Reading {
  readonly value: string
  readonly upstream: string
  /** With its quotes, without the comment after it. */
  readonly span: Span
  readonly quote: Quote
  /** The comment after it on the same line, from its mark to the last character that is not white space. */
  readonly comment: Span | null
  /** Start of the first line that is not part of the entry. */
  readonly next: number
  /**
   * It ends in a backslash and an empty line, or the end of the file: a line right after it would become part of it.
   */
  readonly isOpenEnded: boolean
}

/**
 * Reads the value that starts after a delimiter. Which lines belong to it is upstream's rule in both readings.
 *
 * @param lineEnd - of the line that `at` is in
 * @param line - for errors
 * @throws {AppError} `SYNTAX` for a quote over several lines that is never closed
 * @see ini.v1 v1.67.3 parser.go, `readValue`
 */
export function readValue(source: string, at: number, lineEnd: number, line: number): Reading {
  const next = Math.min(lineEnd + 1, source.length)
  const start = skipSpace(source, at, lineEnd)
  if (start === lineEnd) return nothing(skipSpacesAndTabs(source, at, lineEnd), null, next)
  const code = source.charCodeAt(start)
  // To upstream, three quotes at the end of a file are a value. With a line after them they would open a text, so such
  // a file cannot be sealed and counts as not closed.
  if (source.startsWith('"""', start)) return readRaw(source, start, lineEnd, '"""', line)
  if (code === 0x60) return readRaw(source, start, lineEnd, "`", line)
  const end = trimmedEnd(source, start, lineEnd)
  if (source.charCodeAt(end - 1) === 0x5c) return readContinued(source, start, end, next)
  return readLine(source, at, start, end, next)
}

function nothing(place: number, comment: Span | null, next: number): Reading {
  return {
    value: "",
    upstream: "",
    span: { start: place, end: place },
    quote: "",
    comment,
    next,
    isOpenEnded: false,
  }
}

/**
 * Text in backquotes or triple quotes: nothing in it has a special meaning. The closing quote is the last of its line;
 * what follows it is lost to upstream, so that is a comment or goes with the value.
 */
function readRaw(source: string, start: number, lineEnd: number, quote: "`" | '"""', line: number): Reading {
  const content = start + quote.length
  let close = lastIndexIn(source, quote, content, lineEnd)
  let end = lineEnd
  while (close === -1) {
    if (end >= source.length) throw new AppError("SYNTAX", { line }, { subject: "a quote is not closed" })
    const lineStart = end + 1
    end = lineEndAt(source, lineStart)
    close = lastIndexIn(source, quote, lineStart, end)
    // A backslash after the closing quote goes on to the next line.
    if (close !== -1 && endsInBackslash(source, close + quote.length, end)) close = -1
  }
  const value = source.slice(content, close)
  const behind = close + quote.length
  const last = trimmedEnd(source, behind, end)
  const mark = skipSpacesAndTabs(source, behind, last)
  const hasComment = mark < last && isMark(source.charCodeAt(mark))
  return {
    value,
    upstream: value,
    span: { start, end: hasComment ? behind : last },
    quote,
    comment: hasComment ? { start: mark, end: last } : null,
    next: Math.min(end + 1, source.length),
    isOpenEnded: false,
  }
}

function endsInBackslash(source: string, start: number, end: number): boolean {
  const last = trimmedEnd(source, start, end)
  return last > start && source.charCodeAt(last - 1) === 0x5c
}

/** `lastIndexOf` that never looks before `start`, so that many lines cost no more than one. */
function lastIndexIn(source: string, text: string, start: number, end: number): number {
  const found = source.slice(start, end).lastIndexOf(text)
  return found === -1 ? -1 : start + found
}

/** A line that ends in a backslash goes on in the next one, comments and quotes included. */
function readContinued(source: string, start: number, firstEnd: number, firstNext: number): Reading {
  let value = source.slice(start, firstEnd - 1)
  let end = firstEnd
  let next = firstNext
  let isOpenEnded = true
  while (next < source.length) {
    const lineEnd = lineEndAt(source, next)
    const from = skipSpace(source, next, lineEnd)
    const to = trimmedEnd(source, from, lineEnd)
    next = Math.min(lineEnd + 1, source.length)
    if (from === to) break
    end = to
    isOpenEnded = source.charCodeAt(to - 1) === 0x5c
    value += source.slice(from, isOpenEnded ? to - 1 : to)
    if (!isOpenEnded) break
  }
  return { value, upstream: value, span: { start, end }, quote: "", comment: null, next, isOpenEnded }
}

function readLine(source: string, at: number, start: number, end: number, next: number): Reading {
  const code = source.charCodeAt(start)
  const isQuote = code === 0x22 || code === 0x27
  const firstMark = findMark(source, start, end)
  if (!isQuote && firstMark === -1) {
    const value = source.slice(start, end)
    return { value, upstream: value, span: { start, end }, quote: "", comment: null, next, isOpenEnded: false }
  }
  const upstream = upstreamValue(source.slice(start, firstMark === -1 ? end : trimmedEnd(source, start, firstMark)))
  const rest = { upstream, next, isOpenEnded: false }
  const close = isQuote ? closingQuote(source, start, end) : -1
  if (close !== -1) {
    const from = skipSpacesAndTabs(source, close + 1, end)
    const comment = from < end ? { start: from, end } : null
    const quote = code === 0x22 ? '"' : "'"
    const span = { start, end: close + 1 }
    // With more such quotes in it, the outer two are part of the text.
    if (source.indexOf(quote, start + 1) !== close) {
      return { ...rest, value: source.slice(start, close + 1), span, quote: "", comment }
    }
    return { ...rest, value: source.slice(start + 1, close), span, quote, comment }
  }
  if (firstMark === start && isBlankBefore(source, at, start) && isCommentAlone(source.slice(start, end))) {
    return { ...nothing(at, { start, end }, next), upstream }
  }
  let mark = firstMark === start ? findMark(source, start + 1, end) : firstMark
  while (mark !== -1 && !isBlankBefore(source, at, mark)) mark = findMark(source, mark + 1, end)
  const comment = mark === -1 ? null : { start: mark, end }
  const stop = mark === -1 ? end : trimmedEnd(source, start, mark)
  return { ...rest, value: source.slice(start, stop), span: { start, end: stop }, quote: "", comment }
}

function isBlankBefore(source: string, at: number, mark: number): boolean {
  return mark > at && isSpaceOrTab(source.charCodeAt(mark - 1))
}

/**
 * Whether a text that begins with a mark, where a value should be, is a comment: to upstream it always is. Here a
 * comment has a space after its mark, or is sealed; `#hunter2` is a value that begins with a mark.
 */
export function isCommentAlone(text: string): boolean {
  const end = marksEnd(text)
  const words = text.slice(end)
  // A space between two marks counts for the first: sealed, `; ;a` would not be read as a value either.
  return words !== "" && (/[ \t]/.test(text.slice(0, end + 1)) || isCommentToken(words))
}

const marks = /[;#]/

function findMark(source: string, start: number, end: number): number {
  const found = source.slice(start, end).search(marks)
  return found === -1 ? -1 : start + found
}

/**
 * The first quote like the one at `start` that ends the line, or that only a comment follows. Right after it a comment
 * needs no space, unless there are more such quotes: then they are text, and a token in its place has none.
 */
function closingQuote(source: string, start: number, end: number): number {
  const quote = source.charAt(start)
  let needsBlank = false
  for (let at = source.indexOf(quote, start + 1); at !== -1 && at < end; at = source.indexOf(quote, at + 1)) {
    const behind = skipSpacesAndTabs(source, at + 1, end)
    if (behind === end) return at
    if (isMark(source.charCodeAt(behind)) && (behind > at + 1 || !needsBlank)) return at
    needsBlank = true
  }
  return -1
}

/** What upstream makes of the text before the first mark: it takes off one pair of quotes. */
function upstreamValue(text: string): string {
  const last = text.length - 1
  const quote = text.charAt(0)
  const isQuoted = last > 0 && (quote === '"' || quote === "'") && text.indexOf(quote, 1) === last
  return isQuoted ? text.slice(1, last) : text
}
