import { limits } from "../../../core/limits.ts"
import { AppError } from "../../../errors/app-error.ts"
import { type AliasNode, type ScalarNode, type YamlNode } from "./node.ts"
import { type NodeProperties, aliasNode, emptyScalar, scalarNode } from "./node-parts.ts"
import { parseBlockList, parseBlockMap, parseIndentlessList } from "./parse-block.ts"
import { parseFlowList, parseFlowMap } from "./parse-flow.ts"
import { type NodeDraft, type Parser, peek, takeComments } from "./parser-state.ts"
import { nextToken } from "./scanner.ts"
import { type YamlToken, placeOf, syntaxAt } from "./scanner-state.ts"

/**
 * Parses one node. It takes comments when go-yaml takes them: scalars and flow collections at
 * their start, block collections never (their entries take them).
 *
 * @param mayBeIndentless - a list may start at the column of the mapping that holds it
 * @see go-yaml v3.0.4 parserc.go, yaml_parser_parse_node
 */
export function parseNode(p: Parser, inBlock: boolean, mayBeIndentless: boolean): NodeDraft<YamlNode> {
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
  return emptyScalar(token, properties.end, properties)
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
  let end = first.end
  for (let token = first; ; token = peek(p)) {
    if (token.type === "anchor" && anchor === null) anchor = token.value
    else if (token.type === "tag" && tag === null) tag = token
    else break
    end = token.end
    nextToken(p.scanner)
  }
  const { start } = first
  if (tag === null) return { tag: "", shortTag: "", tagSpan: null, anchor, start, end }
  const shortTag = resolveTag(p, tag)
  const tagSpan = { start: tag.start, end: tag.end }
  return { tag: p.source.slice(tag.start, tag.end), shortTag, tagSpan, anchor, start, end }
}

const YAML_PREFIX = "tag:yaml.org,2002:"

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
