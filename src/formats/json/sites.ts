import { type Scalar, textScalar } from "../../core/scalar.ts"
import { type Item, type Site, type SiteKind } from "../../core/site.ts"
import { type Span } from "../../core/text.ts"
import { assert } from "../../errors/app-error.ts"
import { type JsonNode } from "./node.ts"
import { type JsonPlace, type JsonSink, METADATA_KEY } from "./reader.ts"
import { unquote } from "./strings.ts"

/** A mapping or list that is open. */
interface Frame {
  readonly item: Item
  readonly kind: "map" | "list"
  readonly start: number
  readonly key: Span | null
  /** `null` where the nodes of its entries are not kept. */
  readonly entries: JsonNode[] | null
}

const noNodes: readonly JsonNode[] = []

/**
 * Makes the sites of a text, and those of its nodes that `keeps` asks for: all of them, or the entries of the root and
 * the metadata, which is enough to open a file without changing it.
 */
export class SiteSink implements JsonSink {
  readonly sites: Site[] = []
  readonly #source: string
  readonly #keeps: "all" | "root"
  readonly #frames: Frame[] = []
  #root: JsonNode | null = null

  constructor(source: string, keeps: "all" | "root") {
    this.#source = source
    this.#keeps = keeps
  }

  /** After a document was read. */
  get root(): JsonNode {
    assert(this.#root !== null, "the document was read")
    return this.#root
  }

  enter(kind: "map" | "list", place: JsonPlace): void {
    const isKept = this.#keeps === "all" || place.isMetadata || this.#frames.length === 0
    const entries = isKept ? [] : null
    this.#frames.push({ item: this.#itemAt(place), kind, start: place.start, key: keyOf(place), entries })
  }

  leave(end: number): void {
    const frame = this.#frames.pop()!
    const { item, kind, start, key } = frame
    const physical = frame.entries ?? noNodes
    const children = item.parent === null ? physical.filter((node) => !isMetadata(node)) : physical
    this.#keep({ item, kind, start, end, key, children, physical })
  }

  text(place: JsonPlace): void {
    this.#leaf(place, place.isMetadata ? null : textScalar(unquote(this.#source, place.start, place.end)), "str")
  }

  value(place: JsonPlace, scalar: Scalar | null, kind: SiteKind): void {
    this.#leaf(place, scalar, kind)
  }

  #leaf(place: JsonPlace, scalar: Scalar | null, kind: SiteKind): void {
    const { start, end, line } = place
    const frame = this.#frames.at(-1)
    const isNodeKept = frame === undefined || frame.entries !== null
    const item = this.#itemAt(place)
    if (!place.isMetadata && frame !== undefined) {
      this.sites.push({ item, scalar, kind, span: { start, end }, style: null, line })
    }
    if (isNodeKept) this.#keep({ item, kind, start, end, key: keyOf(place), children: noNodes, physical: noNodes })
  }

  #itemAt({ name, index }: JsonPlace): Item {
    const frame = this.#frames.at(-1)
    return frame === undefined ? { parent: null, key: null, index: 0 } : { parent: frame.item, key: name, index }
  }

  #keep(node: JsonNode): void {
    const frame = this.#frames.at(-1)
    if (frame === undefined) this.#root = node
    else frame.entries?.push(node)
  }
}

function keyOf({ keyStart, keyEnd }: JsonPlace): Span | null {
  return keyStart === -1 ? null : { start: keyStart, end: keyEnd }
}

function isMetadata({ item }: JsonNode): boolean {
  return item.key === METADATA_KEY && item.parent !== null && item.parent.parent === null
}
