import { readEntries } from "./simple.ts"
import { NodeSink, simpleDocument, simpleScalar } from "./simple-nodes.ts"
import { mapNode } from "../scan/node-parts.ts"
import { type ScalarNode, type YamlDocument, type YamlNode, type YamlPair } from "../scan/node.ts"
import { assert } from "../../../errors/app-error.ts"
import { noComments } from "../scan/parser-state.ts"
import { signToken } from "../scan/scanner-state.ts"
import { pairEnd } from "../edit/meta-block.ts"

/** In such a text nothing else begins in the first column: a block is indented, and every other value ends on its line. */
const rootKey = /^[A-Za-z0-9_.][\w./-]*:(?=[ \n]|$)/gm

/**
 * The nodes of a text without comments that `readSimple` took, with its first keys in column 0. An edit needs those of
 * one root entry and its neighbours; the values of the others are read when somebody looks at them.
 */
export function lateDocument(source: string): YamlDocument {
  const pairs: LatePair[] = []
  let line = 0
  let at = 0
  for (const { 0: found, index } of source.matchAll(rootKey)) {
    for (let next = source.indexOf("\n", at); next !== -1 && next < index; next = source.indexOf("\n", at)) {
      at = next + 1
      line++
    }
    pairs.at(-1)?.endsBefore(index)
    pairs.push(new LatePair(source, index, index + found.length - 1, line))
  }
  const [first, last] = [pairs[0]!, pairs.at(-1)!]
  const { start } = first.key.span
  const sign = signToken("block-map", start, start, first.key.line - 1, 0)
  const parts = { flow: false, bare: false, pairs }
  return simpleDocument(source, mapNode(sign, null, { start, end: pairEnd(last) }, noComments, parts))
}

class LatePair implements YamlPair {
  readonly question = -1
  readonly colon: number
  readonly key: ScalarNode
  readonly #source: string
  #end: number
  #value: YamlNode | null = null

  constructor(source: string, start: number, colon: number, line: number) {
    this.#source = source
    this.#end = source.length
    this.colon = colon
    const value = source.slice(start, colon)
    this.key = simpleScalar({ start, end: colon, line, column: 0, style: "plain", value, block: null })
  }

  /** @param next - where the next entry begins */
  endsBefore(next: number): void {
    this.#end = next
  }

  get value(): YamlNode {
    this.#value ??= this.#read()
    return this.#value
  }

  #read(): YamlNode {
    const nodes = new NodeSink(this.#source)
    const { span, line } = this.key
    const isRead = readEntries(this.#source, nodes, { start: span.start, line: line - 1 }, this.#end)
    assert(isRead && nodes.root?.type === "map", "an entry of a plain text is plain")
    return nodes.root.pairs[0]!.value
  }
}
