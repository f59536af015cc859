import { type Span } from "../../core/text.ts"

/** One comment line. `span` is its text without the marker `#`, up to and without the line break. */
export interface CommentLine {
  readonly span: Span
  readonly line: number
}

export type ScalarStyle = "plain" | "single" | "double" | "literal" | "folded"

interface NodeBase {
  /** As written (`!!int`, `!x`, `!<tag:...>`), `""` when there is none. */
  readonly tag: string
  /** Of tag and anchor with what stands between them and the content; empty, at the content, when there are none. */
  readonly properties: Span
  readonly tagSpan: Span | null
  readonly anchor: string | null
  /** The content: quotes, block header and block text (without the final line break), or brackets included. */
  readonly span: Span
  /** 1-based line and 0-based column of the content's first character. */
  readonly line: number
  readonly column: number
  /** Comments as go-yaml attaches them; its rules decide the container, so the AAD, of each. */
  readonly head: readonly CommentLine[]
  readonly inline: readonly CommentLine[]
  readonly foot: readonly CommentLine[]
}

export interface ScalarNode extends NodeBase {
  readonly type: "scalar"
  readonly style: ScalarStyle
  /** After unquoting, unescaping and folding. */
  readonly value: string
}

export interface AliasNode extends NodeBase {
  readonly type: "alias"
  readonly name: string
  /** Where the anchor stands; earlier in the document. */
  readonly target: YamlNode
}

export interface MapNode extends NodeBase {
  readonly type: "map"
  readonly flow: boolean
  readonly pairs: readonly YamlPair[]
}

export interface YamlPair {
  readonly key: YamlNode
  /** A missing value is an empty plain scalar. */
  readonly value: YamlNode
}

export interface ListNode extends NodeBase {
  readonly type: "list"
  readonly flow: boolean
  readonly items: readonly YamlNode[]
  /** Offsets of the `-` of each block item; empty in flow style. */
  readonly dashes: readonly number[]
}

export type YamlNode = ScalarNode | AliasNode | MapNode | ListNode

export interface YamlDocument {
  /** `null`: the document is empty (`---` alone). */
  readonly root: YamlNode | null
  /** From behind the previous document to the end of this one. */
  readonly span: Span
  /** Of the `---` line's marker, when it is there. */
  readonly start: Span | null
  /** Of the `...` marker, when it is there. */
  readonly end: Span | null
  readonly head: readonly CommentLine[]
  readonly foot: readonly CommentLine[]
}
