import { type Span } from "../../../core/text.ts"
import { type CommentLine, type YamlDocument } from "./node.ts"
import { parseNode } from "./parse-node.ts"
import { type Parser, lines, peek, takeComments } from "./parser-state.ts"
import { nextToken } from "./scanner.ts"
import { type CommentText, type YamlToken, type TokenType, newScanner, syntaxAt } from "./scanner-state.ts"

export interface ParsedYaml {
  /** None for an empty text and for one that holds comments only. */
  readonly documents: YamlDocument[]
  /** Every comment of the text, taken by a node or not. */
  readonly comments: readonly CommentLine[]
}

/**
 * Parses YAML as go-yaml v3.0.4 does: it refuses what that refuses, and attaches comments to the same nodes.
 *
 * @throws {AppError} `SYNTAX` with line and column; `TOO_LARGE` when collections nest too deep
 */
export function parseYaml(source: string): ParsedYaml {
  const p: Parser = {
    source,
    scanner: newScanner(source),
    head: [],
    line: [],
    foot: [],
    stem: null,
    anchors: new Map(),
    tagPrefixes: new Map(),
    depth: 0,
    parseNode,
  }
  const documents: YamlDocument[] = []
  for (let from = 0; ;) {
    const document = parseDocument(p, from, documents.length === 0)
    if (document === null) return { documents, comments: p.scanner.passed }
    documents.push(document)
    from = document.span.end
  }
}

/** @see go-yaml v3.0.4 parserc.go, yaml_parser_parse_document_start, _content and _end */
function parseDocument(p: Parser, from: number, isFirst: boolean): YamlDocument | null {
  const beginning = parseBeginning(p, isFirst)
  if (beginning === null) return null
  const isEmpty = beginning.start !== null && contentEnds.has(peek(p).type)
  const root = isEmpty ? null : parseNode(p, true, false)

  const token = peek(p)
  const hasMark = token.type === "document-end"
  const end = hasMark ? { start: token.start, end: token.end } : null
  if (hasMark) nextToken(p.scanner)
  const { head, foot } = takeComments(p)
  const until = hasMark ? token.end : token.start
  return { root, ...beginning, span: { start: from, end: until }, end, foot: foot.length === 0 ? head : foot }
}

const contentEnds: ReadonlySet<TokenType> = new Set([
  "version",
  "tag-directive",
  "document-start",
  "document-end",
  "stream-end",
])

interface Beginning {
  readonly directives: Span | null
  readonly start: Span | null
  readonly head: YamlDocument["head"]
}

/** Only the first document may do without `---`. */
function parseBeginning(p: Parser, isFirst: boolean): Beginning | null {
  let token = peek(p)
  if (isFirst && (token.type === "document-end" || !contentEnds.has(token.type))) {
    p.tagPrefixes = defaultPrefixes
    return { directives: null, start: null, head: splitHead(p) }
  }
  while (token.type === "document-end") {
    nextToken(p.scanner)
    token = peek(p)
  }
  if (token.type === "stream-end") return null
  const directives = parseDirectives(p)
  token = peek(p)
  if (token.type !== "document-start") throw syntaxAt(p.source, token.start, "`---` is missing")
  nextToken(p.scanner)
  return { directives, start: { start: token.start, end: token.end }, head: [] }
}

/** The head comment up to its last empty line belongs to the document, the rest to what follows. */
function splitHead(p: Parser): YamlDocument["head"] {
  const at = p.head.lastIndexOf(null)
  if (at <= 0) return []
  const head: CommentText = p.head.slice(0, at)
  p.head = p.head.slice(at + 1)
  return lines(head)
}

const YAML_PREFIX = "tag:yaml.org,2002:"
const defaultPrefixes: ReadonlyMap<string, string> = new Map([
  ["!", "!"],
  ["!!", YAML_PREFIX],
])

function parseDirectives(p: Parser): Span | null {
  const prefixes = new Map<string, string>()
  let hasVersion = false
  const first = peek(p).start
  let end = -1
  let token: YamlToken
  for (token = peek(p); token.type === "version" || token.type === "tag-directive"; token = peek(p)) {
    if (token.type === "version") {
      // go-yaml reads 1.1 only.
      if (hasVersion || token.value !== "1.1")
        throw syntaxAt(p.source, token.start, "only YAML 1.1 can be declared, and only once")
      hasVersion = true
    } else {
      if (prefixes.has(token.value)) throw syntaxAt(p.source, token.start, "a tag handle is declared twice")
      prefixes.set(token.value, token.suffix)
    }
    end = token.end
    nextToken(p.scanner)
  }
  for (const [handle, prefix] of defaultPrefixes) if (!prefixes.has(handle)) prefixes.set(handle, prefix)
  p.tagPrefixes = prefixes
  return end === -1 ? null : { start: first, end }
}
