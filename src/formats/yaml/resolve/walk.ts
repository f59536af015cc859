import { limits } from "../../../core/limits.ts"
import { commentScalar, type Scalar } from "../../../core/scalar.ts"
import { type Alias, type Item, type KeyAlias, type SiteKind } from "../../../core/site.ts"
import { type Span } from "../../../core/text.ts"
import { AppError } from "../../../errors/app-error.ts"
import { keyNotString } from "./check.ts"
import { keyText, shownKeyOf } from "./key.ts"
import { type CommentStyle, type YamlEntry, type YamlSite } from "./model.ts"
import {
  type AliasNode,
  type CommentLine,
  type ListNode,
  type MapNode,
  type ScalarNode,
  type YamlDocument,
  type YamlNode,
} from "../scan/node.ts"
import { resolveScalar } from "./resolve.ts"
import { placeOf } from "../scan/scanner-state.ts"

export interface Walk {
  readonly source: string
  readonly sites: YamlSite[]
  /** In pairs: the map is built on demand. */
  readonly entries: [Item, YamlEntry][]
  readonly roots: Item[]
  readonly aliases: Alias[]
  readonly keyAliases: KeyAlias[]
  /** The items of anchored nodes; a key counts as its entry. */
  readonly targets: Map<YamlNode, Item>
  readonly anchoredKeys: Set<YamlNode>
  /** The outermost alias, while the walk is below it. */
  alias: Alias | null
  virtualSites: number
  /** Collections around the one that is walked, those behind aliases too. */
  depth: number
  /** Number of the document that is walked. */
  document: number
  /** Root entries with the key `sops` are metadata. */
  readonly hasMetadata: boolean
  /** Where the metadata of the current document is: comments in it are not sites. */
  blocks: readonly Span[]
  /** Nulls that are written out as a root: no metadata can be beside them. */
  readonly nullRoots: Span[]
  /** The first key that is not a string: upstream finds it when it seals, and all other faults before. */
  badKey: AppError | null
  /** What go-yaml counts in the first document to find bombs. */
  decoded: number
  decodedByAlias: number
}

/**
 * Lists the sites of a document in the order of upstream's walk.
 *
 * @throws {AppError} `ROOT_NOT_MAP`, `VALUE_UNSUPPORTED`, `SYNTAX` for an explicit tag that the value
 *   does not fit, `TOO_LARGE` for too many values behind aliases
 * @see sops v3.13.2 stores/yaml/store.go, appendYamlNodeToTreeBranch and nodeToTreeValue
 */
export function walkDocument(w: Walk, document: YamlDocument, index: number): void {
  const item: Item = { parent: null, key: null, index }
  w.document = index
  w.roots.push(item)
  const entry: YamlEntry = { value: document.root, pair: null, parent: null }
  w.entries.push([item, entry])
  comments(w, document.head, item, false, null, "head")
  walkRoot(w, document.root ?? nothing(document), item, entry)
  comments(w, document.foot, item, false, null, "foot")
}

/** An empty document counts as an empty mapping. */
function nothing(document: YamlDocument): MapNode {
  const at = document.start?.end ?? document.span.end
  const span = { start: at, end: at }
  const base = { tag: "", shortTag: "", properties: span, tagSpan: null, anchor: null, span, line: 1, column: 0 }
  return { ...base, head: [], inline: [], foot: [], type: "map", flow: false, bare: false, pairs: [] }
}

function walkRoot(w: Walk, root: YamlNode, item: Item, entry: YamlEntry): void {
  count(w, 2)
  if (root.anchor !== null) w.targets.set(root, item)
  switch (root.type) {
    case "map":
      return walkMap(w, root, item, entry, true)
    case "list":
      throw new AppError("ROOT_NOT_MAP", { line: root.line })
    case "scalar": {
      comments(w, root.head, item, false, root, "head")
      comments(w, root.inline, item, false, root, "inline")
      const isNull = resolve(w, root) === null && (root.shortTag === "" || root.shortTag === "!!null")
      if (!isNull) throw new AppError("ROOT_NOT_MAP", { line: root.line })
      if (root.span.end > root.properties.start) w.nullRoots.push({ start: root.properties.start, end: root.span.end })
      return emptySite(w, root, item, entry, "map")
    }
    case "alias": {
      comments(w, root.head, item, false, root, "head")
      comments(w, root.inline, item, false, root, "inline")
      const { target } = root
      if (target.type !== "map") throw new AppError("ROOT_NOT_MAP", { line: root.line })
      throughAlias(w, root, item, () => walkMap(w, target, item, entry, true))
      comments(w, root.foot, item, false, root, "foot")
    }
  }
}

