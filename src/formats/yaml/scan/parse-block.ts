import { type ListNode, type MapNode, type YamlNode, type YamlPair } from "./node.ts"
import { type NodeProperties, emptyScalar, listNode, mapNode } from "./node-parts.ts"
import { type NodeDraft, type Parser, noComments, peek, takeComments, takeStem } from "./parser-state.ts"
import { nextToken } from "./scanner.ts"
import { type YamlToken, type TokenType, syntaxAt } from "./scanner-state.ts"

/** @see go-yaml v3.0.4 parserc.go, yaml_parser_parse_block_sequence_entry; decode.go, parser.sequence */
export function parseBlockList(p: Parser, first: YamlToken, properties: NodeProperties): NodeDraft<ListNode> {
  const { head } = takeStem(p)
  nextToken(p.scanner)
  const { items, dashes } = parseEntries(p, noEntry)
  const token = peek(p)
  if (token.type !== "block-end")
    throw syntaxAt(p.source, token.start, "this does not go on with the list above: check indent, quotes and brackets")
  nextToken(p.scanner)
  return blockList(first, properties, items, dashes, head)
}

/** A list at the column of the mapping that holds it. */
export function parseIndentlessList(p: Parser, first: YamlToken, properties: NodeProperties): NodeDraft<ListNode> {
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
export function parseBlockMap(p: Parser, first: YamlToken, properties: NodeProperties): NodeDraft<MapNode> {
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
    throw syntaxAt(
      p.source,
      token.start,
      "this does not go on with the mapping above: check indent, quotes and brackets",
    )
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
