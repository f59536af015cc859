import {
  AMPERSAND,
  AT,
  BACKQUOTE,
  BANG,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  DASH,
  DOUBLE_QUOTE,
  GREATER,
  HASH,
  OPEN_BRACE,
  OPEN_BRACKET,
  PERCENT,
  PIPE,
  QUESTION,
  SINGLE_QUOTE,
  SPACE,
  STAR,
  TAB,
  isBlankOrEnd,
  isBreak,
  isWord,
} from "./chars.ts"
import { scanComments, scanLineComment } from "./comments.ts"
import { scanBlock, scanPlain, scanQuoted } from "./scalars.ts"
import {
  type Scanner,
  type SimpleKey,
  type TokenType,
  type YamlToken,
  columnOf,
  isDocumentMark,
  lastToken,
  newKey,
  signToken,
  skipBreak,
  syntaxAt,
} from "./scanner-state.ts"
import { scanDirective, scanTag } from "./tags.ts"

/** Drops read tokens from the queue in lots. */
const DROP_LOT = 512

/**
 * The token that the parser looks at. Before that, two more are read, so that the comments after it are
 * known, and as many as it takes to tell whether it begins a key.
 *
 * @see go-yaml v3.0.4 scannerc.go, yaml_parser_fetch_more_tokens
 */
export function headToken(s: Scanner): YamlToken {
  if (!s.isReady) {
    while (!isHeadReady(s) && !s.isEnded) fetchToken(s)
    s.isReady = true
  }
  return s.tokens[s.head]!
}

export function nextToken(s: Scanner): void {
  s.isReady = false
  s.head++
  if (s.head < DROP_LOT) return
  s.tokens.splice(0, s.head)
  s.dropped += s.head
  s.head = 0
}

function isHeadReady(s: Scanner): boolean {
  if (s.head >= s.tokens.length - 2) return false
  const { keyLevel } = s.tokens[s.head]!
  if (keyLevel === -1) return true
  const key = s.keys[keyLevel]
  return key === undefined || key.number !== s.dropped + s.head || !isKeyValid(s, key)
}

function fetchToken(s: Scanner): void {
  const { text } = s
  const scanStart = s.pos
  skipToToken(s)
  unrollIndent(s, columnOf(s), scanStart)
  const code = text.charCodeAt(s.pos)
  if (code === 0) return fetchEnd(s)
  if (s.pos === s.lineStart) {
    if (code === PERCENT) return fetchDirective(s)
    if (isDocumentMark(text, s.pos)) return fetchDocumentMark(s, code === DASH ? "document-start" : "document-end")
  }
  // A comment after `key:` belongs to the key, one after a comma to what comes before the comma.
  const isSeparator = code === (s.flowLevel === 0 ? COLON : COMMA)
  const commentStart = isSeparator ? lastToken(s).start : s.pos
  fetchContent(s, code)
  if (lastToken(s).type !== "entry") scanLineComment(s, commentStart)
}

function fetchContent(s: Scanner, code: number): void {
  const inFlow = s.flowLevel > 0
  const next = s.text.charCodeAt(s.pos + 1)
  switch (code) {
    case OPEN_BRACKET:
      return fetchOpen(s, "list-open")
    case OPEN_BRACE:
      return fetchOpen(s, "map-open")
    case CLOSE_BRACKET:
      return fetchClose(s, "list-close")
    case CLOSE_BRACE:
      return fetchClose(s, "map-close")
    case COMMA:
      dropKey(s)
      s.isKeyAllowed = true
      return pushSign(s, "comma")
    case DASH:
      if (isBlankOrEnd(next)) return fetchEntry(s)
      break
    case QUESTION:
      if (inFlow || isBlankOrEnd(next)) return fetchKey(s)
      break
    case COLON:
      if (inFlow || isBlankOrEnd(next)) return fetchValue(s)
      break
    case STAR:
      return fetchAnchor(s, "alias")
    case AMPERSAND:
      return fetchAnchor(s, "anchor")
    case BANG:
      return fetchTag(s)
    case PIPE:
    case GREATER:
      if (inFlow) throw syntaxAt(s.text, s.pos, "a block scalar cannot be in brackets")
      return fetchBlockScalar(s)
    case SINGLE_QUOTE:
      return fetchScalar(s, "single")
    case DOUBLE_QUOTE:
      return fetchScalar(s, "double")
    case PERCENT:
    case AT:
    case BACKQUOTE:
    case HASH:
      throw syntaxAt(s.text, s.pos, "a value cannot begin with this character: put it in quotes")
    case TAB:
      throw syntaxAt(s.text, s.pos, "a tab cannot indent: use spaces")
  }
  fetchScalar(s, "plain")
}