/** @param hasOwnComments - those of the mapping itself are within it; a list takes those of its items */
function walkMap(w: Walk, node: MapNode, item: Item, entry: YamlEntry, hasOwnComments: boolean): void {
  if (hasOwnComments) {
    comments(w, node.head, item, false, node, "head")
    comments(w, node.inline, item, false, node, "inline")
  }
  const isRoot = item.parent === null
  let index = 0
  for (const pair of node.pairs) {
    const { key: keyNode, value } = pair
    const text = keyText(keyNode)
    if (text === null) w.badKey ??= keyNotString(keyNode)
    const key = text ?? ""
    const isMetadata = isRoot && w.hasMetadata && key === "sops"
    const isBlock = value.type === "map" || value.type === "list"
    count(w, 1)
    comments(w, keyNode.head, item, false, keyNode, "head")
    comments(w, keyNode.inline, item, false, keyNode, "inline")
    if (!isBlock) {
      comments(w, value.head, item, false, value, "head")
      comments(w, value.inline, item, false, value, "inline", true)
    }
    if (!isMetadata) {
      const child: Item = { parent: item, key, index: index++, ...shownKeyOf(pair) }
      const childEntry: YamlEntry = { value, pair, parent: node }
      if (w.alias === null) {
        w.entries.push([child, childEntry])
        if (keyNode.anchor !== null) {
          w.targets.set(keyNode, child)
          w.anchoredKeys.add(keyNode)
        }
        if (keyNode.type === "alias") noteKeyAlias(w, keyNode, child)
      }
      walkValue(w, value, child, childEntry, true)
    }
    if (!isBlock) comments(w, value.foot, item, false, value, "foot")
    comments(w, keyNode.foot, item, false, keyNode, "foot")
  }
  if (index === 0) emptySite(w, node, item, entry, "map")
  if (hasOwnComments) comments(w, node.foot, item, false, node, "foot")
}

function walkList(w: Walk, node: ListNode, item: Item, entry: YamlEntry, hasOwnComments: boolean): void {
  if (hasOwnComments) {
    comments(w, node.head, item, true, node, "head")
    comments(w, node.inline, item, true, node, "inline")
  }
  for (const [index, value] of node.items.entries()) {
    comments(w, value.head, item, true, value, "head")
    comments(w, value.inline, item, true, value, "inline", true)
    const child: Item = { parent: item, key: null, index }
    const childEntry: YamlEntry = { value, pair: null, parent: node }
    if (w.alias === null) w.entries.push([child, childEntry])
    walkValue(w, value, child, childEntry, false)
    comments(w, value.foot, item, true, value, "foot")
  }
  if (node.items.length === 0) emptySite(w, node, item, entry, "list")
  if (hasOwnComments) comments(w, node.foot, item, true, node, "foot")
}

function walkValue(w: Walk, node: YamlNode, item: Item, entry: YamlEntry, hasOwnComments: boolean): void {
  count(w, 1)
  if (node.anchor !== null && w.alias === null) w.targets.set(node, item)
  switch (node.type) {
    case "map":
      enter(w, node)
      walkMap(w, node, item, entry, hasOwnComments)
      w.depth--
      return
    case "list":
      enter(w, node)
      walkList(w, node, item, entry, hasOwnComments)
      w.depth--
      return
    case "alias":
      return throughAlias(w, node, item, () => walkValue(w, node.target, item, entry, true))
    case "scalar": {
      const scalar = resolve(w, node)
      if (scalar === null) emptySite(w, node, item, entry, "null")
      else
        push(w, {
          item,
          scalar,
          kind: scalar.kind,
          span: spanOf(node, w.source),
          line: node.line,
          style: styleOf(node, entry),
        })
    }
  }
}

/** Notes an alias that is a key and stands for a value; one that repeats another key does not. */
function noteKeyAlias(w: Walk, { target: node, line }: AliasNode, item: Item): void {
  const target = w.targets.get(node)
  if (target !== undefined && !w.anchoredKeys.has(node)) w.keyAliases.push({ item, target, line })
}

