import { type EntrySpan, type Format, type MetadataBlock, type Scan, yamlBreaks } from "../../core/format.ts"
import { formatG } from "../../core/gonumber.ts"
import { type Scalar } from "../../core/scalar.ts"
import { type Item, type Site } from "../../core/site.ts"
import { type Edit, type Span, utf8 } from "../../core/text.ts"
import { assert } from "../../errors/app-error.ts"
import { METADATA_KEY } from "../metadata-block.ts"
import { withAnchorsKept, throughAliases } from "./edit/aliases.ts"
import { attach } from "./edit/attach.ts"
import { openSite, sealSite } from "./carry/carry.ts"
import { type Path } from "./edit/edit-path.ts"
import { set } from "./edit/edit-set.ts"
import { unset } from "./edit/edit-unset.ts"
import { emitYaml, emitYamlValue } from "./emit/emit.ts"
import { expand } from "./carry/expand.ts"
import { pairEnd, pairStart } from "./edit/meta-block.ts"
import { type YamlEntry, type YamlMetadata, type YamlScan, type YamlSite } from "./resolve/model.ts"
import { confirmSimple, confirmSimpleEdit } from "./plain/confirm.ts"
import { readSealedYaml } from "./plain/read-sealed.ts"
import { type YamlDocument } from "./scan/node.ts"
import { hasMetadata, scanAgain, scanYaml } from "./scan.ts"

const example = `hello: Welcome to sotto! Edit this file as you please!
example_key: example_value
# Example comment
example_array:
    - example_value1
    - example_value2
example_number: 1234.56789
example_booleans:
    - true
    - false
`

/** YAML as sops reads it with go-yaml v3: several documents, every style, comments in all places. */
export const yaml: Format = {
  name: "yaml",
  example,
  readsJson: true,
  refusesTwice: true,
  numberAsUpstream: formatG,
  indents: {
    setting: "yamlIndent",
    least: 0,
    leastIs: "the default",
    fault: "an indent of YAML is 0 (for 4) or more",
  },
  commentBreaks: yamlBreaks,
  // go-yaml even loses a comment at the end of a text, and finds it again once something follows.
  movesComments: ({ source }) => source.includes("#"),
  simplyFramed: (text) =>
    !text.endsWith("\n") || /^(?:---|\.\.\.|[ \t]*[{%])/m.test(text) ? null : `${text}sops:\n    mac: "-"\n`,
  commentsFollowLeaves: true,
  // The text has no final line end, and may end in a block.
  endsInValue: (text) => text !== "" && !text.endsWith("\n") && /[|>][-+0-9]*[ \t]*(?:#.*)?\r?$/m.test(lastEntry(text)),
  scan: scanYaml,
  hasMetadata,
  scanAgain: (source, before) => scanAgain(source, own(before)),
  confirms: (source, leaves, places) => confirmSimple(source, METADATA_KEY, leaves, places),
  confirmsEdit: (scan, site, scalar, text) =>
    own(scan).plainEntries !== undefined && confirmSimpleEdit(ownSite(site), scalar, text),
  readsSealed: (source, leaves) => readSealedYaml(source, leaves),
  sealable: emptyListComment,
  settled: (comment) => (isBlankComment(comment) ? { ...comment, bytes: new Uint8Array(0) } : comment),
  seal: (scan, site, token) => sealSite(own(scan), ownSite(site), token),
  open: (scan, site, scalar) => openSite(own(scan), ownSite(site), scalar),
  expand: (scan, alias, leaf) => expand(own(scan), alias, leaf),
  valueSpan: (scan, item) => valueSpan(own(scan), item),
  places: (scan) => {
    const { entries, docs } = own(scan)
    return (item) => (item.parent === null ? documentSpan(docs[item.index]) : entrySpan(entries.get(item), item))
  },
  attach: (scan, tree, like, indent) => attach(own(scan), tree, ownBlock(like), indent),
  set: (scan, path, value) => changed(own(scan), path, (each) => set(each, path, value)),
  unset: (scan, path) => changed(own(scan), path, (each) => unset(each, path)),
  // Looked up when called: reading a file must not load the code for printing one.
  emit: (trees, options) => emitYaml(trees, options),
  emitValue: (tree) => emitYamlValue(tree),
}

/** The lines from the last one on that is not indented: a block that ends the text begins there or below. */
function lastEntry(text: string): string {
  let at = text.length
  while (at > 0) {
    at = text.lastIndexOf("\n", at - 1)
    const first = text[at + 1]
    if (first !== undefined && !" \t\r\n".includes(first)) break
  }
  return text.slice(at + 1)
}

/**
 * Upstream opens an empty comment in a list as one more element, the empty string. It opens a sealed space as a
 * comment.
 */
function emptyListComment({ kind, inList, scalar }: Site): Scalar | null {
  return kind === "comment" && inList === true && scalar?.bytes.length === 0 ? { kind, bytes: utf8.encode(" ") } : null
}

function isBlankComment({ bytes }: Scalar): boolean {
  return bytes.length === 1 && bytes[0] === 0x20
}

/** The value of an entry with its tag and anchor; `null` where nothing is written. */
function valueSpan({ entries }: YamlScan, item: Item): Span | null {
  const value = entries.get(item)?.value ?? null
  if (value === null) return null
  const start = Math.min(value.properties.start, value.span.start)
  const end = Math.max(value.properties.end, value.span.end)
  return start === end ? null : { start, end }
}

/** From its marker to the next document's. */
function documentSpan(document: YamlDocument | undefined): EntrySpan | null {
  if (document === undefined) return null
  return { start: document.start?.start ?? document.span.start, end: document.span.end, isBlock: true }
}

/** An entry of a block ends where its value's text does; an element begins at its dash. */
function entrySpan(entry: YamlEntry | undefined, { index }: Item): EntrySpan | null {
  if (entry === undefined || entry.parent === null || entry.value === null) return null
  const { pair, parent, value } = entry
  if (pair !== null) return { start: pairStart(pair), end: pairEnd(pair), isBlock: !parent.flow }
  const dash = parent.type === "list" ? parent.dashes[index] : undefined
  const start = dash ?? Math.min(value.properties.start, value.span.start)
  const end = Math.max(start + (dash === undefined ? 0 : 1), value.properties.end, value.span.end)
  return { start, end, isBlock: !parent.flow }
}

/** Scans, sites and blocks of this format come from its own scan, which holds more than the core's contract. */
function own(scan: Scan): YamlScan {
  assert("entries" in scan && "docs" in scan, "a scan belongs to the format that made it")
  return scan as YamlScan
}

function ownSite(site: Site): YamlSite {
  assert(typeof site.style === "object" && site.style !== null && "type" in site.style, "a YAML site has a YAML style")
  return site as YamlSite
}

function ownBlock(block: MetadataBlock | null): YamlMetadata | null {
  // A file changes its format only by conversion, and then the old layout does not count.
  return block !== null && Array.isArray(block.layout) ? (block as YamlMetadata) : null
}

function changed(scan: YamlScan, path: Path, change: (scan: YamlScan) => Edit[]): Edit[] {
  return withAnchorsKept(scan, path, throughAliases(scan, path, { change, scanAgain: scanYaml }))
}
