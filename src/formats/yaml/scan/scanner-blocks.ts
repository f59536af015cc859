import {
  type Scanner,
  type SimpleKey,
  type YamlToken,
  type TokenType,
  columnOf,
  sign,
  syntaxAt,
} from "./scanner-state.ts"

/** A key without `?` ends on its line and within this many code points. */
const KEY_CHARS_MAX = 1024

/**
 * Notes that the next token may begin a key. It must, when it is at the column of the block that is open.
 *
 * @returns what to put into the token's `keyLevel`
 */
export function saveKey(s: Scanner): number {
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
export function dropKey(s: Scanner): void {
  const key = lastKey(s)
  if (key.isPossible && key.isRequired) throw syntaxAt(s.text, key.start, "a `:` is missing behind a key")
  key.isPossible = false
}

/** A key that is too long, or goes beyond its line, is not a key; that is an error if it had to be one. */
export function isKeyValid(s: Scanner, key: SimpleKey): boolean {
  if (!key.isPossible) return false
  if (key.line === s.line && columnOf(s) - key.column <= KEY_CHARS_MAX) return true
  if (key.isRequired) throw syntaxAt(s.text, key.start, "a `:` is missing behind a key")
  key.isPossible = false
  return false
}

export function lastKey(s: Scanner): SimpleKey {
  return s.keys[s.keys.length - 1]!
}

/** Opens a block whose entries start at a column. */
export function rollIndent(s: Scanner, column: number, at: number, type: TokenType, start: number, line: number): void {
  if (s.flowLevel > 0 || s.indent >= column) return
  s.indents.push(s.indent)
  s.indent = column
  insert(s, at, sign(type, start, start, line, column))
}

/**
 * Closes all blocks that are deeper than a column. The end of a block moves before comments that are at its own
 * column, so that they become the feet of what is outside.
 */
export function unrollIndent(s: Scanner, column: number, scanStart: number): void {
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
    push(s, sign("block-end", end, end, s.line, s.indent))
    s.indent = s.indents.pop() ?? -1
  }
}

/** There is seldom more than one token after the place, so this is faster than a splice. */
export function insert({ tokens }: Scanner, at: number, token: YamlToken): void {
  tokens.push(token)
  for (let i = tokens.length - 1; i > at; i--) tokens[i] = tokens[i - 1]!
  tokens[at] = token
}

export function push(s: Scanner, token: YamlToken): void {
  s.tokens.push(token)
}