/** Passes blanks, breaks and comments. */
function skipToToken(s: Scanner): void {
  const { text } = s
  const scanStart = s.pos
  const scanLine = s.line
  for (;;) {
    let code = text.charCodeAt(s.pos)
    // A tab is not indentation: not where a key may be in block context.
    while (code === SPACE || (code === TAB && (s.flowLevel > 0 || !s.isKeyAllowed))) code = text.charCodeAt(++s.pos)
    if (code === HASH) {
      scanComments(s, scanStart, scanLine)
      code = text.charCodeAt(s.pos)
    }
    if (!isBreak(code)) return
    skipBreak(s)
    if (s.flowLevel === 0) s.isKeyAllowed = true
  }
}

function fetchEnd(s: Scanner): void {
  if (columnOf(s) !== 0) {
    s.line++
    s.lineStart = s.pos
  }
  unrollIndent(s, -1, s.pos)
  dropKey(s)
  s.isKeyAllowed = false
  push(s, signToken("stream-end", s.pos, s.pos, s.line, 0))
  s.isEnded = true
}

function fetchDirective(s: Scanner): void {
  unrollIndent(s, -1, s.pos)
  dropKey(s)
  s.isKeyAllowed = false
  const { pos, line } = s
  const { type, end, handle, suffix } = scanDirective(s)
  push(s, { ...signToken(type, pos, end, line, 0), value: handle, suffix })
}

function fetchDocumentMark(s: Scanner, type: TokenType): void {
  unrollIndent(s, -1, s.pos)
  dropKey(s)
  s.isKeyAllowed = false
  push(s, signToken(type, s.pos, s.pos + 3, s.line, 0))
  s.pos += 3
  s.newlines = 0
}

function fetchOpen(s: Scanner, type: TokenType): void {
  const keyLevel = saveKey(s)
  s.keys.push(newKey())
  s.flowLevel++
  s.isKeyAllowed = true
  push(s, { ...signToken(type, s.pos, s.pos + 1, s.line, columnOf(s)), keyLevel })
  s.pos++
  s.newlines = 0
}

function fetchClose(s: Scanner, type: TokenType): void {
  dropKey(s)
  if (s.flowLevel > 0) {
    s.flowLevel--
    s.keys.pop()
  }
  s.isKeyAllowed = false
  pushSign(s, type)
}

function fetchEntry(s: Scanner): void {
  if (s.flowLevel === 0) {
    if (!s.isKeyAllowed) throw syntaxAt(s.text, s.pos, "a list cannot begin here")
    rollIndent(s, columnOf(s), s.tokens.length, "block-list", s.pos, s.line)
  }
  dropKey(s)
  s.isKeyAllowed = true
  pushSign(s, "entry")
}

function fetchKey(s: Scanner): void {
  if (s.flowLevel === 0) {
    if (!s.isKeyAllowed) throw syntaxAt(s.text, s.pos, "a key cannot be here: check the indentation")
    rollIndent(s, columnOf(s), s.tokens.length, "block-map", s.pos, s.line)
  }
  dropKey(s)
  s.isKeyAllowed = s.flowLevel === 0
  pushSign(s, "key")
}

function fetchValue(s: Scanner): void {
  const key = lastKey(s)
  if (isKeyValid(s, key)) {
    const { start, line, column } = key
    const at = key.number - s.dropped
    insert(s, at, signToken("key", start, start, line, column))
    rollIndent(s, column, at, "block-map", start, line)
    key.isPossible = false
    s.isKeyAllowed = false
  } else {
    if (s.flowLevel === 0) {
      if (!s.isKeyAllowed)
        throw syntaxAt(
          s.text,
          s.pos,
          "a key cannot be here: check the indentation, or put a value that holds `: ` in quotes",
        )
      rollIndent(s, columnOf(s), s.tokens.length, "block-map", s.pos, s.line)
    }
    s.isKeyAllowed = s.flowLevel === 0
  }
  pushSign(s, "value")
}

/** What may come right after a name: a blank, a break, the end, or one of these. */
const afterName = new Set(Array.from("?:,]}%@`", (letter) => letter.charCodeAt(0)))

function fetchAnchor(s: Scanner, type: TokenType): void {
  const { text } = s
  const keyLevel = saveKey(s)
  s.isKeyAllowed = false
  const token = signToken(type, s.pos, 0, s.line, columnOf(s))
  const start = ++s.pos
  while (isWord(text.charCodeAt(s.pos))) s.pos++
  const next = text.charCodeAt(s.pos)
  if (s.pos === start || !(isBlankOrEnd(next) || afterName.has(next)))
    throw syntaxAt(text, s.pos, "an anchor or alias has no such name")
  s.newlines = 0
  push(s, { ...token, end: s.pos, value: text.slice(start, s.pos), keyLevel })
}

