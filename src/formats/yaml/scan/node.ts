import { type Span } from "../../../core/text.ts"

/** One comment line. `span` is its text without the marker `#`, up to and without the line break. */
export interface CommentLine {
  readonly span: Span
  readonly line: number
}

export type ScalarStyle = "plain" | "single" | "double" | "literal" | "folded"

export interface NodeBase {
  /** As written (`!!int`, `!x`, `!<tag:...>`), `""` when there is none. */
  readonly tag: string
  /** What the tag means after `%TAG` directives and escapes: `!!int` for all spellings of it; `""` for none and for `!`. */
  readonly shortTag: string
  /** From tag and anchor up to the content; empty, at the content, when there are none. */
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
  /** Of a literal or folded scalar. */
  readonly block: BlockLayout | null
}

export interface BlockLayout {
  /** `|` or `>` with its indicators; blanks and a comment may follow on the line. */
  readonly header: Span
  /** From after the header's line to the end of the node's span; empty when there is no text. */
  readonly body: Span
  /** Column of the text. */
  readonly indent: number
  /** The indentation indicator as written, 0 when there is none. */
  readonly indicator: number
  readonly chomp: "clip" | "strip" | "keep"
}

export interface AliasNode extends NodeBase {
  readonly type: "alias"
  readonly name: string
  /** Where the anchor is; earlier in the document. */
  readonly target: YamlNode
}

export interface MapNode extends NodeBase {
  readonly type: "map"
  readonly flow: boolean
  /** A flow mapping without braces: the single pair `[a: b]`. */
  readonly bare: boolean
  readonly pairs: readonly YamlPair[]
}

export interface YamlPair {
  /** Offset of the `?`, -1 when there is none. */
  readonly question: number
  /** Offset of the `:`, -1 when there is none. */
  readonly colon: number
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
  /** From after the previous document to the end of this one: its `...` line or the next document's start. */
  readonly span: Span
  /** The lines of `%YAML` and `%TAG`. */
  readonly directives: Span | null
  /** Of the `---` line's marker, when it is there. */
  readonly start: Span | null
  /** Of the `...` marker, when it is there. */
  readonly end: Span | null
  readonly head: readonly CommentLine[]
  readonly foot: readonly CommentLine[]
}
