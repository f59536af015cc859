import { type Below, type Quotes, type BlockStyle } from "./block-tree.ts"
import { columnInLine, nextLine, skipBlanks, startColumn, stepOf } from "../carry/measure.ts"
import { type YamlScan } from "../resolve/model.ts"
import { type ListNode, type MapNode, type YamlNode } from "../scan/node.ts"
import { isBreak } from "../scan/chars.ts"
import { resolveScalar } from "../resolve/resolve.ts"

/**
 * How the entries of this collection are written, by its own entries, or else by the document's first lists.
 *
 * @param end - where the text before the new lines ends; they go below its line
 * @param hasComment - a comment follows the new text on its line
 */
export function blockStyleOf(
  scan: YamlScan,
  parent: MapNode | ListNode | null,
  end: number,
  hasComment: boolean = false,
): BlockStyle {
  const step = stepOf(scan)
  const values = parent === null ? [] : parent.type === "map" ? parent.pairs.map(({ value }) => value) : parent.items
  const keys = parent?.type === "map" ? parent.pairs.map(({ key }) => key) : []
  return {
    step,
    dashes: dashesOf(scan, step),
    keys: quotesOf(keys),
    values: quotesOf(values),
    below: belowOf(scan.source, parent, end, hasComment),
  }
}

function belowOf(source: string, parent: MapNode | ListNode | null, end: number, hasComment: boolean): Below {
  const column = parent === null ? 0 : startColumn(source, parent)
  const start = nextLine(source, end)
  const isOpen = start === source.length && (start === 0 || !isBreak(source.charCodeAt(start - 1)))
  let hasBlankLine = false
  for (let at = start; at < source.length; at = nextLine(source, at)) {
    const first = skipBlanks(source, at)
    if (first < source.length && !isBreak(source.charCodeAt(first)))
      return { hasComment: hasComment || (source[first] === "#" && first - at > column), hasBlankLine, isOpen }
    hasBlankLine = true
  }
  return { hasComment, hasBlankLine, isOpen }
}

/** The quotes of the last string. Blocks and numbers say nothing about quotes. */
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
        return startColumn(source, value) - columnInLine(source, key.properties.start)
    }
  }
  const inner = node.type === "map" ? node.pairs.map(({ value }) => value) : node.items
  for (const value of inner) {
    const found = firstDashes(source, value)
    if (found !== null) return found
  }
  return null
}
