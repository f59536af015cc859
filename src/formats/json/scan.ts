import { type Leaf } from "../../core/document.ts"
import { LeafCheck } from "../../core/leaf-check.ts"
import { type Scalar } from "../../core/scalar.ts"
import { type SiteKind } from "../../core/site.ts"
import { AppError } from "../../errors/app-error.ts"
import { blockOf } from "./block.ts"
import { type JsonNode, type JsonScan } from "./node.ts"
import { type JsonPlace, JsonReader, type JsonSink } from "./reader.ts"
import { SiteSink } from "./sites.ts"
import { unquote } from "./strings.ts"

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
  const metadata = blockOf(source, sink.root)
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
      isOurs ??= metadata !== null && [...metadata.tree.keys()].some((name) => name.startsWith("sotto_"))
      return isOurs
    },
  }
}

/** Whether a text says what leaves from a scan of another text with the same names say. */
export function confirmJson(source: string, leaves: readonly Leaf[]): boolean {
  const sink = new CheckSink(source, leaves)
  try {
    new JsonReader(source, startOf(source), sink).document()
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
  return sink.check.isComplete
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

  constructor(source: string, leaves: readonly Leaf[]) {
    this.check = new LeafCheck(leaves)
    this.#source = source
  }

  enter(_kind: "map" | "list", { name, index, isMetadata }: JsonPlace): void {
    this.#isInMetadata.push(isMetadata)
    if (!isMetadata) this.check.enter(name, index)
  }

  leave(): void {
    if (this.#isInMetadata.pop() === false) this.check.leave()
  }

  text({ name, index, isMetadata, start, end }: JsonPlace): void {
    if (!isMetadata) this.check.text(name, index, unquote(this.#source, start, end))
  }

  value({ name, index, isMetadata }: JsonPlace, scalar: Scalar | null, kind: SiteKind): void {
    if (!isMetadata) this.check.value(name, index, scalar, kind)
  }
}
