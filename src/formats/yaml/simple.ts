import { type BlockLayout, type ScalarStyle, type YamlDocument, type YamlNode, type YamlPair } from "./node.ts"
import { listNode, mapNode } from "./node-parts.ts"
import { noComments } from "./parser-state.ts"
import { sign } from "./scanner-state.ts"
import {
  COLON,
  DASH,
  DOUBLE_QUOTE,
  LF,
  OPEN_BRACE,
  OPEN_BRACKET,
  PIPE,
  SINGLE_QUOTE,
  SPACE,
  unprintable,
} from "./chars.ts"

/**
 * Parses texts that are written in the plainest YAML: one document of mappings and lists in block style, one entry a
 * line, without comments, anchors and tags. Most of a large file is made of such lines, and to look at them takes the
 * tokens of `parseYaml` ten times as long.
 *
 * @returns what `parseYaml` returns for the same text; `null` for anything that is not that plain, invalid text included
 */
export function parseSimple(source: string): YamlDocument[] | null {
  if (odd.test(source) || unprintable.test(source) || !source.isWellFormed()) return null
  const hasMark = source.startsWith("---\n")
  const s: Lines = { source, line: 0, start: 0, indent: 0, hasEscapes: source.includes("\\"), depth: 0 }
  if (hasMark) {
    s.line = 1
    s.start = 4
  }
  skipEmpty(s)
  if (s.start >= source.length) return null
  const root = parseBlock(s)
  if (root === null || s.start < source.length) return null
  const start = hasMark ? { start: 0, end: 3 } : null
  const span = { start: 0, end: source.length }
  return [{ root, directives: null, start, head: [], span, end: null, foot: [] }]
}

/** Breaks other than LF, tabs, and marks of byte order: they are rare, and each has rules of its own. */
const odd = /[\t\r\x85\u2028\u2029\ufeff]/

/** What is deeper has time for the other parser, which knows the limits. */
const DEPTH_MAX = 50
const KEY_CHARS_MAX = 1000

/** The line that is looked at: its number from 0, where it begins, and the column of its content. */
interface Lines {
  readonly source: string
  line: number
  start: number
  indent: number
  readonly hasEscapes: boolean
  depth: number
}

/** Moves on over empty lines and takes the measure of the next one. */
function skipEmpty(s: Lines): void {
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
}

/** Moves behind the line that ends at an offset. */
function moveOn(s: Lines, lineEnd: number): void {
  s.start = lineEnd + 1
  s.line++
  skipEmpty(s)
}

function lineEndAt({ source }: Lines, at: number): number {
  const found = source.indexOf("\n", at)
  return found === -1 ? source.length : found
}

function isEntry({ source }: Lines, at: number): boolean {
  return source.charCodeAt(at) === DASH && source.charCodeAt(at + 1) === SPACE
}

/** The mapping or list whose first entry is on this line. */
function parseBlock(s: Lines): YamlNode | null {
  if (++s.depth > DEPTH_MAX) return null
  const at = s.start + s.indent
  const node = isEntry(s, at) ? parseList(s, s.indent) : parseMap(s, at, s.indent)
  s.depth--
  return node
}

/** A key of letters that mean nothing else, and the colon behind it. */
const key = /[A-Za-z0-9_.][\w./-]*:(?=[ \n]|$)/y

/** @param at - the first key; it need not be the first character of its line */
function parseMap(s: Lines, at: number, column: number): YamlNode | null {
  const { source } = s
  const first = sign("block-map", at, at, s.line, column)
  const pairs: YamlPair[] = []
  let end = at
  for (let keyStart = at; ; keyStart = s.start + column) {
    key.lastIndex = keyStart
    if (!key.test(source)) return null
    const colon = key.lastIndex - 1
    if (colon - keyStart > KEY_CHARS_MAX) return null
    const name = scalar(keyStart, colon, s.line, column, "plain", source.slice(keyStart, colon), null)
    const value = parseValue(s, colon, column + colon - keyStart, column)
    if (value === null) return null
    pairs.push({ question: -1, colon, key: name, value })
    end = Math.max(colon + 1, value.span.end)
    if (s.indent !== column || isEntry(s, s.start + column)) break
  }
  // What stands deeper than the entries goes on with a value, or is an error.
  if (s.indent > column || (s.indent === column && s.depth === 1)) return null
  return mapNode(first, null, { start: at, end }, noComments, { flow: false, bare: false, pairs })
}

function parseList(s: Lines, column: number): YamlNode | null {
  const first = sign("block-list", s.start + column, 0, s.line, column)
  const items: YamlNode[] = []
  const dashes: number[] = []
  do {
    const dash = s.start + column
    let at = dash + 2
    while (s.source.charCodeAt(at) === SPACE) at++
    key.lastIndex = at
    const item = key.test(s.source) ? nestedMap(s, at) : parseInline(s, at, at - s.start, column)
    if (item === null) return null
    dashes.push(dash)
    items.push(item)
  } while (s.indent === column && isEntry(s, s.start + column))
  if (s.indent > column) return null
  const end = Math.max(dashes[dashes.length - 1]! + 1, items[items.length - 1]!.span.end)
  return listNode(first, null, { start: first.start, end }, noComments, { flow: false, items, dashes })
}

