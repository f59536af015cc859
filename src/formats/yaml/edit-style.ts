import { type Quotes, type Style } from "./block-tree.ts"
import { columnAt, startColumn, stepOf } from "./measure.ts"
import { type YamlScan } from "./model.ts"
import { type ListNode, type MapNode, type YamlNode } from "./node.ts"
import { resolveScalar } from "./resolve.ts"

/** How entries of this collection are written, by its own entries and else by the document's first lists. */
export function styleOf(scan: YamlScan, parent: MapNode | ListNode | null): Style {
  const step = stepOf(scan)
  const values = parent === null ? [] : parent.type === "map" ? parent.pairs.map(({ value }) => value) : parent.items
  const keys = parent?.type === "map" ? parent.pairs.map(({ key }) => key) : []
  return { step, dashes: dashesOf(scan, step), keys: quotesOf(keys), values: quotesOf(values) }
}

/** As the last string is quoted. Blocks and numbers say nothing about quotes. */
function quotesOf(nodes: readonly YamlNode[]): Quotes {
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i]!
    if (node.type !== "scalar" || node.block !== null) continue
    if (node.style === "single" || node.style === "double") return node.style
    const scalar = resolveScalar(node.shortTag, node.style, node.value)
    if (typeof scalar === "object" && scalar?.kind === "str") return "plain"
  }
  return "plain"
}

function dashesOf({ docs, source }: YamlScan, step: number): number {
  for (const { root } of docs) {
    const found = root === null ? null : firstDashes(source, root)
    if (found !== null) return found
  }
  return step
}

function firstDashes(source: string, node: YamlNode): number | null {
  if (node.type !== "map" && node.type !== "list") return null
  if (node.type === "map" && !node.flow) {
    for (const { key, value } of node.pairs) {
      if (value.type === "list" && !value.flow && value.dashes.length > 0)
        return startColumn(source, value) - columnAt(source, key.properties.start)
    }
  }
  const inner = node.type === "map" ? node.pairs.map(({ value }) => value) : node.items
  for (const value of inner) {
    const found = firstDashes(source, value)
    if (found !== null) return found
  }
  return null
}
