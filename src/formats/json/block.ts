import { type MetaMap, type MetadataBlock, type MetaValue } from "../../core/format.ts"
import { type Edit } from "../../core/text.ts"
import { AppError, assert } from "../../errors/app-error.ts"
import { METADATA_KEY, isMetaList, isMetaMap, metadataBlock, sameMetaValue } from "../metadata-block.ts"
import { entryStart, type JsonNode } from "./node.ts"
import { printBlock, printMetaValue, deeper, leadOf, type JsonStyle, stockStyle, styleOf, unitOf } from "./print.ts"
import { isJsonSpace } from "./reader.ts"
import { unquote } from "./strings.ts"

/** Where and how a block was. */
interface BlockLayout {
  readonly source: string
  readonly node: JsonNode
  /** Number of members before it. */
  readonly place: number
  /** All members come before it. */
  readonly isLast: boolean
  /** The spaces before its name. */
  readonly lead: string
  /** From the value before it to its name; `null` when it is the first. */
  readonly before: string | null
  /** From its value to the next name; `null` when it is the last. */
  readonly behind: string | null
  /** Its name, its colon and the spaces around that. */
  readonly name: string
}

/** Finds the metadata: the member `sops` of the root. */
export function jsonBlockOf(source: string, root: JsonNode): MetadataBlock | null {
  const blocks = root.physical.filter(({ item }) => item.key === METADATA_KEY)
  const [node] = blocks
  if (node === undefined) return null
  const layout = layoutOf(source, root, node)
  const read = (): MetaMap => {
    if (blocks.length > 1) throw new AppError("METADATA_INVALID", {}, { subject: "it appears twice" })
    const value = metaValue(source, node)
    if (!isMetaMap(value)) throw new AppError("METADATA_INVALID", {}, { subject: "it is not a mapping" })
    return value
  }
  return metadataBlock(read, { detach: [...detach(source, root, layout), ...dropRest(source, root.end)], layout })
}

function layoutOf(source: string, root: JsonNode, node: JsonNode): BlockLayout {
  const at = root.physical.indexOf(node)
  const previous = root.physical[at - 1]
  const next = root.physical[at + 1]
  const start = entryStart(node)
  return {
    source,
    node,
    place: at,
    isLast: next === undefined,
    lead: leadOf(source, root, node),
    before: previous === undefined ? null : source.slice(previous.end, start),
    behind: next === undefined ? null : source.slice(node.end, entryStart(next)),
    name: source.slice(start, node.start),
  }
}

function detach(source: string, root: JsonNode, layout: BlockLayout): Edit[] {
  const { node, before, behind, lead } = layout
  const start = entryStart(node)
  if (before !== null) return [{ start: start - before.length, end: node.end, text: "" }]
  if (behind !== null) return [{ start, end: node.end + behind.length, text: "" }]
  const newline = lead.includes("\n") ? lineBreakAt(source, node.end) : 0
  return [{ start: root.start + 1, end: node.end + newline, text: "" }]
}

function lineBreakAt(source: string, at: number): number {
  if (source.startsWith("\r\n", at)) return 2
  return source.startsWith("\n", at) ? 1 : 0
}

/** To sops, what follows the object of a sealed file is not part of it, so it is not part of any opened text. */
function dropRest(source: string, end: number): Edit[] {
  for (let at = end; at < source.length; at++) {
    if (!isJsonSpace(source.charCodeAt(at))) return [{ start: end, end: source.length, text: "\n" }]
  }
  return []
}

function metaValue(source: string, node: JsonNode): MetaValue {
  switch (node.kind) {
    case "map":
      return new Map(node.physical.map((part) => [part.item.key ?? "", metaValue(source, part)]))
    case "list":
      return node.physical.map((part) => metaValue(source, part))
    case "str":
      return unquote(source, node.start, node.end)
    case "int":
    case "float":
      return Number(source.slice(node.start, node.end))
    case "bool":
      return source.startsWith("true", node.start)
    case "null":
    case "time":
    case "bytes":
    case "comment":
      return null
  }
}

