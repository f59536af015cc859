import { nested } from "../../core/build-tree.ts"
import { type EmitOptions, type Format, type Scan, yamlBreaks } from "../../core/format.ts"
import { formatJson } from "../../core/gonumber.ts"
import { type Item, type Site } from "../../core/site.ts"
import { type Edit, type Span, replaced } from "../../core/text.ts"
import { type Tree } from "../../core/tree.ts"
import { AppError, assert } from "../../errors/app-error.ts"
import { attachJsonBlock } from "./block.ts"
import { type JsonNode, entryStart, isOurs, nodeOf, outlineOf, rootOf } from "./node.ts"
import { type JsonStyle, deeper, printJsonScalar, printTree, stockStyle, styleOf, unitOf } from "./print.ts"
import { confirmJson, confirmJsonValue, readSealedJson, scanJson } from "./scan.ts"
import { quote, quotePlain } from "./strings.ts"

const example = `{
\t"hello": "Welcome to sotto! Edit this file as you please!",
\t"example_key": "example_value",
\t"example_array": [
\t\t"example_value1",
\t\t"example_value2"
\t],
\t"example_number": 1234.56789,
\t"example_booleans": [
\t\ttrue,
\t\tfalse
\t]
}
`

/**
 * JSON as sops reads and prints it. Every sealed scalar is a string; whatever is between the values stays.
 *
 * @see sops v3.13.2 stores/json/store.go
 */
export const json: Format = {
  name: "json",
  example,

  onlyAsText: new Set(["time"]),

  readsJson: true,

  numberAsUpstream: formatJson,

  indents: { setting: "jsonIndent", least: -1, fault: "an indent of JSON is -1 (a tab) or more" },

  hasOldFloats: true,

  commentBreaks: yamlBreaks,

  scan: scanJson,

  confirms: confirmJson,

  // Whatever a value says, what is around it stays as it was.
  confirmsEdit: (_scan, { kind }, scalar, text) => kind === "str" && confirmJsonValue(scalar, text),

  readsSealed: readSealedJson,

  seal: (_scan, site, token) => replaced(spanOf(site), `"${token}"`),

  // In its own files sops prints `<`, `>` and `&` as escapes, which hardly any author writes.
  open: (scan, site, scalar): Edit =>
    replaced(spanOf(site), printJsonScalar(scalar, isOurs(scan) ? quotePlain : quote)),

  spelling: (scalar) => printJsonScalar(scalar, quotePlain),

  expand: () => assertNoAlias(),

  valueSpan(scan: Scan, item: Item): Span | null {
    const node = nodeOf(rootOf(scan), item)
    return node === null ? null : { start: node.start, end: node.end }
  },

  places(scan) {
    const root = rootOf(scan)
    return (item) => {
      const node = nodeOf(root, item)
      return node === null ? null : { start: entryStart(node), end: node.end, isBlock: false }
    }
  },

  attach: (scan, tree, like, indent) => attachJsonBlock(scan.source, outlineOf(scan), tree, like, indent),

  set: (scan, path, value) => setJsonValue(scan.source, rootOf(scan), path, value),

  unset: (scan, path) => unsetJsonValue(rootOf(scan), path),

  emit(documents: readonly Tree[], options: EmitOptions): string {
    const [first] = documents
    return first === undefined ? "" : `${printTree(first, printStyle(options))}\n`
  },

  emitValue: (value: Tree, options: EmitOptions) => printTree(value, printStyle(options)),
}

function spanOf(site: Site): Span {
  assert(site.span !== null, "JSON has no virtual sites")
  return site.span
}

function assertNoAlias(): never {
  throw new Error("JSON has no aliases")
}

function printStyle({ indent }: EmitOptions): JsonStyle {
  if (indent !== undefined && indent < -1) {
    throw new AppError("NOT_PRINTABLE", {}, { subject: "an indent of JSON is -1 (a tab) or more" })
  }
  return { ...stockStyle, unit: unitOf(indent) }
}

type Path = readonly (string | number)[]

/** A value on the way to a place, with the style of its line. */
interface Step {
  readonly node: JsonNode
  readonly style: JsonStyle
}

/**
 * Sets the value at a path, as upstream's `set`: a missing name or element is added after the last one, with all
 * that is missing below it, and a scalar that is in the way is replaced.
 *
 * @see sops v3.13.2 sops.go, set
 */
function setJsonValue(source: string, root: JsonNode, path: Path, value: Tree): Edit[] {
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
function unsetJsonValue(root: JsonNode, path: Path): Edit[] {
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
