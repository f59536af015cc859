import { type ListNode, type MapNode, type YamlNode, type YamlPair } from "./node.ts"
import { type NodeProperties, emptyScalar, listNode, mapNode } from "./node-parts.ts"
import { type NodeDraft, type Parser, noComments, peek, takeComments } from "./parser-state.ts"
import { nextToken } from "./scanner.ts"
import { type YamlToken, type TokenType, syntaxAt } from "./scanner-state.ts"

/**
 * The list takes comments right after the opening bracket and then loses them, as in go-yaml, where the
 * ones after the closing bracket take their place.
 *
 * @see go-yaml v3.0.4 parserc.go, yaml_parser_parse_flow_sequence_entry; decode.go, parser.sequence
 */
export function parseFlowList(p: Parser, first: YamlToken, properties: NodeProperties): NodeDraft<ListNode> {
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
export function parseFlowMap(p: Parser, first: YamlToken, properties: NodeProperties): NodeDraft<MapNode> {
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
