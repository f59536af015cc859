import { decodeText } from "../../../core/text.ts"
import { type Tree } from "../../../core/tree.ts"
import { childIndent, columnInLine, nextLine, skipBlanks, startColumn, stepOf } from "../carry/measure.ts"
import { doubleQuoted, fitsOneLine, singleQuoted } from "../carry/quote.ts"
import { keyPlace, spellScalar, spellText } from "../carry/spell.ts"
import { type YamlScan } from "../resolve/model.ts"
import { resolveScalar } from "../resolve/resolve.ts"
import { isBreak } from "../scan/chars.ts"
import { type ListNode, type MapNode, type YamlNode } from "../scan/node.ts"

/** How the neighbours of a new entry are written. */
export interface BlockStyle {
  /** Spaces per level. */
  readonly step: number
  /** Spaces between a key and the dashes below it. */
  readonly dashes: number
  readonly keys: Quotes
  readonly values: Quotes
  readonly below: Below
}

/** What follows the lines and could be taken for a part of a block at their end. */
interface Below {
  /** A comment that is indented deeper than the entry. */
  readonly hasComment: boolean
  readonly hasBlankLine: boolean
  /** There is no line end. */
  readonly isOpen: boolean
}

/** `plain`: quotes only where needed. */
type Quotes = "plain" | "single" | "double"

/**
 * The lines of a new entry or element. The first one comes without indentation, so that it can go after a dash.
 *
 * @param column - where the first line begins
 */
export function blockLines(tree: Tree, column: number, style: BlockStyle): string[] {
  switch (tree.type) {
    case "map": {
      const entries = tree.entries.filter((entry) => entry.type === "entry")
      return entries.flatMap(({ key, value }, index) =>
        indentFirst(entryLines(key, value, column, style), index === 0 ? 0 : column),
      )
    }
    case "list": {
      const items = tree.items.filter((item) => item.type !== "comment")
      return items.flatMap((item, index) => indentFirst(itemLines(item, column, style), index === 0 ? 0 : column))
    }
    case "scalar":
    case "null":
      return scalarLines(tree, childIndent(column, "map", style.step), column, style)
  }
}

/** `key: value`, or the key with its block below. */
export function entryLines(key: string, value: Tree, column: number, style: BlockStyle): string[] {
  const head = `${spellKey(key, style.keys)}:`
  if (isBlock(value)) {
    const inner = value.type === "list" ? column + style.dashes : childIndent(column, "map", style.step)
    return [head, ...indentFirst(blockLines(value, inner, style), inner)]
  }
  return glue(`${head} `, scalarLines(value, childIndent(column, "map", style.step), column, style))
}

/** `- value`; a mapping or list starts on the line of its dash. */
export function itemLines(item: Tree, column: number, style: BlockStyle): string[] {
  if (isBlock(item)) return glue("- ", blockLines(item, column + 2, style))
  return glue("- ", scalarLines(item, column + 2, column, style))
}

function isBlock(tree: Tree): boolean {
  return (tree.type === "map" && tree.entries.length > 0) || (tree.type === "list" && tree.items.length > 0)
}

function scalarLines(tree: Tree, indent: number, parent: number, { values, below }: BlockStyle): string[] {
  if (tree.type === "null") return ["null"]
  if (tree.type === "map") return ["{}"]
  if (tree.type === "list") return ["[]"]
  const { scalar } = tree
  const text = scalar.kind === "str" ? decodeText(scalar.bytes) : null
  if (text !== null && values === "double" && !text.includes("\n")) return [doubleQuoted(text, { keepsReadable: true })]
  if (text !== null && values === "single" && fitsOneLine(text)) return [singleQuoted(text)]
  const oneLine = text !== null && !mayBeBlock(text, below)
  return spellScalar(scalar, { context: "block", indent, hint: indent - parent, eol: "\n", oneLine }).split("\n")
}

function mayBeBlock(text: string, { hasComment, hasBlankLine, isOpen }: Below): boolean {
  const keepsEnd = text.endsWith("\n\n") || text === "\n"
  return !hasComment && !(hasBlankLine && keepsEnd) && !(isOpen && text.endsWith("\n"))
}

/** A key on one line; in quotes the merge key loses its meaning, as it must. */
export function spellKey(key: string, quotes: Quotes): string {
  if (key === "<<" || quotes === "double") return doubleQuoted(key, { keepsReadable: true })
  if (quotes === "single" && fitsOneLine(key)) return singleQuoted(key)
  return spellText(key, keyPlace)
}

function indentFirst(lines: readonly string[], column: number): string[] {
  return glue(" ".repeat(column), lines)
}

function glue(prefix: string, lines: readonly string[]): string[] {
  const [first = "", ...rest] = lines
  return [prefix + first, ...rest]
}

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
    // Looked up for a list alone: it may take all of the text.
    get dashes() {
      return dashesOf(scan, step)
    },
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