/**
 * Puts a block in: where and how `like` was, or as the last member in the style of the others.
 *
 * `detach` of the result takes out exactly what this puts in, so the other text stays to the byte.
 */
export function attachJsonBlock(
  source: string,
  root: JsonNode,
  tree: MetaMap,
  like: MetadataBlock | null,
  indent: number | undefined,
): Edit[] {
  const members = root.physical
  if (like === null) {
    const style = newStyle(source, root, indent)
    const lead = style.newline === "" ? style.comma.slice(1) : style.newline + style.indent
    return [
      insertion(
        root,
        members.length,
        { before: `,${lead}`, behind: null, lead, newline: style.newline },
        named(tree, style),
      ),
    ]
  }
  const layout = like.layout
  assert(isBlockLayout(layout), "the previous block was found by the JSON format")
  const place = layout.isLast ? members.length : Math.min(layout.place, members.length)
  const text = layout.name + patched(layout, tree)
  const newline = layout.lead.includes("\n") ? (layout.lead.includes("\r\n") ? "\r\n" : "\n") : ""
  return [insertion(root, place, { ...layout, newline }, text)]
}

function isBlockLayout(layout: unknown): layout is BlockLayout {
  return typeof layout === "object" && layout !== null && "before" in layout && "behind" in layout
}

/** The style of a new block: that of the members beside it, or of sops where there are none. */
function newStyle(source: string, root: JsonNode, indent: number | undefined): JsonStyle {
  const found = styleOf(source, root)
  if (found === null) {
    const newline = source.includes("\r\n") ? "\r\n" : "\n"
    return deeper({ ...stockStyle, newline, unit: unitOf(indent) })
  }
  if (found.newline === "") return found
  return { ...deeper(found), unit: indent === undefined ? found.unit : unitOf(indent) }
}

function named(tree: MetaMap, style: JsonStyle): string {
  return `"${METADATA_KEY}"${style.colon}${printBlock(tree, style)}`
}

interface Around {
  readonly before: string | null
  readonly behind: string | null
  readonly lead: string
  readonly newline: string
}

function insertion(root: JsonNode, place: number, { before, behind, lead, newline }: Around, text: string): Edit {
  const previous = root.physical[place - 1]
  const next = root.physical[place]
  if (previous !== undefined) {
    return { start: previous.end, end: previous.end, text: (before ?? `,${lead}`) + text }
  }
  if (next !== undefined) {
    const start = entryStart(next)
    return { start, end: start, text: text + (behind ?? `,${lead}`) }
  }
  return { start: root.start + 1, end: root.start + 1, text: lead + text + newline }
}

/** The text of a block that differs from the previous one as little as possible. */
function patched({ source, node }: BlockLayout, tree: MetaMap): string {
  const style = styleOf(source, node) ?? stockStyle
  return patch(source, node, tree, style) ?? printBlock(tree, style)
}

/**
 * The previous text of a value with its changes put in.
 *
 * @returns `null` when names or the number of elements differ: then it is printed whole
 */
function patch(source: string, node: JsonNode, value: MetaValue, style: JsonStyle): string | null {
  if (sameMetaValue(metaValue(source, node), value)) return source.slice(node.start, node.end)
  const parts = partsFor(node, value)
  if (parts === null) return null
  const inner = deeper(style)
  let text = ""
  let from = node.start
  for (const [nth, part] of node.physical.entries()) {
    text +=
      source.slice(from, part.start) + (patch(source, part, parts[nth]!, inner) ?? printMetaValue(parts[nth]!, inner))
    from = part.end
  }
  return text + source.slice(from, node.end)
}

/** The new values of a container's entries, when it has the same entries as before. */
function partsFor({ kind, physical }: JsonNode, value: MetaValue): readonly MetaValue[] | null {
  if (kind === "map" && isMetaMap(value)) {
    const names = [...value.keys()]
    const isSame = names.length === physical.length && physical.every(({ item }, nth) => item.key === names[nth])
    return isSame ? [...value.values()] : null
  }
  if (kind === "list" && isMetaList(value)) return value.length === physical.length ? value : null
  return null
}
