import { CLOSE_BRACE, CLOSE_BRACKET, HASH, isBlank, isBreak } from "./chars.ts"
import {
  type CommentText,
  type PendingComment,
  type Scanner,
  type YamlToken,
  lastToken,
  skipBreak,
  passComment,
} from "./scanner-state.ts"

/** go-yaml looks no further than this for the next comment line. */
const LOOK_AHEAD = 512

/**
 * Takes a comment after a token on its line.
 *
 * @param tokenStart - of the token that gets it
 * @see go-yaml v3.0.4 scannerc.go, yaml_parser_scan_line_comment
 */
export function scanLineComment(s: Scanner, tokenStart: number): void {
  if (s.newlines > 0) return
  const { text } = s
  let at = s.pos
  while (at < s.pos + LOOK_AHEAD && isBlank(text.charCodeAt(at))) at++
  if (at === s.pos + LOOK_AHEAD || text.charCodeAt(at) !== HASH) return
  s.pos = at
  const column = at - s.lineStart
  s.comments.push({ scanStart: 0, tokenStart, start: at, column, end: 0, kind: "line", text: [passComment(s)] })
}

/**
 * Takes all comment lines from here to the next token, and decides by indentation and empty lines which of them are the
 * foot of what came before and which the head of what follows.
 *
 * The arithmetic is go-yaml's, with its oddities: columns are 1-based here, line numbers are not counted over the break
 * after a comment, CR LF counts as two breaks, and a multi-byte break ends the search.
 *
 * @param scanStart - where the blanks and comments before the next token begin
 * @see go-yaml v3.0.4 scannerc.go, yaml_parser_scan_comments
 */
export function scanComments(s: Scanner, scanStart: number, scanLine: number): void {
  const last = tokenBefore(s)
  const run: Run = {
    scanStart,
    tokenStart: last.start,
    start: 0,
    line: 0,
    column: 0,
    text: [],
    indent: Math.max(s.indent, 0),
  }
  let line = s.line
  let column = s.pos - s.lineStart
  let wasEmpty = false
  let isFirstGap = s.newlines <= 1
  // A comment that begins on this line still belongs to what comes before it.
  let footLine = -1
  if (scanLine > 0) {
    footLine = s.line - s.newlines + 1
    if (s.newlines === 0 && column > 1) footLine++
  }

  let peek = 0
  for (; peek < LOOK_AHEAD; peek++) {
    column++
    const at = s.pos + peek
    const code = s.text.charCodeAt(at)
    if (isBlank(code)) continue
    const closesFlow = s.flowLevel > 0 && (code === CLOSE_BRACKET || code === CLOSE_BRACE)
    const breaks = isBreak(code)
    if (closesFlow || breaks || code === 0) {
      if (closesFlow || !wasEmpty) {
        const isFoot = run.line === footLine && last.type !== "value"
        if (closesFlow || (isFirstGap && (isFoot || run.column - 1 < run.indent))) {
          if (run.text.length > 0) {
            // A dedented comment has nothing to do with the token before it.
            if (run.column - 1 < run.indent) run.tokenStart = run.start
            cutFoot(s, run, at)
          }
        } else if (run.text.length > 0 && code !== 0) run.text.push(null)
      }
      if (!breaks) break
      isFirstGap = false
      wasEmpty = true
      column = 0
      line++
      if (code < 128) continue
      peek++
      cutAtHighBreak(s, run, at + 1)
      break
    }
    if (run.text.length > 0 && column - 1 < run.indent && column !== run.column) cutFoot(s, run, at)
    if (code !== HASH) break

    if (run.text.length === 0) {
      run.start = at
      run.line = line
      run.column = column
    }
    wasEmpty = false
    while (s.pos < at) {
      if (isBreak(s.text.charCodeAt(s.pos))) skipBreak(s)
      else s.pos++
    }
    run.text.push(passComment(s))
    // The search goes on after the first byte of the break.
    peek = 0
    column = 0
    line = s.line
    if (s.text.charCodeAt(s.pos) >= 128) {
      peek++
      cutAtHighBreak(s, run, s.pos + 1)
      break
    }
  }
  if (run.text.length > 0) {
    const { start, text } = run
    const end = s.pos + peek - 1
    s.comments.push({ scanStart: run.scanStart, tokenStart: start, start, column: run.column, end, kind: "head", text })
  }
}

/** Comment lines that still form one comment. */
interface Run {
  scanStart: number
  tokenStart: number
  start: number
  line: number
  column: number
  text: CommentText
  readonly indent: number
}

/** go-yaml takes the second byte of NEL, LS and PS for content at the start of a line. */
function cutAtHighBreak(s: Scanner, run: Run, end: number): void {
  if (run.text.length > 0 && run.indent > 0 && run.column !== 1) cutFoot(s, run, end)
}

function cutFoot(s: Scanner, run: Run, end: number): void {
  const { scanStart, tokenStart, start, column, text } = run
  const comment: PendingComment = { scanStart, tokenStart, start, column, end, kind: "foot", text }
  s.comments.push(comment)
  run.scanStart = end
  run.tokenStart = end
  run.text = []
}

/** The token that a foot belongs to: the one before a comma, not the comma. */
function tokenBefore(s: Scanner): YamlToken {
  const last = lastToken(s)
  const before = s.tokens[s.tokens.length - 2]
  return last.type === "comma" && before !== undefined ? before : last
}
