import { AppError } from "../../../errors/app-error.ts"
import { BOM, CR, LF, isBreakOrEnd, isHighSurrogate, unprintable } from "./chars.ts"
import { type BlockLayout, type CommentLine, type ScalarStyle } from "./node.ts"

export type TokenType =
  | "stream-end"
  | "version"
  | "tag-directive"
  | "document-start"
  | "document-end"
  | "block-list"
  | "block-map"
  | "block-end"
  | "list-open"
  | "list-close"
  | "map-open"
  | "map-close"
  | "entry"
  | "comma"
  | "key"
  | "value"
  | "alias"
  | "anchor"
  | "tag"
  | "scalar"

export interface YamlToken {
  readonly type: TokenType
  readonly start: number
  readonly end: number
  readonly line: number
  readonly column: number
  /** Of a scalar; the name of an anchor or alias; the handle of a tag. */
  readonly value: string
  /** Of a tag; the prefix of a `%TAG` line. */
  readonly suffix: string
  readonly style: ScalarStyle
  readonly block: BlockLayout | null
  /** The flow level whose simple key this token may begin; -1: none. */
  readonly keyLevel: number
}

/** A token that a `:` may turn into a key, one for each flow level. Reused by the next one. */
export interface SimpleKey {
  isPossible: boolean
  /** In block context at the column of the block: it must become a key. */
  isRequired: boolean
  /** Position of the token in the stream of tokens. */
  number: number
  start: number
  line: number
  column: number
}

/** `null` is an empty line. */
export type CommentText = (CommentLine | null)[]

/** A comment on its way to the node that it belongs to. */
export interface PendingComment {
  /** Where the scan for comments began. */
  readonly scanStart: number
  /** The first token from here on takes it. */
  readonly tokenStart: number
  readonly start: number
  /** Of the `#`, 1-based (as go-yaml counts here). */
  readonly column: number
  readonly end: number
  readonly kind: "head" | "line" | "foot"
  readonly text: CommentText
}

export interface Scanner {
  /** With NULs after the end, so that looking ahead needs no test. */
  readonly text: string
  pos: number
  /** 0-based, all kinds of breaks counted. */
  line: number
  /** `pos - lineStart` is the column in code points: each astral character after it moves it by one. */
  lineStart: number
  /** Breaks since the last character that is not blank. */
  newlines: number
  flowLevel: number
  indent: number
  readonly indents: number[]
  isKeyAllowed: boolean
  readonly keys: SimpleKey[]
  tokens: YamlToken[]
  /** Index of the token that the parser looks at. */
  head: number
  /** Enough tokens after it are read. */
  isReady: boolean
  /** Number of tokens that were dropped from the front of `tokens`. */
  dropped: number
  isEnded: boolean
  readonly comments: PendingComment[]
  /** Every comment that was passed, whoever takes it. */
  readonly passed: CommentLine[]
  commentsHead: number
}

/** Beyond the longest look-ahead. */
const PADDING = "\0\0\0\0"

/** @throws {AppError} `SYNTAX` when the text holds a character that go-yaml's reader refuses */
export function newScanner(source: string): Scanner {
  const bad = unprintable.exec(source)
  if (bad !== null) throw syntaxAt(source, bad.index, "a control character in the text")
  if (!source.isWellFormed()) throw syntaxAt(source, 0, "the text is not well-formed Unicode")
  const start = source.charCodeAt(0) === BOM ? 1 : 0
  // With a second BOM go-yaml loses the first character of each line for a while: no reading of it is right.
  if (start === 1 && source.charCodeAt(1) === BOM) throw syntaxAt(source, 1, "two byte order marks at its start")
  return {
    text: source + PADDING,
    pos: start,
    line: 0,
    lineStart: start,
    newlines: 0,
    flowLevel: 0,
    indent: -1,
    indents: [],
    isKeyAllowed: true,
    keys: [newKey()],
    tokens: [],
    head: 0,
    isReady: false,
    dropped: 0,
    isEnded: false,
    comments: [],
    passed: [],
    commentsHead: 0,
  }
}

/** A token without content. */
export function signToken(type: TokenType, start: number, end: number, line: number, column: number): YamlToken {
  return { type, start, end, line, column, value: "", suffix: "", style: "plain", block: null, keyLevel: -1 }
}

const beforeAll: YamlToken = signToken("document-end", 0, 0, 0, 0)

/** go-yaml begins with a token for the start of the stream; here it is not in the queue. */
export function lastToken(s: Scanner): YamlToken {
  return s.tokens[s.tokens.length - 1] ?? beforeAll
}

export function newKey(): SimpleKey {
  return { isPossible: false, isRequired: false, number: 0, start: 0, line: 0, column: 0 }
}

export function columnOf(s: Scanner): number {
  return s.pos - s.lineStart
}

/** Moves after the break at `pos`; CR LF is one. */
export function skipBreak(s: Scanner): void {
  s.pos += s.text.charCodeAt(s.pos) === CR && s.text.charCodeAt(s.pos + 1) === LF ? 2 : 1
  s.line++
  s.lineStart = s.pos
  s.newlines++
}

/** Passes a comment from its mark to the end of the line. */
export function passComment(s: Scanner): CommentLine {
  const start = s.pos + 1
  const line = s.line + 1
  skipLine(s)
  const comment = { span: { start, end: s.pos }, line }
  s.passed.push(comment)
  return comment
}

/** Moves to the end of the line; what is passed counts as content. */
function skipLine(s: Scanner): void {
  const { text } = s
  let at = s.pos
  for (let code = text.charCodeAt(at); !isBreakOrEnd(code); code = text.charCodeAt(++at)) {
    if (isHighSurrogate(code)) s.lineStart++
  }
  s.newlines = 0
  s.pos = at
}

/** `---` or `...` with a blank, a break or the end after it. */
export function isDocumentMark(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  if (code !== 0x2d && code !== 0x2e) return false
  if (text.charCodeAt(at + 1) !== code || text.charCodeAt(at + 2) !== code) return false
  const next = text.charCodeAt(at + 3)
  return next === 0x20 || next === 0x09 || isBreakOrEnd(next)
}

/**
 * The error of a place with its reason, in our words, never in words of the text; line and column are 1-based, in
 * UTF-16 units.
 */
export function syntaxAt(text: string, at: number, reason: string): AppError {
  return new AppError("SYNTAX", placeOf(text, at), { subject: reason })
}

export function placeOf(text: string, at: number): { line: number; column: number } {
  let line = 1
  let start = text.charCodeAt(0) === BOM ? 1 : 0
  const end = Math.min(at, text.length)
  for (let i = 0; i < end; i++) {
    const code = text.charCodeAt(i)
    if (code === LF || (code === CR && text.charCodeAt(i + 1) !== LF)) {
      line++
      start = i + 1
    }
  }
  return { line, column: Math.max(1, end - start + 1) }
}