function nestedMap(s: Lines, at: number): YamlNode | null {
  if (++s.depth > DEPTH_MAX) return null
  const node = parseMap(s, at, at - s.start)
  s.depth--
  return node
}

/** What stands behind a colon, or on the lines below it. */
function parseValue(s: Lines, colon: number, colonColumn: number, parent: number): YamlNode | null {
  const { source } = s
  if (source.charCodeAt(colon + 1) === SPACE) {
    let at = colon + 2
    while (source.charCodeAt(at) === SPACE) at++
    return parseInline(s, at, colonColumn + at - colon, parent)
  }
  const { line } = s
  moveOn(s, colon + 1)
  const isBelow = s.indent > parent || (s.indent === parent && isEntry(s, s.start + s.indent))
  return isBelow ? parseBlock(s) : scalar(colon + 1, colon + 1, line, colonColumn + 1, "plain", "", null)
}

/** A value that begins and, but for a block, ends on this line. */
function parseInline(s: Lines, at: number, column: number, parent: number): YamlNode | null {
  const { source, line } = s
  const end = lineEndAt(s, at)
  const code = source.charCodeAt(at)
  if (code === PIPE) return parseLiteral(s, at, end, column, parent)
  let node: YamlNode | null
  if (code === DOUBLE_QUOTE || code === SINGLE_QUOTE) {
    if (end - at < 2 || source.indexOf(code === DOUBLE_QUOTE ? '"' : "'", at + 1) !== end - 1) return null
    const value = source.slice(at + 1, end - 1)
    if (s.hasEscapes && code === DOUBLE_QUOTE && value.includes("\\")) return null
    node = scalar(at, end, line, column, code === DOUBLE_QUOTE ? "double" : "single", value, null)
  } else if (code === OPEN_BRACKET || code === OPEN_BRACE) {
    node = end - at === 2 ? emptyFlow(source, at, line, column) : null
  } else {
    const value = source.slice(at, end)
    node = isPlain(value) ? scalar(at, end, line, column, "plain", value, null) : null
  }
  if (node !== null) moveOn(s, end)
  return node
}

function emptyFlow(source: string, at: number, line: number, column: number): YamlNode | null {
  const token = sign("list-open", at, at + 1, line, column)
  const span = { start: at, end: at + 2 }
  if (source.startsWith("[]", at)) {
    return listNode(token, null, span, noComments, { flow: true, items: [], dashes: [] })
  }
  if (!source.startsWith("{}", at)) return null
  return mapNode(token, null, span, noComments, { flow: true, bare: false, pairs: [] })
}

/** Characters that begin something else than plain text. */
const indicators = new Uint8Array(128)
for (const sign of "-?:,[]{}#&*!|>'\"%@` ") indicators[sign.charCodeAt(0)] = 1

function isPlain(value: string): boolean {
  const first = value.charCodeAt(0)
  if (value === "" || (first < 128 && indicators[first] === 1)) return false
  const last = value.charCodeAt(value.length - 1)
  return last !== SPACE && last !== COLON && !value.includes(": ") && !value.includes(" #")
}

/** `|` alone, and lines without empty ones between them. */
function parseLiteral(s: Lines, at: number, headerEnd: number, column: number, parent: number): YamlNode | null {
  const { source, line } = s
  if (headerEnd !== at + 1 || headerEnd === source.length) return null
  const bodyStart = headerEnd + 1
  let start = bodyStart
  while (source.charCodeAt(start) === SPACE) start++
  const indent = start - bodyStart
  if (indent <= Math.max(parent, 0) || start === source.length || source.charCodeAt(start) === LF) return null
  const parts: string[] = []
  let contentEnd = 0
  let next = bodyStart
  let lines = 0
  while (next < source.length) {
    let content = next
    while (content < next + indent && source.charCodeAt(content) === SPACE) content++
    if (content < next + indent) break
    if (isBlankLine(source, content)) return null
    contentEnd = lineEndAt(s, content)
    parts.push(source.slice(content, contentEnd))
    lines++
    next = contentEnd + 1
  }
  // An empty line may belong to the text or to what follows.
  if (next < source.length && (source.charCodeAt(next) === LF || isBlankLine(source, next))) return null
  const value = parts.join("\n") + (contentEnd < source.length ? "\n" : "")
  const block: BlockLayout = {
    header: { start: at, end: headerEnd },
    indicator: 0,
    chomp: "clip",
    indent,
    body: { start: bodyStart, end: contentEnd },
  }
  s.line += lines
  moveOn(s, contentEnd)
  return scalar(at, contentEnd, line, column, "literal", value, block)
}

function isBlankLine(source: string, start: number): boolean {
  let at = start
  while (source.charCodeAt(at) === SPACE) at++
  return at === source.length || source.charCodeAt(at) === LF
}

function scalar(
  start: number,
  end: number,
  line: number,
  column: number,
  style: ScalarStyle,
  value: string,
  block: BlockLayout | null,
): YamlNode {
  // In the order of `scalarNode`, so that the engine takes both for one kind of object.
  return {
    type: "scalar",
    tag: "",
    shortTag: "",
    properties: { start, end: start },
    tagSpan: null,
    anchor: null,
    span: { start, end },
    line: line + 1,
    column,
    head: noComments.head,
    inline: noComments.inline,
    foot: noComments.foot,
    style,
    value,
    block,
  }
}
