import { Composer, CST, type Document, isMap, isNode, isScalar, isSeq, type Node, Parser, stringify } from "yaml"
import { AppError } from "../errors/app-error.ts"

/** Keys of mappings, and positions of lists. */
export type YamlKeys = readonly (string | number)[]

/** What the items of all collections have in common. */
interface Item {
  start: CST.SourceToken[]
  key?: CST.Token | null
  sep?: CST.SourceToken[]
  value?: CST.Token
}
type Entry = Item & { key: CST.Token; sep: CST.SourceToken[] }
type Collection = CST.BlockMap | CST.BlockSequence | CST.FlowCollection

/**
 * A YAML text that people wrote, open for changes. The nodes of its document say where something is; what is changed are the
 * tokens that they were made of, so that every other byte stays: comments, spaces, quotes and line ends.
 *
 * Every change ends in a new text: a token that was changed has no node any more.
 */
export class YamlText {
  readonly #tokens: readonly CST.Token[]
  readonly #document: Document.Parsed
  readonly #text: string

  /** @throws {AppError} `CONFIG_BY_HAND` when it is not a single document */
  constructor(text: string) {
    this.#text = text
    this.#tokens = [...new Parser().parse(text)]
    const documents = [...new Composer({ keepSourceTokens: true, version: "1.1", merge: true }).compose(this.#tokens)]
    const [document] = documents
    if (document === undefined || documents.length > 1 || document.errors.length > 0) throw cannot()
    this.#document = document
  }

  /** Takes an entry or item away, with the comments above it. */
  remove(path: YamlKeys): string {
    const { collection, index } = this.#place(path)
    const items = itemsOf(collection)
    const [removed] = items.splice(index, 1)
    if (collection.type === "flow-collection") closeGap(items, index, removed!)
    else if (items.every(isEmpty)) this.#empty(path.slice(0, -1))
    // The first item is indented by what stands before the collection.
    else if (index === 0) dropIndent(items[0]!)
    return this.#written()
  }

  /** One text more at the end of a list. */
  append(path: YamlKeys, text: string): string {
    const { collection } = this.#collection(path)
    if (collection.type === "block-map" || !isListToken(collection)) throw cannot()
    this.#push(collection, { start: [], value: scalar(spelt(text, collection.type === "flow-collection")) })
    return this.#written()
  }

  /** A new entry of a mapping; mappings around it that are not there are made. */
  add(path: YamlKeys, text: string): string {
    const [key, ...below] = missingPart(this.#document, path)
    const { collection } = this.#collection(path.slice(0, path.length - below.length - 1))
    if (collection.type === "block-seq" || isListToken(collection)) throw cannot()
    const isFlow = collection.type === "flow-collection"
    const item = entry(String(key), isFlow)
    let indent = isFlow ? 0 : this.#indentOf(collection)
    let at = item
    for (const name of below) {
      if (isFlow) throw cannot()
      indent += indentStep
      const inner = entry(String(name), false)
      at.sep.push(this.#newline(), blanks(indent))
      at.value = { type: "block-map", offset: 0, indent, items: [inner] }
      at = inner
    }
    at.sep.push(blanks(1))
    at.value = scalar(spelt(text, isFlow))
    this.#push(collection, item)
    return this.#written()
  }

  /** Instead of a single text a list of that text and another one. */
  addToSingle(path: YamlKeys, text: string): string {
    const { collection, index } = this.#place(path)
    const item = itemsOf(collection)[index]!
    const { value, sep } = item
    if (value === undefined || sep === undefined || !CST.isScalar(value) || value.type === "block-scalar")
      throw cannot()
    const end = "end" in value ? (value.end ?? []) : []
    const one = { ...value, end: [] }
    if (collection.type === "flow-collection") {
      const both = [
        { start: [], value: one },
        { start: [mark("comma", ","), blanks(1)], value: scalar(spelt(text, true)) },
      ]
      const start = { type: "flow-seq-start", source: "[", offset: 0, indent: 0 } as const
      item.value = {
        type: "flow-collection",
        offset: 0,
        indent: 0,
        start,
        items: both,
        end: [mark("flow-seq-end", "]"), ...end],
      }
      return this.#written()
    }
    const indent = this.#indentOf(collection) + indentStep
    while (sep.at(-1)?.type === "space") sep.pop()
    sep.push(...end)
    if (sep.at(-1)?.type !== "newline") sep.push(this.#newline())
    sep.push(blanks(indent))
    const dash = [mark("seq-item-ind", "-"), blanks(1)]
    const items = [
      { start: dash, value: { ...one, end: [this.#newline()] } },
      { start: [blanks(indent), ...dash], value: { ...scalar(spelt(text, false)), end: [this.#newline()] } },
    ]
    item.value = { type: "block-seq", offset: 0, indent, items }
    return this.#written()
  }

  /** A block of which nothing is left. */
  #empty(path: YamlKeys): void {
    if (path.length === 0) throw cannot()
    const { collection, index } = this.#place(path)
    const item = itemsOf(collection)[index]!
    const isMap = item.value?.type === "block-map"
    if (item.sep === undefined) throw cannot()
    const mark = item.sep.findLastIndex(({ type }) => ["map-value-ind", "anchor", "tag"].includes(type))
    const below = item.sep.splice(mark + 1)
    while (below.at(-1)?.type === "space") below.pop()
    item.sep.push(blanks(1))
    item.value = { ...scalar(isMap ? "{}" : "[]"), end: below }
  }

  /** Into a collection behind its last item, in the way that one is written. */
  #push(collection: Collection, item: Item): void {
    const items = itemsOf(collection)
    const last = items.findLast((each) => !isEmpty(each))
    if (collection.type === "flow-collection") return pushIntoFlow(items, last, item)
    if (last === undefined) throw cannot()
    const below = endLine(last, this.#newline())
    const indent = this.#indentOf(collection)
    if (indent > 0) item.start.push(blanks(indent))
    if (collection.type === "block-seq") item.start.push(mark("seq-item-ind", "-"), blanks(1))
    items.splice(items.indexOf(last) + 1, 0, item)
    if (item.value !== undefined) endOf(item)?.push(this.#newline(), ...below)
  }

  #place(path: YamlKeys): { collection: Collection; index: number } {
    const { node, collection } = this.#collection(path.slice(0, -1))
    const last = path.at(-1)
    // A collection's nodes are in the order of its items.
    const at = isMap(node)
      ? node.items.findIndex(({ key }) => isScalar(key) && String(key.source ?? key.value) === last)
      : last
    const source = isMap(node) ? node.items[at as number]?.srcToken : undefined
    const index = isMap(node) ? itemsOf(collection).indexOf(source as Item) : Number(last)
    if (typeof at !== "number" || collection.items[index] === undefined) throw cannot()
    return { collection, index }
  }

  #collection(path: YamlKeys): { node: Node; collection: Collection } {
    const node = path.length === 0 ? this.#document.contents : this.#document.getIn(path, true)
    if (!isNode(node) || !(isMap(node) || isSeq(node))) throw cannot()
    const token = node.srcToken
    if (token === undefined || !CST.isCollection(token)) throw cannot()
    return { node, collection: token }
  }

  /** The column of a block's items. */
  #indentOf({ items }: CST.BlockMap | CST.BlockSequence): number {
    const [first] = items as Item[]
    const token = first?.start.find(({ type }) => type === "seq-item-ind") ?? first?.key
    if (token === undefined || token === null) throw cannot()
    return token.offset - (this.#text.lastIndexOf("\n", token.offset - 1) + 1)
  }

  #newline(): CST.SourceToken {
    return mark("newline", this.#text.includes("\r\n") ? "\r\n" : "\n")
  }

  #written(): string {
    return this.#tokens.map((token) => CST.stringify(token)).join("")
  }
}

const indentStep = 2

/** Nothing was changed. */
function cannot(): AppError {
  return new AppError("CONFIG_BY_HAND", {}, { subject: "a place in it cannot be changed alone" })
}

/** The part of a path that is not there; its first key has a mapping to go into. */
function missingPart(document: Document.Parsed, path: YamlKeys): YamlKeys {
  const known = path.findIndex((_, at) => !document.hasIn(path.slice(0, at + 1)))
  return path.slice(known)
}

function itemsOf(collection: Collection): Item[] {
  return collection.items as Item[]
}

function isListToken(collection: Collection): boolean {
  return collection.type === "block-seq" || (collection.type === "flow-collection" && collection.start.source === "[")
}

/** Comments at the end, or what is behind the last comma. */
function isEmpty({ key, value, sep }: Item): boolean {
  return (key ?? value ?? sep) === undefined
}

function mark(type: CST.SourceToken["type"], source: string): CST.SourceToken {
  return { type, offset: 0, indent: 0, source }
}

function blanks(count: number): CST.SourceToken {
  return mark("space", " ".repeat(count))
}

function entry(key: string, inFlow: boolean): Entry {
  return { start: [], key: scalar(spelt(key, inFlow)), sep: [mark("map-value-ind", ":")] }
}

function scalar(source: string): CST.FlowScalar {
  const type = source.startsWith("'")
    ? "single-quoted-scalar"
    : source.startsWith('"')
      ? "double-quoted-scalar"
      : "scalar"
  return { type, offset: 0, indent: 0, source, end: [] }
}

/** With quotes where YAML 1.1 or 1.2 would read something else than that text: go-yaml has some of both. */
function spelt(text: string, inFlow: boolean): string {
  const spellings = (["1.1", "1.2"] as const).map((version) => {
    const style = { version, singleQuote: true, lineWidth: 0, flowCollectionPadding: false }
    if (!inFlow) return stringify(text, style).trimEnd()
    return stringify([text], { ...style, collectionStyle: "flow" })
      .trim()
      .slice(1, -1)
  })
  return spellings.find((spelling) => spelling !== text) ?? text
}

function dropIndent({ start }: Item): void {
  if (start[0]?.type === "space") start.shift()
}

/** @param removed - was at that place */
function closeGap(items: readonly Item[], index: number, removed: Item): void {
  const [before, after] = [items[index - 1], items[index]]
  if (before === undefined && after !== undefined) after.start = removed.start
  if (after !== undefined || before === undefined) return
  const end = endOf(removed)
  if (end !== null && end.length > 0) endOf(before)?.splice(0, Infinity, ...end)
}

function pushIntoFlow(items: Item[], last: Item | undefined, item: Item): void {
  const open = items.at(-1)
  if (open !== undefined && isEmpty(open)) {
    item.start = open.start.some(({ type }) => type !== "comma") ? open.start : [...open.start, blanks(1)]
    items.splice(-1, 1, item)
    return
  }
  const end = last === undefined ? [] : (endOf(last) ?? [])
  const line = end.findLastIndex(({ type }) => type === "newline")
  const indent = last?.start.findLast(({ type }) => type === "space")
  if (last !== undefined) item.start.push(mark("comma", ","))
  if (line >= 0) item.start.push(...end.slice(0, line + 1), ...(indent === undefined ? [] : [indent]))
  else if (last !== undefined) item.start.push(blanks(1))
  endOf(item)?.push(...(line >= 0 ? end.slice(line) : end))
  if (last !== undefined) endOf(last)?.splice(0)
  items.push(item)
}

/** What follows the value: spaces, a comment, the end of the line. */
function endOf({ value, sep }: Item): CST.SourceToken[] | null {
  if (value === undefined) return sep ?? null
  if (value.type === "block-map" || value.type === "block-seq") return endOf(itemsOf(value).at(-1)!)
  if (!CST.isScalar(value) && value.type !== "flow-collection") return null
  // A block of text has its own last line.
  if (value.type === "block-scalar") return null
  value.end ??= []
  return value.end
}

/** @returns what stood below the line: blank lines and comments */
function endLine(item: Item, newline: CST.SourceToken): CST.SourceToken[] {
  const end = endOf(item)
  if (end === null) return []
  const line = end.findIndex(({ type }) => type === "newline")
  if (line === -1) end.push(newline)
  return line === -1 ? [] : end.splice(line + 1)
}
