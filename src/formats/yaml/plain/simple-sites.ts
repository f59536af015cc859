import { commentScalar, type Scalar } from "../../../core/scalar.ts"
import { type Item, type SiteKind } from "../../../core/site.ts"
import { type Span } from "../../../core/text.ts"
import { KeyNames, NodeSink, simpleDocument, simpleScalar } from "./simple-nodes.ts"
import { type MetaBlock, blockMetadata } from "../edit/meta-block.ts"
import {
  type CommentStyle,
  type PlainEntries,
  type ValueStyle,
  type YamlEntry,
  type YamlSite,
} from "../resolve/model.ts"
import { type CommentLine, type ScalarNode, type YamlNode, type YamlPair } from "../scan/node.ts"
import { resolveScalar, resolvesToString } from "../resolve/resolve.ts"
import { type SimpleComment, type SimpleScalar, type SimpleSink, readSimple } from "./simple.ts"

/** What a scan of plain YAML finds without making a node of each value. */
export interface SimpleSites {
  readonly sites: readonly YamlSite[]
  readonly root: Item
  /** Of the root's keys. */
  readonly column: number
  readonly metadata: { readonly pair: YamlPair; readonly block: MetaBlock } | null
  readonly entries: PlainEntries
}

/**
 * The sites of a text that is plain YAML, as `walkDocument` lists them.
 *
 * @param metadataKey - of the entry that is metadata; it has to be the last
 * @param whole - the sites as the full parser finds them, with their nodes: called at the first look at one
 * @returns `null` for all other texts, also for those that sops refuses
 */
export function simpleSites(source: string, metadataKey: string, whole: () => readonly YamlSite[]): SimpleSites | null {
  const sink = new SiteSink(source, metadataKey, whole)
  const isRead = readSimple(source, sink)
  const { root, metadata, sites, column, starts } = sink
  if (!isRead || sink.isAside || root === null || sites.length === 0) return null
  const entries = { starts, end: metadata === null ? source.length : metadata.key.span.start }
  return { sites, root, column, metadata: metadata === null ? null : blockOf(source, metadata), entries }
}

export function blockOf(source: string, metadata: Metadata): NonNullable<SimpleSites["metadata"]> {
  const { colon, key, position, endBefore, nodes } = metadata
  const pair: YamlPair = { question: -1, colon, key, value: nodes.root! }
  const document = simpleDocument(source, null)
  return { pair, block: blockMetadata(source, document, { pair, endBefore, position, count: position + 1 }) }
}

/** A value with what its spelling needs; the nodes around it are made on demand. */
export class SimpleStyle implements ValueStyle {
  readonly type = "value"
  readonly simple: ValueStyle["simple"]
  spelledScalar: Scalar | null = null
  spelled: string | null = null
  readonly #block: ScalarNode | null
  readonly #whole: () => readonly YamlSite[]
  readonly #index: number

  /** @param block - of a text in several lines */
  constructor(simple: ValueStyle["simple"], block: ScalarNode | null, whole: () => readonly YamlSite[], index: number) {
    this.simple = simple
    this.#block = block
    this.#whole = whole
    this.#index = index
  }

  /** The same value in another text: by so many characters and lines further on. */
  moved(whole: () => readonly YamlSite[], index: number, by: { chars: number; lines: number }): SimpleStyle {
    const block = this.#block === null ? null : movedBlock(this.#block, by)
    const style = new SimpleStyle(this.simple, block, whole, index)
    style.spelledScalar = this.spelledScalar
    style.spelled = this.spelled
    return style
  }

  get node(): YamlNode {
    return this.#block ?? this.#same.node
  }

  get entry(): YamlEntry {
    return this.#same.entry
  }

  get #same(): ValueStyle {
    return this.#whole()[this.#index]!.style as ValueStyle
  }
}

function movedBlock(node: ScalarNode, { chars, lines }: { chars: number; lines: number }): ScalarNode {
  const span = ({ start, end }: Span): Span => ({ start: start + chars, end: end + chars })
  const { header, body, ...layout } = node.block!
  return {
    ...node,
    properties: span(node.properties),
    span: span(node.span),
    line: node.line + lines,
    block: { ...layout, header: span(header), body: span(body) },
  }
}

class SimpleCommentStyle implements CommentStyle {
  readonly type = "comment"
  readonly line: CommentLine
  readonly #whole: () => readonly YamlSite[]
  readonly #index: number

  constructor(line: CommentLine, whole: () => readonly YamlSite[], index: number) {
    this.line = line
    this.#whole = whole
    this.#index = index
  }

  get node(): CommentStyle["node"] {
    return this.#same.node
  }

  get place(): CommentStyle["place"] {
    return this.#same.place
  }

  get #same(): CommentStyle {
    return this.#whole()[this.#index]!.style as CommentStyle
  }
}

/** A collection that is open. */
interface Frame {
  readonly item: Item
  readonly isList: boolean
  /** Entries so far. */
  count: number
  readonly names: KeyNames
}