/** The parser has counted depth already, but not through aliases. */
function enter(w: Walk, node: YamlNode): void {
  if (++w.depth < limits.nesting_max) return
  throw new AppError("TOO_LARGE", { line: node.line, column: node.column + 1 }, { subject: "nesting" })
}

function throughAlias(w: Walk, node: AliasNode, item: Item, walk: () => void): void {
  if (w.alias !== null) return walk()
  const target = w.targets.get(node.target)
  if (target === undefined) {
    throw new AppError("METADATA_INVALID", { line: node.line }, { subject: "an alias leads into it" })
  }
  w.alias = { item, span: node.span, name: node.name, target, line: node.line }
  w.aliases.push(w.alias)
  walk()
  w.alias = null
}

function resolve(w: Walk, node: ScalarNode): Scalar | null {
  const found = resolveScalar(node.shortTag, node.style, node.value)
  if (found === "unsupported") throw new AppError("VALUE_UNSUPPORTED", { line: node.line })
  if (found !== "mismatch") return found
  // In later documents upstream overlooks the error, and leaves a null.
  if (w.document > 0) return null
  // Where a value is missing behind its tag, the scanner is on a later line already.
  const place = node.value === "" ? placeOf(w.source, node.span.end) : { line: node.line, column: node.column + 1 }
  throw new AppError("SYNTAX", place, { subject: "a value does not fit its tag" })
}

/** Core tags that upstream cannot read before a token: the token replaces them too. */
const forcingTags: ReadonlySet<string> = new Set(["!!int", "!!float", "!!bool", "!!null", "!!timestamp", "!!binary"])

/**
 * What a token replaces. An anchor between such a tag and the value is lost with it. A comment after a
 * block's header is a site of its own, so the header stays.
 */
function spanOf(node: YamlNode, source: string): Span {
  if (node.type === "scalar" && node.block !== null) {
    const { header, body } = node.block
    if (source.slice(header.end, body.start).includes("#")) return body
  }
  if (node.tagSpan === null || !forcingTags.has(node.shortTag)) return node.span
  return { start: node.tagSpan.start, end: node.span.end }
}

function styleOf(node: YamlNode, entry: YamlEntry): YamlSite["style"] {
  return { type: "value", node, entry }
}

function emptySite(w: Walk, node: YamlNode, item: Item, entry: YamlEntry, kind: SiteKind): void {
  push(w, { item, scalar: null, kind, span: spanOf(node, w.source), line: node.line, style: styleOf(node, entry) })
}

function comments(
  w: Walk,
  lines: readonly CommentLine[],
  item: Item,
  inList: boolean,
  node: YamlNode | null,
  place: CommentStyle["place"],
  inline = false,
): void {
  for (const line of lines) {
    const { span } = line
    const mark = span.start - 1
    if (w.blocks.some((block) => mark >= block.start && mark < block.end)) continue
    const scalar = commentScalar(w.source.slice(span.start, span.end))
    const style: CommentStyle = { type: "comment", line, node, place }
    push(w, {
      item,
      scalar,
      kind: "comment",
      span,
      line: line.line,
      style,
      ...(inList ? { inList } : {}),
      ...(inline ? { inline } : {}),
    })
  }
}

function push(w: Walk, site: YamlSite): void {
  if (w.alias === null) {
    w.sites.push(site)
    return
  }
  if (++w.virtualSites > limits.virtual_sites_max) throw tooManyAliases(w.alias, w)
  w.sites.push({ ...site, span: null, alias: w.alias })
}

/**
 * go-yaml counts what it decodes, and refuses the first document when nearly all of it comes through aliases.
 *
 * @see go-yaml v3.0.4 decode.go, decoder.unmarshal and allowedAliasRatio
 */
function count(w: Walk, nodes: number): void {
  if (w.document > 0) return
  w.decoded += nodes
  if (w.alias === null) return
  w.decodedByAlias += nodes
  const { decoded, decodedByAlias } = w
  if (decodedByAlias <= 100 || decoded <= 1000) return
  const allowed = 0.99 - 0.89 * Math.min(1, Math.max(0, (decoded - 400_000) / 3_600_000))
  if (decodedByAlias / decoded > allowed) throw tooManyAliases(w.alias, w)
}

function tooManyAliases(alias: Alias, w: Walk): AppError {
  return new AppError("TOO_LARGE", placeOf(w.source, alias.span.start), { subject: "values behind aliases" })
}
