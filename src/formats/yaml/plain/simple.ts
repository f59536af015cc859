import { type Lines, ASIDE, endOfLine, moveOn, parseLiteral, skipEmpty } from "./simple-lines.ts"
import {
  COLON,
  DASH,
  DOUBLE_QUOTE,
  OPEN_BRACE,
  OPEN_BRACKET,
  PIPE,
  SINGLE_QUOTE,
  SPACE,
  unprintable,
} from "../scan/chars.ts"
import { type BlockLayout, type ScalarStyle } from "../scan/node.ts"

/** Takes what `readSimple` finds, in the order of the text. Lines count from 0, columns too. */
export interface SimpleSink {
  openMap(at: number, line: number, column: number): void
  /** A key and its colon. @returns what takes the value; `null` when this is not plain YAML */
  key(start: number, colon: number, line: number, column: number): SimpleSink | null
  /** @param end - after the last value, or the last colon */
  closeMap(end: number): void
  openList(at: number, line: number, column: number): void
  dash(at: number): void
  closeList(end: number): void
  scalar(scalar: SimpleScalar): void
  emptyFlow(type: "map" | "list", at: number, line: number, column: number): void
  /**
   * A comment within the collection that is open: above its next entry, or after the value that comes next.
   *
   * @returns `false` when this is not plain YAML
   */
  comment(comment: SimpleComment): boolean
}

export interface SimpleComment {
  /** After its mark. */
  readonly start: number
  readonly end: number
  readonly line: number
  /** It follows a value. */
  readonly isInline: boolean
}

export interface SimpleScalar {
  readonly start: number
  readonly end: number
  readonly line: number
  readonly column: number
  readonly style: ScalarStyle
  readonly value: string
  readonly block: BlockLayout | null
}

/**
 * Reads texts that are written in the plainest YAML: one document of mappings and lists in block style, one entry a
 * line, without anchors and tags. Most of a large file is made of such lines, and with the tokens of `parseYaml` they
 * take ten times as long.
 *
 * Of comments it takes those whose place nobody doubts: lines right above an entry, in its column, and what follows
 * a value on one line. What an empty line or another column separates from both sides goes by rules of its own.
 *
 * @returns `false` for anything that is not that plain, invalid text included; what the sink got then counts for nothing
 */
export function readSimple(source: string, sink: SimpleSink): boolean {
  if (!isReadable(source)) return false
  return readLines(source, sink, hasMark(source) ? { start: 4, line: 1 } : { start: 0, line: 0 })
}

/** Whether a text, or some of its lines, holds no sign that is too much for `readSimple`. */
export function isReadable(text: string): boolean {
  return !odd.test(text) && !unprintable.test(text) && text.isWellFormed()
}

/**
 * Reads some of the root's entries, as if there were no others, from a text that `readSimple` took or could take.
 *
 * @param at - the line of the first key, and where that begins
 * @param end - where the next entry begins, or the text ends
 */
export function readEntries(
  source: string,
  sink: SimpleSink,
  at: { start: number; line: number },
  end: number,
): boolean {
  return readLines(source.slice(0, end), sink, at)
}

function readLines(source: string, sink: SimpleSink, { start, line }: { start: number; line: number }): boolean {
  const s: Lines = {
    source,
    sink,
    line,
    start,
    indent: 0,
    hasEscapes: source.includes("\\"),
    hasComments: source.includes("#"),
    mark: -1,
    comments: [],
    isAside: false,
    depth: 0,
  }
  skipEmpty(s)
  return s.start < source.length && parseBlock(s) !== ASIDE && s.start >= source.length && !s.isAside
}

/** Whether the document begins with a line of its own. */
export function hasMark(source: string): boolean {
  return source.startsWith("---\n")
}

/** Breaks other than LF, tabs, and marks of byte order: they are rare, and each has rules of its own. */
const odd = /[\t\r\x85\u2028\u2029\ufeff]/

/** Deeper texts go to the full parser, which knows the limits. */
const DEPTH_MAX = 50
const KEY_CHARS_MAX = 1000

/** Hands over the comments above the next entry. */
function giveComments(s: Lines, sink: SimpleSink): boolean {
  if (s.comments.length === 0) return true
  const given = s.comments
  s.comments = []
  return given.every((comment) => sink.comment(comment))
}

function isEntry({ source }: Lines, at: number): boolean {
  return source.charCodeAt(at) === DASH && source.charCodeAt(at + 1) === SPACE
}

/** The mapping or list whose first entry is on this line. @returns where it ends, as all of these do */
function parseBlock(s: Lines): number {
  if (++s.depth > DEPTH_MAX) return ASIDE
  const at = s.start + s.indent
  const end = isEntry(s, at) ? parseList(s, s.indent) : parseMap(s, at, s.indent)
  s.depth--
  return end
}

/** A key of letters without a special meaning, and the colon after it. */
const key = /[A-Za-z0-9_.][\w./-]*:(?=[ \n]|$)/y

