import { type Span } from "../../core/text.ts"
import { type NodeBase, type ScalarNode } from "./node.ts"
import { type Comments, type Draft, noComments } from "./parser-state.ts"
import { type Token } from "./scanner-state.ts"

/** Tag and anchor of a node; `null` when it has neither. */
export type Properties = (Pick<NodeBase, "tag" | "shortTag" | "tagSpan" | "anchor"> & Span) | null

/**
 * The common part of a node whose content begins at a token.
 *
 * @param properties - their span is stretched to the content
 */
export function baseOf(token: Token, properties: Properties, span: Span, comments: Comments): Draft<NodeBase> {
  return {
    tag: properties === null ? "" : properties.tag,
    shortTag: properties === null ? "" : properties.shortTag,
    properties: { start: properties === null ? span.start : properties.start, end: span.start },
    tagSpan: properties === null ? null : properties.tagSpan,
    anchor: properties === null ? null : properties.anchor,
    span,
    line: token.line + 1,
    column: token.column,
    head: comments.head,
    inline: comments.inline,
    foot: comments.foot,
  }
}

export function scalarNode(
  token: Token,
  start: number,
  end: number,
  properties: Properties,
  comments: Comments,
): Draft<ScalarNode> {
  return {
    tag: properties === null ? "" : properties.tag,
    shortTag: properties === null ? "" : properties.shortTag,
    properties: { start: properties === null ? start : properties.start, end: start },
    tagSpan: properties === null ? null : properties.tagSpan,
    anchor: properties === null ? null : properties.anchor,
    span: { start, end },
    line: token.line + 1,
    column: token.column + start - token.start,
    head: comments.head,
    inline: comments.inline,
    foot: comments.foot,
    type: "scalar",
    style: token.style,
    value: token.value,
    block: token.block,
  }
}

/**
 * A key or value that is missing. It takes no comments.
 *
 * @param token - any token on the same line, without content of its own where that matters
 */
export function emptyScalar(token: Token, at: number): Draft<ScalarNode> {
  const node = scalarNode(token, at, at, null, noComments)
  return { ...node, style: "plain", value: "", block: null }
}