function fetchTag(s: Scanner): void {
  const keyLevel = saveKey(s)
  s.isKeyAllowed = false
  const token = signToken("tag", s.pos, 0, s.line, columnOf(s))
  const { handle, suffix } = scanTag(s)
  s.newlines = 0
  push(s, { ...token, end: s.pos, value: handle, suffix, keyLevel })
}

function fetchBlockScalar(s: Scanner): void {
  dropKey(s)
  s.isKeyAllowed = true
  const { pos: start, line } = s
  const column = columnOf(s)
  const style = s.text.charCodeAt(start) === PIPE ? "literal" : "folded"
  const { value, end, block } = scanBlock(s)
  push(s, { type: "scalar", start, end, line, column, value, suffix: "", style, block, keyLevel: -1 })
}

function fetchScalar(s: Scanner, style: "plain" | "single" | "double"): void {
  const keyLevel = saveKey(s)
  s.isKeyAllowed = false
  const { pos: start, line } = s
  const column = columnOf(s)
  const { value, end } = style === "plain" ? scanPlain(s) : scanQuoted(s)
  push(s, { type: "scalar", start, end, line, column, value, suffix: "", style, block: null, keyLevel })
}

/** A token of one character. */
function pushSign(s: Scanner, type: TokenType): void {
  push(s, signToken(type, s.pos, s.pos + 1, s.line, columnOf(s)))
  s.pos++
  s.newlines = 0
}

/** A key without `?` ends on its line and within this many code points. */
const KEY_CHARS_MAX = 1024

/**
 * Notes that the next token may begin a key. It must, when it is at the column of the block that is open.
 *
 * @returns what to put into the token's `keyLevel`
 */
function saveKey(s: Scanner): number {
  if (!s.isKeyAllowed) return -1
  dropKey(s)
  const key = lastKey(s)
  key.isPossible = true
  key.isRequired = s.flowLevel === 0 && s.indent === columnOf(s)
  key.number = s.dropped + s.tokens.length
  key.start = s.pos
  key.line = s.line
  key.column = columnOf(s)
  return s.keys.length - 1
}

/** No `:` can make a key of the noted token any more. */
function dropKey(s: Scanner): void {
  const key = lastKey(s)
  if (key.isPossible && key.isRequired) throw syntaxAt(s.text, key.start, "a `:` is missing after a key")
  key.isPossible = false
}

/** A key that is too long, or goes beyond its line, is not a key; that is an error if it had to be one. */
function isKeyValid(s: Scanner, key: SimpleKey): boolean {
  if (!key.isPossible) return false
  if (key.line === s.line && columnOf(s) - key.column <= KEY_CHARS_MAX) return true
  if (key.isRequired) throw syntaxAt(s.text, key.start, "a `:` is missing after a key")
  key.isPossible = false
  return false
}

function lastKey(s: Scanner): SimpleKey {
  return s.keys[s.keys.length - 1]!
}

/** Opens a block whose entries start at a column. */
function rollIndent(s: Scanner, column: number, at: number, type: TokenType, start: number, line: number): void {
  if (s.flowLevel > 0 || s.indent >= column) return
  s.indents.push(s.indent)
  s.indent = column
  insert(s, at, signToken(type, start, start, line, column))
}

/**
 * Closes all blocks that are deeper than a column. The end of a block moves before comments that are at its own
 * column, so that they become the feet of what is outside.
 */
function unrollIndent(s: Scanner, column: number, scanStart: number): void {
  if (s.flowLevel > 0) return
  let end = scanStart - 1
  while (s.indent > column) {
    let stop = end
    for (let i = s.comments.length - 1; i >= s.commentsHead; i--) {
      const comment = s.comments[i]!
      if (comment.end < stop) break
      if (comment.column === s.indent + 1) end = comment.start
      stop = comment.scanStart
    }
    push(s, signToken("block-end", end, end, s.line, s.indent))
    s.indent = s.indents.pop() ?? -1
  }
}

/** There is seldom more than one token after the place, so this is faster than a splice. */
function insert({ tokens }: Scanner, at: number, token: YamlToken): void {
  tokens.push(token)
  for (let i = tokens.length - 1; i > at; i--) tokens[i] = tokens[i - 1]!
  tokens[at] = token
}

function push(s: Scanner, token: YamlToken): void {
  s.tokens.push(token)
}