/** @param at - the first key; it need not be the first character of its line */
function parseMap(s: Lines, at: number, column: number): number {
  const { source, sink } = s
  sink.openMap(at, s.line, column)
  let end = at
  for (let keyStart = at; ; keyStart = s.start + column) {
    key.lastIndex = keyStart
    if (!key.test(source) || !giveComments(s, sink)) return ASIDE
    const colon = key.lastIndex - 1
    const ofValue = colon - keyStart > KEY_CHARS_MAX ? null : sink.key(keyStart, colon, s.line, column)
    if (ofValue === null) return ASIDE
    s.sink = ofValue
    const valueEnd = parseValue(s, colon, column + colon - keyStart, column)
    s.sink = sink
    if (valueEnd === ASIDE) return ASIDE
    end = Math.max(colon + 1, valueEnd)
    if (s.indent !== column || isEntry(s, s.start + column)) break
  }
  // What is deeper than the entries continues a value, or is an error.
  if (s.indent > column || (s.indent === column && s.depth === 1)) return ASIDE
  sink.closeMap(end)
  return end
}

function parseList(s: Lines, column: number): number {
  const { sink } = s
  sink.openList(s.start + column, s.line, column)
  let end: number
  do {
    const dash = s.start + column
    let at = dash + 2
    while (s.source.charCodeAt(at) === SPACE) at++
    key.lastIndex = at
    if (!giveComments(s, sink)) return ASIDE
    sink.dash(dash)
    const itemEnd = key.test(s.source) ? nestedMap(s, at) : parseInline(s, at, at - s.start, column)
    if (itemEnd === ASIDE) return ASIDE
    end = Math.max(dash + 1, itemEnd)
  } while (s.indent === column && isEntry(s, s.start + column))
  if (s.indent > column) return ASIDE
  sink.closeList(end)
  return end
}

function nestedMap(s: Lines, at: number): number {
  if (++s.depth > DEPTH_MAX) return ASIDE
  const end = parseMap(s, at, at - s.start)
  s.depth--
  return end
}

/** What follows a colon, or is on the lines below it. */
function parseValue(s: Lines, colon: number, colonColumn: number, parent: number): number {
  const { source } = s
  if (source.charCodeAt(colon + 1) === SPACE) {
    let at = colon + 2
    while (source.charCodeAt(at) === SPACE) at++
    return parseInline(s, at, colonColumn + at - colon, parent)
  }
  const { line } = s
  moveOn(s, colon + 1)
  if (s.indent > parent || (s.indent === parent && isEntry(s, s.start + s.indent))) return parseBlock(s)
  const start = colon + 1
  s.sink.scalar({ start, end: start, line, column: colonColumn + 1, style: "plain", value: "", block: null })
  return start
}

/** A value that begins and, unless it is a block, ends on this line. */
function parseInline(s: Lines, at: number, column: number, parent: number): number {
  const { source, line } = s
  const lineEnd = endOfLine(s, at)
  const code = source.charCodeAt(at)
  if (code === PIPE) return parseLiteral(s, at, lineEnd, column, parent)
  const quote = code === DOUBLE_QUOTE ? '"' : code === SINGLE_QUOTE ? "'" : null
  const closing = quote === null ? at : source.indexOf(quote, at + 1)
  if (closing === -1) return ASIDE
  const end = s.hasComments ? takeInlineComment(s, quote === null ? at : closing + 1, lineEnd) : lineEnd
  if (end === ASIDE) return ASIDE
  if (quote !== null) {
    if (closing !== end - 1) return ASIDE
    const value = source.slice(at + 1, closing)
    const style = code === DOUBLE_QUOTE ? "double" : "single"
    if (s.hasEscapes && style === "double" && value.includes("\\")) return ASIDE
    s.sink.scalar({ start: at, end, line, column, style, value, block: null })
  } else if (code === OPEN_BRACKET || code === OPEN_BRACE) {
    const type = source.startsWith("[]", at) ? "list" : source.startsWith("{}", at) ? "map" : null
    // A comment after it belongs to it.
    if (end - at !== 2 || type === null || end !== lineEnd) return ASIDE
    s.sink.emptyFlow(type, at, line, column)
  } else {
    const value = source.slice(at, end)
    if (!isPlain(value)) return ASIDE
    s.sink.scalar({ start: at, end, line, column, style: "plain", value, block: null })
  }
  moveOn(s, lineEnd)
  return end
}

/**
 * @param from - of the value, or after its quotes: no comment begins before that
 * @returns where the value ends on its line
 */
function takeInlineComment(s: Lines, from: number, lineEnd: number): number {
  const { source } = s
  if (s.mark < from) {
    const found = source.indexOf(" #", from)
    s.mark = found === -1 ? source.length : found
  }
  if (s.mark >= lineEnd) return lineEnd
  const mark = s.mark + 1
  let end = mark
  while (end > from && source.charCodeAt(end - 1) === SPACE) end--
  const isTaken = s.sink.comment({ start: mark + 1, end: lineEnd, line: s.line, isInline: true })
  return isTaken ? end : ASIDE
}

/** Characters that begin something other than plain text. */
const indicators = new Uint8Array(128)
for (const sign of "-?:,[]{}#&*!|>'\"%@` ") indicators[sign.charCodeAt(0)] = 1

/** An option of a program, or a number below zero. */
const dashed = /^-[-\w]/

/** Whether a text on one line is a value without quotes. */
export function isPlain(value: string): boolean {
  const first = value.charCodeAt(0)
  if (value === "" || (first < 128 && indicators[first] === 1 && !dashed.test(value))) return false
  const last = value.charCodeAt(value.length - 1)
  return last !== SPACE && last !== COLON && !value.includes(": ") && !value.includes(" #")
}
