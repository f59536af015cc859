import { type Leaf } from "../../core/document.ts"
import { type MetadataBlock, type SealedReading } from "../../core/format.ts"
import { LeafCheck } from "../../core/leaf-check.ts"
import { exactText, sameBytes, type Scalar, textScalar } from "../../core/scalar.ts"
import { type Item, type Site, type SiteKind } from "../../core/site.ts"
import { type Span } from "../../core/text.ts"
import { AppError, assert } from "../../errors/app-error.ts"
import { METADATA_KEY } from "../metadata-block.ts"
import { jsonBlockOf } from "./block.ts"
import { type JsonNode, type JsonScan } from "./node.ts"
import { type JsonPlace, type JsonSink, JsonReader, literalScalar } from "./reader.ts"
import { printJsonScalar } from "./print.ts"
import { quote, quotePlain, stringEnd, unquote } from "./strings.ts"

/**
 * Reads what Go's encoding/json reads, as sops uses it: names in any order and repeated, numbers of int64 or float64.
 *
 * Two things that sops takes are refused, since it drops text without a word: a file that breaks off after a colon or
 * a value, and, in a file that is not sealed, text after the end of the object. A BOM is taken although sops refuses
 * it, and is named as text that must not be in a sealed file.
 *
 * @see sops v3.13.2 stores/json/store.go, treeBranchFromJSON
 */
export function scanJson(source: string): JsonScan {
  const start = startOf(source)
  const sink = new SiteSink(source, "root")
  const reader = new JsonReader(source, start, sink)
  reader.document()
  const metadata = jsonBlockOf(source, sink.root)
  if (metadata === null) reader.expectEnd()
  let root: JsonNode | null = null
  let isOurs: boolean | null = null
  return {
    source,
    sites: sink.sites,
    metadata,
    aliases: [],
    documents: 1,
    ...(start > 0 ? { banned: [{ start: 0, end: start }] } : {}),
    get root() {
      root ??= readNodes(source)
      return root
    },
    outline: sink.root,
    get isOurs() {
      isOurs ??= metadata !== null && hasOwnFields(metadata)
      return isOurs
    },
  }
}

/** Reads a text that was just sealed, without its sites; makes them on demand. */
export function readSealedJson(source: string, leaves: readonly Leaf[]): SealedReading | null {
  if (startOf(source) > 0) return null
  const check = new LeafCheck(leaves, null, true)
  const sink = new SealedSink(source, check)
  new JsonReader(source, 0, sink).document()
  const { root } = sink.outline
  const metadata = check.isComplete ? jsonBlockOf(source, root) : null
  if (metadata === null) return null
  let known: JsonScan | null = null
  const whole = (): JsonScan => (known ??= scanJson(source))
  const isOurs = hasOwnFields(metadata)
  const scan: JsonScan = {
    source,
    metadata,
    aliases: [],
    documents: 1,
    outline: root,
    isOurs,
    get sites() {
      return whole().sites
    },
    get root() {
      return whole().root
    },
  }
  const spelled = ({ scalar }: Leaf): string => printJsonScalar(scalar!, isOurs ? quotePlain : quote)
  return { scan, places: check.sealed!, spelled }
}

function hasOwnFields({ tree }: MetadataBlock): boolean {
  return [...tree.keys()].some((name) => name.startsWith("sotto_"))
}

/** Whether a text says what leaves from a scan of another text with the same names say. */
export function confirmJson(
  source: string,
  leaves: readonly Leaf[],
  places: ReadonlyMap<number, Span> | null,
): boolean {
  const sink = new CheckSink(source, new LeafCheck(leaves, places))
  try {
    new JsonReader(source, startOf(source), sink).document()
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
  return sink.check.isComplete
}

/** Whether a text, by itself, is one value that says a scalar. */
export function confirmJsonValue(scalar: Scalar, text: string): boolean {
  if (scalar.kind === "str") {
    const isString = text.startsWith('"') && stringEnd(text, 0) === text.length
    return isString && unquote(text, 0, text.length) === exactText(scalar)
  }
  const found = literalScalar(text)
  return found?.kind === scalar.kind && sameBytes(found, scalar)
}

/** The whole tree, for edits. */
function readNodes(source: string): JsonNode {
  const sink = new SiteSink(source, "all")
  new JsonReader(source, startOf(source), sink).document()
  return sink.root
}

/** After a BOM. */
function startOf(source: string): number {
  return source.startsWith("\uFEFF") ? 1 : 0
}

class CheckSink implements JsonSink {
  readonly check: LeafCheck
  readonly #source: string
  /** Within the metadata nothing is compared. */
  #isInMetadata: boolean[] = []

  constructor(source: string, check: LeafCheck) {
    this.check = check
    this.#source = source
  }

  enter(_kind: "map" | "list", { name, index, isMetadata }: JsonPlace): void {
    this.#isInMetadata.push(isMetadata)
    if (!isMetadata) this.check.enter(name, index)
  }

  leave(): void {
    if (this.#isInMetadata.pop() === false) this.check.leave()
  }

  text(place: JsonPlace): void {
    const { name, index, start, end } = place
    if (!place.isMetadata) this.check.text(name, index, unquote(this.#source, start, end), place)
  }

  value(place: JsonPlace, scalar: Scalar | null, kind: SiteKind): void {
    if (!place.isMetadata) this.check.value(place.name, place.index, scalar, kind, place)
  }
}

/** Compares the values, and keeps the nodes of the root's entries and of the metadata. */
class SealedSink implements JsonSink {
  readonly outline: SiteSink
  readonly #values: CheckSink
  /** Of what is open: whether its node is kept. */
  readonly #kept: boolean[] = []

  constructor(source: string, check: LeafCheck) {
    this.outline = new SiteSink(source, "root")
    this.#values = new CheckSink(source, check)
  }

  enter(kind: "map" | "list", place: JsonPlace): void {
    const isKept = this.#isKept(place)
    if (isKept) this.outline.enter(kind, place)
    this.#values.enter(kind, place)
    this.#kept.push(isKept)
  }

  leave(end: number): void {
    if (this.#kept.pop() === true) this.outline.leave(end)
    this.#values.leave()
  }

  text(place: JsonPlace): void {
    if (this.#isKept(place)) this.outline.value(place, null, "str")
    this.#values.text(place)
  }

  value(place: JsonPlace, scalar: Scalar | null, kind: SiteKind): void {
    if (this.#isKept(place)) this.outline.value(place, scalar, kind)
    this.#values.value(place, scalar, kind)
  }

  #isKept({ isMetadata }: JsonPlace): boolean {
    return isMetadata || this.#kept.length <= 1
  }
}

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
class SiteSink implements JsonSink {
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
