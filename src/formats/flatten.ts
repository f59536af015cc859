import { type MetaMap, type MetaValue } from "../core/format.ts"
import { parseInt64 } from "../core/gonumber.ts"
import { limits } from "../core/limits.ts"
import { AppError } from "../errors/app-error.ts"
import { isMetaList, isMetaMap } from "./metadata-block.ts"

const MAP_SEPARATOR = "__map_"
const LIST_SEPARATOR = "__list_"
/** A list in metadata holds recipients or groups; a larger index is an attack on memory. */
const LIST_INDEX_MAX = 500

/**
 * Metadata as flat names and texts, for formats that know no nesting: `age__list_0__map_enc`. Names are not escaped,
 * empty lists and maps vanish, and so does `null`. The order is the tree's own.
 *
 * @throws {AppError} `METADATA_INVALID` when two values get one name, since a key holds a separator
 * @see sops v3.13.2 stores/flatten.go
 */
export function flatten(tree: MetaMap): [string, string][] {
  const flat = new Map<string, string>()
  const visit = (value: MetaValue, name: string): void => {
    if (value === null) return
    if (isMetaMap(value)) {
      for (const [key, inner] of value) visit(inner, `${name}${MAP_SEPARATOR}${key}`)
    } else if (isMetaList(value)) {
      for (const [index, inner] of value.entries()) visit(inner, `${name}${LIST_SEPARATOR}${index}`)
    } else {
      if (flat.has(name)) throw invalid("two entries of the metadata have the same flat name")
      flat.set(name, String(value))
    }
  }
  for (const [key, value] of tree) visit(value, key)
  return [...flat]
}

/**
 * The reverse of `flatten`. Keys come in the order of their first appearance, list elements by their index.
 *
 * @throws {AppError} `METADATA_INVALID` for a name that appears twice, a value that is also a container, a map that is
 *   also a list, and a list with gaps
 */
export function unflatten(pairs: Iterable<readonly [string, string]>): MetaMap {
  const root = node()
  for (const [name, text] of pairs) {
    let at = root
    for (const step of steps(name)) at = child(at, step)
    if (at.text !== null) throw invalid("a flat name of the metadata appears twice")
    at.text = text
  }
  return mapOf(root.members)
}

interface Node {
  text: string | null
  readonly members: Map<string, Node>
  readonly elements: Map<number, Node>
}

function node(): Node {
  return { text: null, members: new Map(), elements: new Map() }
}

function child(parent: Node, step: string | number): Node {
  const found = typeof step === "number" ? parent.elements.get(step) : parent.members.get(step)
  if (found !== undefined) return found
  const made = node()
  if (typeof step === "number") parent.elements.set(step, made)
  else parent.members.set(step, made)
  return made
}

/** Splits a flat name at both separators, from left to right: keys as text, positions in lists as numbers. */
function steps(name: string): (string | number)[] {
  const found: (string | number)[] = []
  let start = 0
  let isIndex = false
  for (;;) {
    const at = name.indexOf("__", start)
    const end = nextSeparator(name, at)
    const text = end === -1 ? name.slice(start) : name.slice(start, end)
    found.push(isIndex ? listIndex(text) : text)
    if (end === -1) return found
    if (found.length > limits.nesting_max) throw invalid("the metadata is nested too deeply")
    isIndex = name.startsWith(LIST_SEPARATOR, end)
    start = end + (isIndex ? LIST_SEPARATOR.length : MAP_SEPARATOR.length)
  }
}

function nextSeparator(name: string, from: number): number {
  for (let at = from; at !== -1; at = name.indexOf("__", at + 1)) {
    if (name.startsWith(MAP_SEPARATOR, at) || name.startsWith(LIST_SEPARATOR, at)) return at
  }
  return -1
}

/** Upstream reads an index that is not a number as 0. */
function listIndex(text: string): number {
  if (!isInteger(text)) return 0
  const index = parseInt64(text)
  if (index === null || index < 0n || index > LIST_INDEX_MAX) throw invalid("a list of the metadata has gaps")
  return Number(index)
}

function isInteger(text: string): boolean {
  const start = text.startsWith("-") || text.startsWith("+") ? 1 : 0
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 0x30 || code > 0x39) return false
  }
  return text.length > start
}

function mapOf(members: ReadonlyMap<string, Node>): MetaMap {
  const map = new Map<string, MetaValue>()
  for (const [key, value] of members) map.set(key, valueOf(value))
  return map
}

function valueOf({ text, members, elements }: Node): MetaValue {
  const kinds = (text === null ? 0 : 1) + (members.size === 0 ? 0 : 1) + (elements.size === 0 ? 0 : 1)
  if (kinds > 1) throw invalid("a flat name of the metadata is both a value and a part of a map or list")
  if (text !== null) return text
  if (members.size > 0) return mapOf(members)
  const list: MetaValue[] = []
  for (let index = 0; index < elements.size; index++) {
    const element = elements.get(index)
    if (element === undefined) throw invalid("a list of the metadata has gaps")
    list.push(valueOf(element))
  }
  return list
}

function invalid(note: string): AppError {
  return new AppError("METADATA_INVALID", {}, { notes: [note] })
}
