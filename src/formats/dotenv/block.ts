import { type MetaMap, type MetadataBlock } from "../../core/format.ts"
import { type Edit } from "../../core/text.ts"
import { AppError, assert } from "../../errors/app-error.ts"
import { flatten, unflatten } from "../flatten.ts"
import { metadataBlock } from "../metadata-block.ts"
import { type MetadataLine, type OtherLines, METADATA_PREFIX } from "./lines.ts"

/** Where a metadata line was. */
interface Place {
  readonly name: string
  /** Number of other lines before it; `Infinity` when none comes after it. */
  readonly after: number
}

/** Finds the metadata lines, wherever they are. */
export function dotenvBlockOf(source: string, { metadata, plainCount }: OtherLines): MetadataBlock | null {
  if (metadata.length === 0) return null
  const layout = metadata.map(({ name, after }): Place => ({ name, after: after === plainCount ? Infinity : after }))
  const read = (): MetaMap => unflatten(metadata.map(({ name, value }) => [name, value]))
  return metadataBlock(read, { detach: detach(source, metadata), layout })
}

/**
 * Takes the lines out. A text without a line break at its end got one before its metadata, and none at the end, so
 * that line break goes with them.
 */
function detach(source: string, metadata: readonly MetadataLine[]): Edit[] {
  const edits: Edit[] = []
  let start = metadata[0]!.span.start
  for (const [nth, { span }] of metadata.entries()) {
    const next = metadata[nth + 1]?.span.start
    if (next === span.end) continue
    const isUnended = span.end === source.length && !source.endsWith("\n") && start > 0
    edits.push({ start: isUnended ? start - 1 : start, end: span.end, text: "" })
    start = next ?? span.end
  }
  return edits
}

/**
 * Puts metadata lines in: each where the line of that name was in `like`, new ones after the one that they follow in
 * the tree, and all at the end of a file that had none. They end in LF, as sops does not read its dates with a CR.
 */
export function attachDotenvBlock(source: string, tree: MetaMap, like: MetadataBlock | null): Edit[] {
  const texts = new Map(flatten(tree).map(([name, value]) => [name, lineOf(name, value)]))
  const places = like === null ? [...texts.keys()].map(atEnd) : merged([...texts.keys()], placesOf(like))
  const starts = places.every(({ after }) => after === Infinity) ? [] : lineStarts(source)
  const edits: Edit[] = []
  const last: string[] = []
  for (const { name, after } of places) {
    const at = starts[after]
    if (at === undefined) last.push(texts.get(name)!)
    else edits.push({ start: at, end: at, text: `${texts.get(name)!}\n` })
  }
  if (last.length > 0) {
    const block = last.join("\n")
    const text = source === "" || source.endsWith("\n") ? `${block}\n` : `\n${block}`
    edits.push({ start: source.length, end: source.length, text })
  }
  return edits
}

function lineOf(name: string, value: string): string {
  if (name.includes("=") || name.includes("\n")) {
    throw new AppError("METADATA_INVALID", {}, { subject: "a name in it cannot be written in a dotenv file" })
  }
  return `${METADATA_PREFIX}${name}=${value.replaceAll("\n", "\\n")}`
}

function atEnd(name: string): Place {
  return { name, after: Infinity }
}

function placesOf({ layout }: MetadataBlock): readonly Place[] {
  assert(Array.isArray(layout), "the previous block was found by the dotenv format")
  return layout as readonly Place[]
}

/** The old places of names that are still there, with each new name after the one before it. */
function merged(names: readonly string[], old: readonly Place[]): Place[] {
  const wanted = new Set(names)
  const known = new Set(old.map(({ name }) => name))
  const behind = new Map<string | null, string[]>()
  let previous: string | null = null
  for (const name of names) {
    if (known.has(name)) previous = name
    else behind.set(previous, [...(behind.get(previous) ?? []), name])
  }
  const first = old.find(({ name }) => wanted.has(name))
  const places = (behind.get(null) ?? []).map((name): Place => ({ name, after: first?.after ?? Infinity }))
  for (const place of old) {
    if (!wanted.delete(place.name)) continue
    places.push(place, ...(behind.get(place.name) ?? []).map((name): Place => ({ ...place, name })))
  }
  return places
}

/** Offset of each line of a text without metadata. */
function lineStarts(source: string): number[] {
  const starts: number[] = []
  for (let at = 0; at < source.length;) {
    starts.push(at)
    const end = source.indexOf("\n", at)
    at = end === -1 ? source.length : end + 1
  }
  return starts
}