/** The metadata entry while it is read. */
export interface Metadata {
  readonly key: ScalarNode
  readonly colon: number
  readonly position: number
  readonly endBefore: number
  readonly nodes: NodeSink
}

/** What comes before the place in a text where reading goes on. */
interface Before {
  readonly root: Item
  /** So many entries of the root. */
  readonly entries: number
  /** So many sites. */
  readonly sites: number
  /** Where the last value ends. */
  readonly end: number
}

export class SiteSink implements SimpleSink {
  readonly sites: YamlSite[] = []
  /** Of the root's entries, as in `PlainEntries`. */
  readonly starts: number[] = []
  root: Item | null = null
  /** Of the root's keys. */
  column = 0
  metadata: Metadata | null = null
  /** The full parser refuses one of the values. */
  isAside = false
  readonly #source: string
  readonly #metadataKey: string
  readonly #whole: () => readonly YamlSite[]
  readonly #frames: Frame[] = []
  /** The entry whose value comes next. */
  #item: Item = { parent: null, key: null, index: 0 }
  /** Where the last value ends. */
  #end = 0
  #isBelowComment = false
  /** Entries of the root, and sites, that were read before. */
  readonly #entriesBefore: number
  readonly #sitesBefore: number

  constructor(source: string, metadataKey: string, whole: () => readonly YamlSite[], before: Before | null = null) {
    this.#source = source
    this.#metadataKey = metadataKey
    this.#whole = whole
    this.#entriesBefore = before?.entries ?? 0
    this.#sitesBefore = before?.sites ?? 0
    if (before === null) return
    this.root = before.root
    this.#item = before.root
    this.#end = before.end
  }

  openMap(_start: number, _line: number, column: number): void {
    if (this.root === null) this.column = column
    this.root ??= this.#item
    const count = this.#frames.length === 0 ? this.#entriesBefore : 0
    this.#frames.push({ item: this.#item, isList: false, count, names: new KeyNames() })
  }

  key(start: number, colon: number, line: number, column: number): SimpleSink | null {
    // The full parser has to read what follows the metadata.
    if (this.metadata !== null) return null
    const frame = this.#frames.at(-1)!
    const name = this.#source.slice(start, colon)
    if (!resolvesToString(name) || frame.names.isTwice(name)) return null
    const isOfRoot = this.#frames.length === 1
    if (isOfRoot && name === this.#metadataKey) {
      // Only the full parser knows whether a comment above the metadata is part of it.
      if (this.#isBelowComment) return null
      const key = simpleScalar({ start, end: colon, line, column, style: "plain", value: name, block: null })
      const nodes = new NodeSink(this.#source)
      this.metadata = { key, colon, position: frame.count, endBefore: this.#end, nodes }
      return nodes
    }
    if (isOfRoot) this.starts.push(start, line, this.sites.length)
    this.#item = { parent: frame.item, key: name, index: frame.count++ }
    this.#end = colon + 1
    this.#isBelowComment = false
    return this
  }

  closeMap(): void {
    this.#frames.pop()
  }

  openList(): void {
    // Upstream refuses it; the full parser reports it.
    if (this.#frames.length === 0) this.isAside = true
    this.#frames.push({ item: this.#item, isList: true, count: 0, names: new KeyNames() })
  }

  dash(): void {
    const frame = this.#frames.at(-1)!
    this.#item = { parent: frame.item, key: null, index: frame.count++ }
    this.#isBelowComment = false
  }

  closeList(): void {
    this.#frames.pop()
  }

  scalar(scalar: SimpleScalar): void {
    const { start, end, line, style, value } = scalar
    const found = resolveScalar("", style, value)
    if (found === "unsupported" || found === "mismatch") this.isAside = true
    else this.#add(found, found === null ? "null" : found.kind, { start, end }, line, scalar)
  }

  emptyFlow(type: "map" | "list", at: number, line: number): void {
    this.#add(null, type, { start: at, end: at + 2 }, line, null)
  }

  comment({ start, end, line, isInline }: SimpleComment): boolean {
    const { item, isList } = this.#frames.at(-1)!
    const span = { start, end }
    const scalar = commentScalar(this.#source.slice(start, end))
    const style = new SimpleCommentStyle({ span, line: line + 1 }, this.#whole, this.sites.length)
    this.sites.push({
      item,
      scalar,
      kind: "comment",
      span,
      line: line + 1,
      style,
      ...(isList ? { inList: true } : {}),
      ...(isInline ? { inline: true } : {}),
    })
    this.#isBelowComment = !isInline
    return true
  }

  #add(scalar: Scalar | null, kind: SiteKind, span: Span, line: number, written: SimpleScalar | null): void {
    const isBlock = written !== null && written.block !== null
    const simple = isBlock ? undefined : (written?.style as ValueStyle["simple"])
    const index = this.#sitesBefore + this.sites.length
    const style = new SimpleStyle(simple, isBlock ? simpleScalar(written) : null, this.#whole, index)
    this.sites.push({ item: this.#item, scalar, kind, span, line: line + 1, style })
    this.#end = span.end
  }
}
