import { type Span } from "../../../core/text.ts"
import { type AliasNode, type ListNode, type MapNode, type NodeBase, type ScalarNode, type YamlNode } from "./node.ts"
import { type Comments, type NodeDraft, noComments } from "./parser-state.ts"
import { type YamlToken, signToken } from "./scanner-state.ts"

/** Tag and anchor of a node, and the later one of the two as it stands; `null` when it has neither. */
export type NodeProperties =
  (Pick<NodeBase, "tag" | "shortTag" | "tagSpan" | "anchor"> & Span & { readonly last: YamlToken }) | null

/** @param token - where the content begins */
export function mapNode(
  token: YamlToken,
  properties: NodeProperties,
  span: Span,
  { head, inline, foot }: Comments,
  { flow, bare, pairs }: Pick<MapNode, "flow" | "bare" | "pairs">,
): NodeDraft<MapNode> {
  return {
    type: "map",
    tag: properties === null ? "" : properties.tag,
    shortTag: properties === null ? "" : properties.shortTag,
    properties: { start: properties === null ? span.start : properties.start, end: span.start },
    tagSpan: properties === null ? null : properties.tagSpan,
    anchor: properties === null ? null : properties.anchor,
    span,
    line: token.line + 1,
    column: token.column,
    head,
    inline,
    foot,
    flow,
    bare,
    pairs,
  }
}

/** @param token - where the content begins */
export function listNode(
  token: YamlToken,
  properties: NodeProperties,
  span: Span,
  { head, inline, foot }: Comments,
  { flow, items, dashes }: Pick<ListNode, "flow" | "items" | "dashes">,
): NodeDraft<ListNode> {
  return {
    type: "list",
    tag: properties === null ? "" : properties.tag,
    shortTag: properties === null ? "" : properties.shortTag,
    properties: { start: properties === null ? span.start : properties.start, end: span.start },
    tagSpan: properties === null ? null : properties.tagSpan,
    anchor: properties === null ? null : properties.anchor,
    span,
    line: token.line + 1,
    column: token.column,
    head,
    inline,
    foot,
    flow,
    items,
    dashes,
  }
}

export function aliasNode(token: YamlToken, { head, inline, foot }: Comments, target: YamlNode): NodeDraft<AliasNode> {
  const { start, end } = token
  const at = { start, end: start }
  const place = { span: { start, end }, line: token.line + 1, column: token.column }
  const base = { tag: "", shortTag: "", properties: at, tagSpan: null, anchor: null, ...place, head, inline, foot }
  return { type: "alias", ...base, name: token.value, target }
}

export function scalarNode(
  token: YamlToken,
  properties: NodeProperties,
  { head, inline, foot }: Comments,
): NodeDraft<ScalarNode> {
  const { start, end, line, column, style, value, block } = token
  return {
    type: "scalar",
    tag: properties === null ? "" : properties.tag,
    shortTag: properties === null ? "" : properties.shortTag,
    properties: { start: properties === null ? start : properties.start, end: start },
    tagSpan: properties === null ? null : properties.tagSpan,
    anchor: properties === null ? null : properties.anchor,
    span: { start, end },
    line: line + 1,
    column,
    head,
    inline,
    foot,
    style,
    value,
    block,
  }
}

/**
 * A key or value that is missing. It takes no comments.
 *
 * @param token - one that is on the same line
 */
export function emptyScalar(
  token: Pick<YamlToken, "start" | "line" | "column">,
  at: number,
  properties: NodeProperties = null,
): NodeDraft<ScalarNode> {
  const column = token.column + at - token.start
  const missing = signToken("scalar", at, at, token.line, column)
  return scalarNode(missing, properties, noComments)
}
