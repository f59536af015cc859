import { commentScalar } from "../../core/scalar.ts"
import { type Item } from "../../core/site.ts"
import { type Edit, type Span } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { METADATA_KEY, metadataBlock } from "../metadata-block.ts"
import { type MetaBlock, metaBlock, pairEnd, pairStart } from "./edit/meta-block.ts"
import { sitesAgain } from "./plain/again.ts"
import { lateDocument } from "./plain/late-nodes.ts"
import { parseSimple } from "./plain/simple-nodes.ts"
import { simpleSites } from "./plain/simple-sites.ts"
import { checkFirstDocument } from "./resolve/check.ts"
import { keyText } from "./resolve/key.ts"
import { metaTree } from "./resolve/meta-tree.ts"
import { type YamlEntry, type YamlMetadata, type YamlScan, type YamlSite } from "./resolve/model.ts"
import { type Walk, walkDocument } from "./resolve/walk.ts"
import { type CommentLine, type MapNode, type YamlDocument, type YamlPair } from "./scan/node.ts"
import { parseYaml } from "./scan/parse.ts"

/**
 * Scans a YAML text: its sites, in the order of upstream's walk, and its metadata.
 *
 * @throws {AppError} `SYNTAX`, `TOO_LARGE`, `NO_DOCUMENT`, `DUPLICATE_KEY`, and what `walkDocument` throws
 */
export function scanYaml(source: string): YamlScan {
  return scanSimple(source) ?? scanNodes(source)
}

/** The same for a text that differs little from one that was scanned. */
export function scanAgain(source: string, before: YamlScan): YamlScan {
  return scanSimple(source, before) ?? scanYaml(source)
}

/** Reads plain YAML without a node for each value; makes the nodes on demand. */
function scanSimple(source: string, before?: YamlScan): YamlScan | null {
  let known: YamlScan | null = null
  const whole = (): YamlScan => (known ??= scanNodes(source))
  const wholeSites = (): readonly YamlSite[] => whole().sites
  const found =
    before === undefined
      ? simpleSites(source, METADATA_KEY, wholeSites)
      : sitesAgain(source, METADATA_KEY, before, wholeSites)
  if (found === null) return null
  const { sites, root, column, metadata } = found
  let docs: readonly YamlDocument[] | null = null
  let entries: ReadonlyMap<Item, YamlEntry> | null = null
  const isLate = column === 0 && !source.includes("#")
  return {
    source,
    sites,
    metadata: metadata === null ? null : metadataOf([metadata.pair], [[metadata.block]]),
    aliases: [],
    documents: 1,
    roots: [root],
    plainColumn: column,
    ...(before === undefined ? { plainEntries: found.entries } : {}),
    get docs() {
      docs ??= known?.docs ?? (isLate ? [lateDocument(source)] : (parseSimple(source) ?? whole().docs))
      return docs
    },
    get entries() {
      entries ??= sameItems(whole(), sites)
      return entries
    },
  }
}

/** The entries of a scan, for the items of another scan of the same text. */
function sameItems(scan: YamlScan, sites: readonly YamlSite[]): Map<Item, YamlEntry> {
  const own = new Map<Item, Item>()
  for (const [index, { item }] of scan.sites.entries()) {
    let other: Item | null = sites[index]!.item
    for (let at: Item | null = item; at !== null && other !== null && !own.has(at); at = at.parent) {
      own.set(at, other)
      other = other.parent
    }
  }
  return new Map([...scan.entries].map(([item, entry]) => [own.get(item)!, entry]))
}

/** Reads any YAML. */
export function scanNodes(source: string): YamlScan {
  const simple = parseSimple(source)
  // Plain YAML has no place where a comment could get lost.
  const { documents: docs, comments } = simple === null ? parseYaml(source) : { documents: simple, comments: [] }
  const [first] = docs
  if (source === "") throw new AppError("NO_DOCUMENT")
  // Upstream meets the end of the file here, which it reports as an error of the text.
  if (first === undefined) throw new AppError("SYNTAX", { line: 1 }, { subject: "it holds no document" })
  if (first.root !== null) checkFirstDocument(first.root)

  const own = metadataPairs(first)
  const blocks = own.length === 0 ? [] : docs.map((document) => blocksOf(source, document))
  const w: Walk = {
    source,
    sites: [],
    entries: [],
    roots: [],
    aliases: [],
    keyAliases: [],
    targets: new Map(),
    anchoredKeys: new Set(),
    alias: null,
    virtualSites: 0,
    depth: 0,
    document: 0,
    hasMetadata: own.length > 0,
    blocks: [],
    nullRoots: [],
    decoded: 0,
    decodedByAlias: 0,
    badKey: null,
  }
  for (const [index, document] of docs.entries()) {
    w.blocks = (blocks[index] ?? []).map((block): Span => block.detach)
    walkDocument(w, document, index)
  }
  if (w.badKey !== null) throw w.badKey
  const { sites, roots, aliases, keyAliases, nullRoots } = w
  const metadata = own.length === 0 ? null : metadataOf(own, blocks)
  let entries: Map<Item, YamlEntry> | null = null
  let lost: YamlSite[] | null = null
  return {
    source,
    sites,
    metadata,
    aliases,
    ...(keyAliases.length > 0 ? { keyAliases } : {}),
    ...(nullRoots.length > 0 ? { banned: nullRoots } : {}),
    documents: docs.length,
    docs,
    roots,
    get entries() {
      entries ??= new Map(w.entries)
      return entries
    },
    get lostComments() {
      if (comments.length === 0) return []
      lost ??= lostComments(this, comments)
      return lost
    },
  }
}

