import { limits } from "../../../core/limits.ts"
import { type Span } from "../../../core/text.ts"
import { AppError } from "../../../errors/app-error.ts"
import { type NodeProperties, aliasNode, emptyScalar, listNode, mapNode, scalarNode } from "./node-parts.ts"
import {
  type AliasNode,
  type CommentLine,
  type ListNode,
  type MapNode,
  type ScalarNode,
  type YamlDocument,
  type YamlNode,
  type YamlPair,
} from "./node.ts"
import { type NodeDraft, type Parser, lines, noComments, peek, takeComments, takeStem } from "./parser-state.ts"
import { type CommentText, type TokenType, type YamlToken, newScanner, placeOf, syntaxAt } from "./scanner-state.ts"
import { nextToken } from "./scanner.ts"

interface ParsedYaml {
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

/**
 * Parses one node. It takes comments when go-yaml takes them: scalars and flow collections at
 * their start, block collections never (their entries take them).
 *
 * @param mayBeIndentless - a list may start at the column of the mapping that holds it
 * @see go-yaml v3.0.4 parserc.go, yaml_parser_parse_node
 */
function parseNode(p: Parser, inBlock: boolean, mayBeIndentless: boolean): NodeDraft<YamlNode> {
  const first = peek(p)
  if (first.type === "alias") return parseAlias(p, first)
  if (first.type !== "anchor" && first.type !== "tag") return parseContent(p, first, null, inBlock, mayBeIndentless)
  const properties = parseProperties(p, first)
  const holder: { node: YamlNode | null } = { node: null }
  if (properties.anchor !== null) p.anchors.set(properties.anchor, holder)
  const node = parseContent(p, peek(p), properties, inBlock, mayBeIndentless)
  holder.node = node
  return node
}

function parseContent(
  p: Parser,
  token: YamlToken,
  properties: NodeProperties,
  inBlock: boolean,
  mayBeIndentless: boolean,
): NodeDraft<YamlNode> {
  switch (token.type) {
    case "scalar":
      return parseScalar(p, token, properties)
    case "list-open":
      return nested(p, token, properties, parseFlowList)
    case "map-open":
      return nested(p, token, properties, parseFlowMap)
    case "entry":
      if (mayBeIndentless) return nested(p, token, properties, parseIndentlessList)
      break
    case "block-list":
      if (inBlock) return nested(p, token, properties, parseBlockList)
      break
    case "block-map":
      if (inBlock) return nested(p, token, properties, parseBlockMap)
      break
    default:
      break
  }
  if (properties === null)
    throw syntaxAt(p.source, token.start, "a value is missing, or something else is in its place")
  return emptyScalar(properties.last, properties.end, properties)
}

function nested<T>(
  p: Parser,
  token: YamlToken,
  properties: NodeProperties,
  parse: (p: Parser, token: YamlToken, properties: NodeProperties) => T,
): T {
  if (++p.depth > limits.nesting_max) {
    throw new AppError("TOO_LARGE", placeOf(p.source, token.start), { subject: "nesting" })
  }
  const node = parse(p, token, properties)
  p.depth--
  return node
}

function parseAlias(p: Parser, token: YamlToken): NodeDraft<AliasNode> {
  // An anchor whose node is not complete holds the alias itself.
  const target = p.anchors.get(token.value)?.node
  if (target === undefined || target === null)
    throw syntaxAt(p.source, token.start, "no anchor of that name comes before this alias")
  const node = aliasNode(token, takeComments(p), target)
  nextToken(p.scanner)
  return node
}

/** An anchor and a tag, in any order, each at most once. */
function parseProperties(p: Parser, first: YamlToken): NonNullable<NodeProperties> {
  let anchor: string | null = null
  let tag: YamlToken | null = null
  let last = first
  for (let token = first; ; token = peek(p)) {
    if (token.type === "anchor" && anchor === null) anchor = token.value
    else if (token.type === "tag" && tag === null) tag = token
    else break
    last = token
    nextToken(p.scanner)
  }
  const { start } = first
  const { end } = last
  if (tag === null) return { tag: "", shortTag: "", tagSpan: null, anchor, start, end, last }
  const shortTag = resolveTag(p, tag)
  const tagSpan = { start: tag.start, end: tag.end }
  return { tag: p.source.slice(tag.start, tag.end), shortTag, tagSpan, anchor, start, end, last }
}

function resolveTag(p: Parser, { value: handle, suffix, start }: YamlToken): string {
  const prefix = handle === "" ? "" : p.tagPrefixes.get(handle)
  if (prefix === undefined) throw syntaxAt(p.source, start, "the tag handle is not declared")
  const tag = prefix + suffix
  if (tag === "!") return ""
  return tag.startsWith(YAML_PREFIX) ? `!!${tag.slice(YAML_PREFIX.length)}` : tag
}

function parseScalar(p: Parser, token: YamlToken, properties: NodeProperties): NodeDraft<ScalarNode> {
  const node = scalarNode(token, properties, takeComments(p))
  nextToken(p.scanner)
  return node
}

/** @see go-yaml v3.0.4 parserc.go, yaml_parser_parse_block_sequence_entry; decode.go, parser.sequence */
function parseBlockList(p: Parser, first: YamlToken, properties: NodeProperties): NodeDraft<ListNode> {
  const { head } = takeStem(p)
  nextToken(p.scanner)
  const { items, dashes } = parseEntries(p, noEntry)
  const token = peek(p)
  if (token.type !== "block-end")
    throw syntaxAt(p.source, token.start, "this does not continue the list above: check indent, quotes and brackets")
  nextToken(p.scanner)
  return blockList(first, properties, items, dashes, head)
}

/** A list at the column of the mapping that holds it. */
function parseIndentlessList(p: Parser, first: YamlToken, properties: NodeProperties): NodeDraft<ListNode> {
  const { items, dashes } = parseEntries(p, noIndentlessEntry)
  return blockList(first, properties, items, dashes, noComments.head)
}

function blockList(
  first: YamlToken,
  properties: NodeProperties,
  items: readonly YamlNode[],
  dashes: readonly number[],
  head: ListNode["head"],
): NodeDraft<ListNode> {
  const start = dashes[0] ?? first.start
  const lastDash = dashes[dashes.length - 1] ?? first.start
  const end = Math.max(lastDash + 1, items[items.length - 1]?.span.end ?? 0)
  const comments = head.length === 0 ? noComments : { ...noComments, head }
  return listNode(first, properties, { start, end }, comments, { flow: false, items, dashes })
}

const noEntry: ReadonlySet<TokenType> = new Set(["entry", "block-end"])
const noIndentlessEntry: ReadonlySet<TokenType> = new Set(["entry", "key", "value", "block-end"])

function parseEntries(p: Parser, ends: ReadonlySet<TokenType>): { items: YamlNode[]; dashes: number[] } {
  const items: YamlNode[] = []
  const dashes: number[] = []
  for (let token = peek(p); token.type === "entry"; token = peek(p)) {
    dashes.push(token.start)
    const headLines = p.head.length
    nextToken(p.scanner)
    splitStem(p, headLines)
    items.push(ends.has(peek(p).type) ? emptyScalar(token, token.end) : p.parseNode(p, true, false))
  }
  return { items, dashes }
}

/**
 * What was a head comment before the dash belongs to the block after it as a whole.
 *
 * @see go-yaml v3.0.4 parserc.go, yaml_parser_split_stem_comment
 */
function splitStem(p: Parser, headLines: number): void {
  if (headLines === 0) return
  const { type } = peek(p)
  if (type !== "block-list" && type !== "block-map") return
  p.stem = p.head.slice(0, headLines)
  p.head = p.head.slice(headLines)
}

/** @see go-yaml v3.0.4 parserc.go, yaml_parser_parse_block_mapping_key and _value; decode.go, parser.mapping */
function parseBlockMap(p: Parser, first: YamlToken, properties: NodeProperties): NodeDraft<MapNode> {
  const { head } = takeStem(p)
  nextToken(p.scanner)
  const pairs: YamlPair[] = []
  let lastKey: NodeDraft<YamlNode> | null = null
  let end = first.start
  let token: YamlToken
  for (token = peek(p); token.type === "key"; token = peek(p)) {
    const question = token.end > token.start ? token.start : -1
    nextToken(p.scanner)
    const key: NodeDraft<YamlNode> = noPart.has(peek(p).type)
      ? emptyScalar(token, token.end)
      : p.parseNode(p, true, true)
    // A dedented comment before a key is the foot of the entry before.
    if (key.foot.length > 0 && lastKey !== null) {
      lastKey.foot = key.foot
      key.foot = noComments.foot
    }
    const colonToken = peek(p)
    const colon = colonToken.type === "value" ? colonToken.start : -1
    const value = parseValue(p, key, colonToken)
    if (key.foot.length === 0 && value.foot.length > 0) {
      key.foot = value.foot
      value.foot = noComments.foot
    }
    pairs.push({ question, colon, key, value })
    end = Math.max(key.span.end, colon + 1, colon === -1 ? 0 : value.span.end)
    lastKey = key
  }
  if (token.type !== "block-end")
    throw syntaxAt(p.source, token.start, "this does not continue the mapping above: check indent, quotes and brackets")
  const { inline, foot } = takeComments(p)
  nextToken(p.scanner)
  const movesFoot = foot.length > 0 && lastKey !== null
  if (movesFoot) lastKey!.foot = foot
  const comments = { head, inline, foot: movesFoot ? noComments.foot : foot }
  return mapNode(first, properties, { start: first.start, end }, comments, { flow: false, bare: false, pairs })
}

const noPart: ReadonlySet<TokenType> = new Set(["key", "value", "block-end"])

function parseValue(p: Parser, key: NodeDraft<YamlNode>, colon: YamlToken): NodeDraft<YamlNode> {
  // At the key and not at what comes next: between the two the metadata can begin.
  if (colon.type !== "value")
    return emptyScalar({ start: key.span.start, line: key.line - 1, column: key.column }, key.span.end)
  nextToken(p.scanner)
  return noPart.has(peek(p).type) ? emptyScalar(colon, colon.end) : p.parseNode(p, true, true)
}

/**
 * The list takes comments right after the opening bracket and then loses them, as in go-yaml, where the
 * ones after the closing bracket take their place.
 *
 * @see go-yaml v3.0.4 parserc.go, yaml_parser_parse_flow_sequence_entry; decode.go, parser.sequence
 */
function parseFlowList(p: Parser, first: YamlToken, properties: NodeProperties): NodeDraft<ListNode> {
  const { head } = takeComments(p)
  nextToken(p.scanner)
  const items: YamlNode[] = []
  let token = peek(p)
  for (let isFirst = true; token.type !== "list-close"; isFirst = false, token = peek(p)) {
    if (!isFirst) {
      token = skipComma(p, token)
      if (token.type === "list-close") break
    }
    items.push(token.type === "key" ? parseBareMap(p, token) : p.parseNode(p, false, false))
  }
  const { inline, foot } = takeComments(p)
  nextToken(p.scanner)
  const span = { start: first.start, end: token.end }
  return listNode(first, properties, span, { head, inline, foot }, { flow: true, items, dashes: [] })
}

function skipComma(p: Parser, token: YamlToken): YamlToken {
  if (token.type !== "comma") throw syntaxAt(p.source, token.start, "a comma or a closing bracket is missing")
  nextToken(p.scanner)
  return peek(p)
}

const noListPart: ReadonlySet<TokenType> = new Set(["comma", "list-close"])
const noMapPart: ReadonlySet<TokenType> = new Set(["comma", "map-close"])

/** `[a: b]`: one pair, without braces. */
function parseBareMap(p: Parser, first: YamlToken): NodeDraft<MapNode> {
  const question = first.end > first.start ? first.start : -1
  nextToken(p.scanner)
  const token = peek(p)
  // go-yaml swallows any token here, and fails later or ends up with a null for a key.
  if (token.type === "value" || noListPart.has(token.type))
    throw syntaxAt(p.source, token.start, "a key in brackets has no value")
  const key = p.parseNode(p, false, false)
  const colonToken = peek(p)
  const colon = colonToken.type === "value" ? colonToken.start : -1
  const value = parseFlowValue(p, colonToken, noListPart)
  moveFoot(key, value)
  const start = question === -1 ? key.properties.start : question
  const end = Math.max(key.span.end, colon + 1, colon === -1 ? 0 : value.span.end)
  const pairs = [{ question, colon, key, value }]
  return mapNode(first, null, { start, end }, noComments, { flow: true, bare: true, pairs })
}

/** @see go-yaml v3.0.4 parserc.go, yaml_parser_parse_flow_mapping_key and _value; decode.go, parser.mapping */
function parseFlowMap(p: Parser, first: YamlToken, properties: NodeProperties): NodeDraft<MapNode> {
  const { head } = takeComments(p)
  nextToken(p.scanner)
  const pairs: YamlPair[] = []
  let token = peek(p)
  for (let isFirst = true; token.type !== "map-close"; isFirst = false, token = peek(p)) {
    if (!isFirst) {
      token = skipComma(p, token)
      if (token.type === "map-close") break
    }
    pairs.push(parsePair(p, token))
  }
  const { inline, foot } = takeComments(p)
  nextToken(p.scanner)
  const span = { start: first.start, end: token.end }
  return mapNode(first, properties, span, { head, inline, foot }, { flow: true, bare: false, pairs })
}

function parsePair(p: Parser, token: YamlToken): YamlPair {
  if (token.type !== "key") {
    const key = p.parseNode(p, false, false)
    const value = emptyScalar(peek(p), key.span.end)
    return { question: -1, colon: -1, key, value }
  }
  const question = token.end > token.start ? token.start : -1
  nextToken(p.scanner)
  const next = peek(p)
  const isMissing = next.type === "value" || noMapPart.has(next.type)
  const key: NodeDraft<YamlNode> = isMissing ? emptyScalar(token, token.end) : p.parseNode(p, false, false)
  const colonToken = peek(p)
  const colon = colonToken.type === "value" ? colonToken.start : -1
  const value = parseFlowValue(p, colonToken, noMapPart)
  moveFoot(key, value)
  return { question, colon, key, value }
}

function parseFlowValue(p: Parser, colon: YamlToken, ends: ReadonlySet<TokenType>): NodeDraft<YamlNode> {
  if (colon.type !== "value") return emptyScalar(colon, colon.start)
  nextToken(p.scanner)
  return ends.has(peek(p).type) ? emptyScalar(colon, colon.end) : p.parseNode(p, false, false)
}

function moveFoot(key: NodeDraft<YamlNode>, value: NodeDraft<YamlNode>): void {
  if (key.foot.length > 0 || value.foot.length === 0) return
  key.foot = value.foot
  value.foot = noComments.foot
}
