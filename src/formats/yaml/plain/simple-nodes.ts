import { type SimpleScalar, type SimpleSink, hasMark, readSimple } from "./simple.ts"
import { listNode, mapNode } from "../scan/node-parts.ts"
import {
  type ListNode,
  type MapNode,
  type ScalarNode,
  type YamlDocument,
  type YamlNode,
  type YamlPair,
} from "../scan/node.ts"
import { noComments } from "../scan/parser-state.ts"
import { signToken } from "../scan/scanner-state.ts"

/** Mappings up to this size are searched name by name, which is faster than a set. */
const SMALL = 8

/** The keys of one mapping so far. */
export class KeyNames {
  readonly #names: string[] = []
  #known: Set<string> | null = null

  /** Whether a key was there before; now it is. */
  isTwice(name: string): boolean {
    if (this.#names.length < SMALL) {
      if (this.#names.includes(name)) return true
      this.#names.push(name)
      return false
    }
    this.#known ??= new Set(this.#names)
    if (this.#known.has(name)) return true
    this.#known.add(name)
    return false
  }
}

/** @returns what `parseYaml` returns for the same text; `null` where `readSimple` steps aside */
export function parseSimple(source: string): YamlDocument[] | null {
  const nodes = new NodeSink(source)
  return readSimple(source, nodes) ? [simpleDocument(source, nodes.root)] : null
}

export function simpleDocument(source: string, root: YamlNode | null): YamlDocument {
  const start = hasMark(source) ? { start: 0, end: 3 } : null
  return { root, directives: null, start, head: [], span: { start: 0, end: source.length }, end: null, foot: [] }
}

/** A collection that is open, and where it begins. */
interface Frame {
  readonly at: number
  readonly line: number
  readonly column: number
  readonly pairs: YamlPair[]
  readonly names: KeyNames
  readonly items: YamlNode[]
  readonly dashes: number[]
  key: ScalarNode | null
  colon: number
}

/** Makes the nodes that `parseYaml` makes. */
export class NodeSink implements SimpleSink {
  readonly #source: string
  readonly #frames: Frame[] = []
  root: YamlNode | null = null

  constructor(source: string) {
    this.#source = source
  }

  openMap(at: number, line: number, column: number): void {
    this.#frames.push({
      at,
      line,
      column,
      pairs: [],
      names: new KeyNames(),
      items: [],
      dashes: [],
      key: null,
      colon: -1,
    })
  }

  key(start: number, colon: number, line: number, column: number): this | null {
    const frame = this.#frames.at(-1)!
    const value = this.#source.slice(start, colon)
    // Upstream refuses it; the full parser reports it.
    if (frame.names.isTwice(value)) return null
    frame.key = simpleScalar({ start, end: colon, line, column, style: "plain", value, block: null })
    frame.colon = colon
    return this
  }

  closeMap(end: number): void {
    const { at, line, column, pairs } = this.#frames.pop()!
    const first = signToken("block-map", at, at, line, column)
    this.#put(mapNode(first, null, { start: at, end }, noComments, { flow: false, bare: false, pairs }))
  }

  /** Leaves nodes with comments to `parseYaml`. */
  comment(): boolean {
    return false
  }

  openList(at: number, line: number, column: number): void {
    this.openMap(at, line, column)
  }

  dash(at: number): void {
    this.#frames.at(-1)!.dashes.push(at)
  }

  closeList(end: number): void {
    const { at, line, column, items, dashes } = this.#frames.pop()!
    const first = signToken("block-list", at, 0, line, column)
    this.#put(listNode(first, null, { start: at, end }, noComments, { flow: false, items, dashes }))
  }

  scalar(scalar: SimpleScalar): void {
    this.#put(simpleScalar(scalar))
  }

  emptyFlow(type: "map" | "list", at: number, line: number, column: number): void {
    this.#put(emptyFlow(type, at, line, column))
  }

  #put(node: YamlNode): void {
    const frame = this.#frames.at(-1)
    if (frame === undefined) this.root = node
    else if (frame.key === null) frame.items.push(node)
    else frame.pairs.push({ question: -1, colon: frame.colon, key: frame.key, value: node })
  }
}

function emptyFlow(type: "map" | "list", at: number, line: number, column: number): MapNode | ListNode {
  const token = signToken("list-open", at, at + 1, line, column)
  const span = { start: at, end: at + 2 }
  if (type === "list") return listNode(token, null, span, noComments, { flow: true, items: [], dashes: [] })
  return mapNode(token, null, span, noComments, { flow: true, bare: false, pairs: [] })
}

export function simpleScalar({ start, end, line, column, style, value, block }: SimpleScalar): ScalarNode {
  // In the order of `scalarNode`, so that the engine takes both for one kind of object.
  return {
    type: "scalar",
    tag: "",
    shortTag: "",
    properties: { start, end: start },
    tagSpan: null,
    anchor: null,
    span: { start, end },
    line: line + 1,
    column,
    head: noComments.head,
    inline: noComments.inline,
    foot: noComments.foot,
    style,
    value,
    block,
  }
}
