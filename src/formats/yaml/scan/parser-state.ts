import { type CommentLine, type NodeBase, type YamlNode } from "./node.ts"
import { headToken } from "./scanner.ts"
import { type CommentText, type Scanner, type YamlToken } from "./scanner-state.ts"

/** A node while it is built: go-yaml moves feet from one node to another. */
export type NodeDraft<T> = { -readonly [K in keyof T]: T[K] }

export interface Parser {
  readonly source: string
  readonly scanner: Scanner
  /** Comments that no node has taken yet. */
  head: CommentText
  line: CommentText
  foot: CommentText
  /** The head comment of a list item that is a block itself: it goes to the block, not to its first entry. */
  stem: CommentText | null
  /** By name, through all documents; `node` is `null` until the node is complete. */
  readonly anchors: Map<string, { node: YamlNode | null }>
  /** Prefixes by handle, of this document. */
  tagPrefixes: ReadonlyMap<string, string>
  depth: number
  /** Here because blocks and flow collections parse nodes, and nodes parse them. */
  readonly parseNode: (p: Parser, inBlock: boolean, mayBeIndentless: boolean) => NodeDraft<YamlNode>
}

export type Comments = Pick<NodeBase, "head" | "inline" | "foot">

const none: readonly CommentLine[] = []
export const noComments: Comments = { head: none, inline: none, foot: none }

/**
 * The next token; comments up to it go to the next node that takes any.
 *
 * @see go-yaml v3.0.4 parserc.go, peek_token and yaml_parser_unfold_comments
 */
export function peek(p: Parser): YamlToken {
  const s = p.scanner
  const token = headToken(s)
  if (s.comments.length === 0) return token
  while (s.commentsHead < s.comments.length) {
    const comment = s.comments[s.commentsHead]!
    if (token.start < comment.tokenStart) break
    // The end of a block has no head: the next token gets it.
    if (comment.kind === "head" && token.type === "block-end") break
    if (p[comment.kind].length === 0) p[comment.kind] = comment.text
    else for (const line of comment.text) p[comment.kind].push(line)
    s.commentsHead++
  }
  if (s.commentsHead === s.comments.length) {
    s.comments.length = 0
    s.commentsHead = 0
  }
  return token
}

/** Gives all comments so far to one node. */
export function takeComments(p: Parser): Comments {
  p.stem = null
  if (p.head.length === 0 && p.line.length === 0 && p.foot.length === 0) return noComments
  const taken = { head: lines(p.head), inline: lines(p.line), foot: lines(p.foot) }
  p.head = []
  p.line = []
  p.foot = []
  return taken
}

export function takeStem(p: Parser): Comments {
  if (p.stem === null) return noComments
  const head = lines(p.stem)
  p.stem = null
  return { ...noComments, head }
}

/** Upstream drops the empty lines within a comment. */
export function lines(text: CommentText): readonly CommentLine[] {
  return text.filter((line) => line !== null)
}
