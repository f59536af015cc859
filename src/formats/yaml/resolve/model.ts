import { type MetadataBlock, type Scan } from "../../../core/format.ts"
import { type Scalar } from "../../../core/scalar.ts"
import { type Item, type Site } from "../../../core/site.ts"
import { type YamlMetaPlace } from "../edit/meta-block.ts"
import {
  type CommentLine,
  type ListNode,
  type MapNode,
  type YamlDocument,
  type YamlNode,
  type YamlPair,
} from "../scan/node.ts"

/** What is at an item. */
export interface YamlEntry {
  /** As written: the alias node for an item reached through one; `null` for an empty document. */
  readonly value: YamlNode | null
  /** `null` for a list element and a document root. */
  readonly pair: YamlPair | null
  /** The collection that holds it; `null` for a document root. */
  readonly parent: MapNode | ListNode | null
}

/** The `style` of a YAML site. */
type YamlStyle = ValueStyle | CommentStyle

export interface ValueStyle {
  readonly type: "value"
  /** The scalar, or the empty mapping or list; for an alias, the node that it leads to. */
  readonly node: YamlNode
  readonly entry: YamlEntry
  /**
   * Of a scalar on one line, alone in block context, without tag and anchor: nothing else decides its spelling, and
   * asking for `node` and `entry` would make the nodes of the whole text.
   */
  readonly simple?: "plain" | "single" | "double" | undefined
  /** Of such a style: what was spelled last, and how. */
  spelledScalar?: Scalar | null
  spelled?: string | null
}

export interface CommentStyle {
  readonly type: "comment"
  readonly line: CommentLine
  /** The node that go-yaml attaches it to; `null`: the document. */
  readonly node: YamlNode | null
  readonly place: "head" | "inline" | "foot"
}

/**
 * The `layout` of YAML metadata: one place per document, `null` where it has none. `metaBlock` makes it, and the detach
 * edit.
 */
type YamlMetaLayout = readonly (YamlMetaPlace | null)[]

export interface YamlMetadata extends MetadataBlock {
  readonly layout: YamlMetaLayout
}

/** Where the entries of the root of a plain text are, apart from the metadata. */
export interface PlainEntries {
  /** For each one three numbers: where its key begins, in which line (from 0), and how many sites are before it. */
  readonly starts: readonly number[]
  /** Where the metadata begin, or the text ends. */
  readonly end: number
}

export interface YamlScan extends Scan {
  readonly docs: readonly YamlDocument[]
  readonly metadata: YamlMetadata | null
  /** Every entry outside the metadata that is written in the text; what an alias leads to has none. */
  readonly entries: ReadonlyMap<Item, YamlEntry>
  /** The item of every document's root. */
  readonly roots: readonly Item[]
  /** Of plain YAML, whose nodes are made on demand: the column of the root's keys. */
  readonly plainColumn?: number
  /** Of plain YAML that was read as a whole. */
  readonly plainEntries?: PlainEntries
  /** Sites whose style has a known type. */
  readonly sites: readonly YamlSite[]
}

export interface YamlSite extends Site {
  readonly style: YamlStyle
}
