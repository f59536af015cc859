import { type Scan } from "../../core/format.ts"
import { type Item, type SiteKind } from "../../core/site.ts"
import { type Span } from "../../core/text.ts"
import { assert } from "../../errors/app-error.ts"

/** A value of the text, with its quotes or brackets. */
export interface JsonNode extends Span {
  readonly item: Item
  readonly kind: SiteKind
  /** Members or elements, in order; the metadata is not among those of the root. */
  readonly children: readonly JsonNode[]
  /** The same with the metadata. */
  readonly physical: readonly JsonNode[]
  /** Of the member's name with its quotes; `null` for an element and the root. */
  readonly key: Span | null
}

/** A scan by this format, with the tree that edits need. */
export interface JsonScan extends Scan {
  /** Made when it is first asked for. */
  readonly root: JsonNode
  /** The root with its entries, and in them nothing but the metadata. */
  readonly outline: JsonNode
  /** It is sealed, and not by stock sops. */
  readonly isOurs: boolean
}

export function rootOf(scan: Scan): JsonNode {
  assert(isJsonScan(scan), "the scan was made by the JSON format")
  return scan.root
}

export function outlineOf(scan: Scan): JsonNode {
  assert(isJsonScan(scan), "the scan was made by the JSON format")
  return scan.outline
}

export function isOurs(scan: Scan): boolean {
  assert(isJsonScan(scan), "the scan was made by the JSON format")
  return scan.isOurs
}

function isJsonScan(scan: Scan): scan is JsonScan {
  return "outline" in scan
}

/** The value of an entry; `null` when this text has none there. */
export function nodeOf(root: JsonNode, item: Item): JsonNode | null {
  if (item.parent === null) return root
  return nodeOf(root, item.parent)?.children[item.index] ?? null
}

/** Where an entry begins: at the name of a member, at the value of an element. */
export function entryStart(node: JsonNode): number {
  return node.key?.start ?? node.start
}
