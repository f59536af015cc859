import { type Edit } from "../../core/text.ts"
import { type Tree } from "../../core/tree.ts"
import { AppError } from "../../errors/app-error.ts"
import { entryStart, type JsonNode } from "./node.ts"
import { printTree } from "./print.ts"
import { quote } from "./strings.ts"
import { deeper, type Style, stockStyle, styleOf } from "./style.ts"

type Path = readonly (string | number)[]

/** A value on the way to a place, with the style of its line. */
interface Step {
  readonly node: JsonNode
  readonly style: Style
}

/**
 * Sets the value at a path, as upstream's `set`: a missing name or element is added after the last one, with all
 * that is missing below it, and a scalar that is in the way is replaced.
 *
 * @see sops v3.13.2 sops.go, set
 */
export function setValue(source: string, root: JsonNode, path: Path, value: Tree): Edit[] {
  const start = source.includes("\r\n") ? { ...stockStyle, newline: "\r\n" } : stockStyle
  let at: Step = { node: root, style: styleOf(source, root) ?? start }
  for (const [depth, part] of path.entries()) {
    const rest = path.slice(depth + 1)
    if (at.node.kind !== "map" && at.node.kind !== "list") return [replace(at, nested(path.slice(depth), value))]
    const child = childAt(at.node, part, path.slice(0, depth + 1))
    if (child === undefined) return [insert(at, part, nested(rest, value))]
    at = stepInto(source, at, child)
  }
  return [replace(at, value)]
}

/** Removes an entry with its comma; the last one leaves `{}` or `[]`. */
export function unsetValue(root: JsonNode, path: Path): Edit[] {
  let parent = root
  let node = root
  for (const [depth, part] of path.entries()) {
    parent = node
    const child = node.kind === "map" || node.kind === "list" ? childAt(node, part, path) : undefined
    if (child === undefined) throw new AppError("KEY_NOT_FOUND", { path: path.slice(0, depth + 1) })
    node = child
  }
  if (node === root) throw new AppError("KEY_NOT_FOUND", { path })
  const at = parent.physical.indexOf(node)
  const previous = parent.physical[at - 1]
  const next = parent.physical[at + 1]
  if (previous !== undefined) return [{ start: previous.end, end: node.end, text: "" }]
  if (next !== undefined) return [{ start: entryStart(node), end: entryStart(next), text: "" }]
  return [{ start: parent.start, end: parent.end, text: parent.kind === "map" ? "{}" : "[]" }]
}

/** If a name appears twice, the first one, as upstream. */
function childAt(node: JsonNode, part: string | number, path: Path): JsonNode | undefined {
  if (node.kind === "map" && typeof part === "string") return node.children.find(({ item }) => item.key === part)
  if (node.kind === "list" && typeof part === "number" && part >= 0) return node.children[part]
  const subject = node.kind === "map" ? "an object has names" : "a list has positions, from 0"
  throw new AppError("KEY_NOT_FOUND", { path }, { subject })
}

/** A container shows the style of its own entries; an empty one, and a scalar, have that of their place. */
function stepInto(source: string, { style }: Step, child: JsonNode): Step {
  return { node: child, style: styleOf(source, child) ?? deeper(style) }
}

function replace({ node, style }: Step, value: Tree): Edit {
  return { start: node.start, end: node.end, text: printTree(value, style) }
}

function insert({ node, style }: Step, part: string | number, value: Tree): Edit {
  const inner = deeper(style)
  const text = (typeof part === "string" ? quote(part) + style.colon : "") + printTree(value, inner)
  const last = node.physical.at(-1)
  const lead = style.newline === "" ? "" : style.newline + inner.indent
  if (last !== undefined) {
    const comma = style.newline === "" ? style.comma : ","
    return { start: last.end, end: last.end, text: comma + lead + text }
  }
  const [open, close] = node.kind === "map" ? ["{", "}"] : ["[", "]"]
  const end = style.newline === "" ? "" : style.newline + style.indent
  return { start: node.start, end: node.end, text: open + lead + text + end + close }
}

/** What is missing on the way to a value: an object for a name, a list of one for a position. */
function nested(path: Path, value: Tree): Tree {
  return path.reduceRight<Tree>(
    (inner, part) =>
      typeof part === "string"
        ? { type: "map", entries: [{ type: "entry", key: part, value: inner }] }
        : { type: "list", items: [inner] },
    value,
  )
}