/** Whether the first document, which is not looked at further, has metadata. */
export function hasMetadata(source: string): boolean {
  const [first] = parseYaml(source).documents
  return first !== undefined && metadataPairs(first).length > 0
}

/** Root entries with the key of the metadata. */
function metadataPairs({ root }: YamlDocument): YamlPair[] {
  return rootMap(root)?.pairs.filter(({ key }) => keyText(key) === METADATA_KEY) ?? []
}

function rootMap(root: YamlDocument["root"]): MapNode | null {
  return root?.type === "map" ? root : null
}

function blocksOf(source: string, document: YamlDocument): MetaBlock[] {
  const root = rootMap(document.root)
  if (root === null) return []
  const blocks: MetaBlock[] = []
  for (const [position, { key }] of root.pairs.entries()) {
    if (keyText(key) !== METADATA_KEY) continue
    const block = metaBlock(source, document, root, position)
    const before = blocks.at(-1)?.detach.end ?? 0
    // The last one of a text without final line end includes the line end before it, if another does not.
    const start = Math.max(block.detach.start, before)
    blocks.push({ ...block, detach: { ...block.detach, start } })
  }
  return blocks
}

/** The first document's block counts; upstream drops the others unread. */
export function metadataOf([first, second]: readonly YamlPair[], blocks: readonly MetaBlock[][]): YamlMetadata {
  const detach = blocks.flat().map((block): Edit => block.detach)
  const asUpstream = blocks.flat().map((block): Edit => block.emptied ?? block.detach)
  const layout = blocks.map(([block]) => block?.place ?? null)
  const read = (): ReturnType<typeof metaTree> => {
    if (second === undefined && first !== undefined) return metaTree(first.value)
    throw new AppError("METADATA_INVALID", { line: second?.key.line }, { subject: "it appears twice" })
  }
  return metadataBlock(read, { detach, detachAsUpstream: asUpstream, layout })
}

/**
 * Comments that go-yaml's scanner passes and no value takes, such as one after `[`, `...` or a directive, or in the
 * metadata: they stay in the text, and nothing seals them. Each gets the innermost entry around it.
 *
 * @param passed - all comments, in the order of the text
 */
function lostComments(
  { source, sites, entries, docs, roots }: Pick<YamlScan, "source" | "sites" | "entries" | "docs" | "roots">,
  passed: readonly CommentLine[],
): YamlSite[] {
  const taken = new Set<number>()
  for (const { kind, span } of sites) if (kind === "comment" && span !== null) taken.add(span.start)
  const lost = passed.filter(({ span }) => !taken.has(span.start))
  if (lost.length === 0) return []
  const around = [...entries].flatMap(([item, entry]): Extent[] => {
    const extent = extentOf(entry)
    return extent === null ? [] : [{ item, ...extent }]
  })
  around.sort((a, b) => a.start - b.start || b.end - a.end)
  const open: Extent[] = []
  let next = 0
  let document = 0
  return lost.map(({ span, line }): YamlSite => {
    for (; next < around.length && around[next]!.start < span.start; next++) {
      const extent = around[next]!
      while (open.length > 0 && open.at(-1)!.end <= extent.start) open.pop()
      open.push(extent)
    }
    while (open.length > 0 && open.at(-1)!.end < span.start) open.pop()
    while (document < docs.length - 1 && docs[document]!.span.end < span.start) document++
    const item = open.at(-1)?.item ?? roots[document]!
    const scalar = commentScalar(source.slice(span.start, span.end))
    const style = { type: "comment", line: { span, line }, node: null, place: "foot" } as const
    return { item, scalar, kind: "comment", span, line, style }
  })
}

interface Extent extends Span {
  readonly item: Item
}

function extentOf({ pair, value }: YamlEntry): Span | null {
  if (pair !== null) return { start: pairStart(pair), end: pairEnd(pair) }
  if (value === null) return null
  return { start: Math.min(value.properties.start, value.span.start), end: value.span.end }
}
