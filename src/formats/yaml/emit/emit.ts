import { type EmitOptions } from "../../../core/format.ts"
import { type Scalar } from "../../../core/scalar.ts"
import { type NullTree, type ScalarTree, type Tree } from "../../../core/tree.ts"
import { type Commented, type CommentedList, type CommentedMap, withComments } from "./emit-comments.ts"
import {
  type Writer,
  breakLine,
  footComment,
  headComment,
  holdLineComment,
  increaseIndent,
  lineComment,
  newWriter,
  pend,
  releaseLineComment,
  writeSign,
  startLine,
  word,
} from "./emit-writer.ts"
import { isBreak } from "../scan/chars.ts"
import { keyPlace, spellScalar, spellText } from "../carry/spell.ts"

export const DEFAULT_INDENT = 4
/** go-yaml writes `? key` for what is longer than this, in bytes. */
const SIMPLE_KEY_BYTES_MAX = 128

type Parent = "document" | "map" | "list"

/**
 * Prints documents as sops does: block style, lists indented below their key, no line folding.
 *
 * Comments that upstream's printer loses or moves are lost and moved here too, since the result should be the
 * same. One difference is deliberate: the indentation hint of a block says how far its text is indented, where
 * upstream, inside lists, prints a text that it cannot read back.
 *
 * @see sops v3.13.2 stores/yaml/store.go, EmitPlainFile; go-yaml v3.0.4 emitterc.go
 */
export function emitYaml(documents: readonly Tree[], { indent }: EmitOptions): string {
  const writer = newWriter(indent ?? DEFAULT_INDENT)
  for (const [index, tree] of documents.entries()) {
    if (index > 0) {
      startLine(writer)
      writeSign(writer, "---")
      startLine(writer)
      if (headComment(writer)) breakLine(writer)
    }
    emitDocument(writer, tree)
  }
  return writer.parts.join("")
}

/** Prints one value as `--extract` does; upstream ignores the configured indentation here. */
export function emitYamlValue(value: Tree): string {
  const writer = newWriter(DEFAULT_INDENT)
  emitDocument(writer, value)
  return writer.parts.join("")
}

function emitDocument(writer: Writer, tree: Tree): void {
  const node = withComments(tree)
  pendStart(writer, node)
  headComment(writer)
  emitNode(writer, node, "document")
  writer.footIndent = 0
  footComment(writer)
  writer.footIndent = -1
  startLine(writer)
}

/** The comments of a scalar come with it; those at the end of a collection only with its end. */
function pendStart(writer: Writer, { head, line, foot, type }: Commented): void {
  pend(writer, type === "leaf" ? { head, line, foot } : { head })
}

/** Prints a node whose start is pending. The line ends after a scalar, and after the *start* of a collection. */
function emitNode(writer: Writer, node: Commented, parent: Parent): void {
  if (node.type === "leaf") {
    emitLeaf(writer, node.tree, parent)
    closeLine(writer)
    return
  }
  closeLine(writer)
  if ((node.type === "map" ? node.entries : node.items).length === 0) emitEmpty(writer, node, parent)
  else if (node.type === "map") emitMap(writer, node, parent)
  else emitList(writer, node, parent)
}

function closeLine(writer: Writer): void {
  lineComment(writer)
  footComment(writer)
}

function emitLeaf(writer: Writer, tree: ScalarTree | NullTree, parent: Parent): void {
  if (tree.type === "null") {
    word(writer, "null")
    return
  }
  const outer = writer.indent
  increaseIndent(writer, { isFlow: true, inList: parent === "list" })
  const hint = isBreaks(tree.scalar) ? writer.step : writer.indent - Math.max(outer, 0)
  emitSpelled(writer, spellScalar(tree.scalar, { context: "block", indent: writer.indent, hint, eol: "\n" }))
  writer.indent = outer
}

/** Nothing in such a text is indented, so upstream's hint does no harm. */
function isBreaks({ bytes }: Scalar): boolean {
  return bytes.every((byte) => byte === 0x0a)
}

/** Prints what `spell.ts` made: text on one line, or a block, whose header the line's comment may follow. */
function emitSpelled(writer: Writer, text: string): void {
  const at = text.indexOf("\n")
  if (at === -1) {
    word(writer, text)
    return
  }
  word(writer, text.slice(0, at))
  if (!lineComment(writer)) breakLine(writer)
  writer.parts.push(text.slice(at + 1))
  writer.column = 1
  breakLine(writer)
  writer.isBlank = true
}

function emitEmpty(writer: Writer, node: CommentedMap | CommentedList, parent: Parent): void {
  const isMap = node.type === "map"
  pend(writer, { line: node.line, foot: node.foot })
  writeSign(writer, isMap ? "{" : "[", { isBlank: true })
  const outer = writer.indent
  increaseIndent(writer, { isFlow: true, inList: parent === "list" })
  if (isMap) headComment(writer)
  writer.indent = outer
  if (!isMap && writer.column === 0) startLine(writer)
  writeSign(writer, isMap ? "}" : "]", { isGlued: true })
  closeLine(writer)
}

function emitMap(writer: Writer, map: CommentedMap, parent: Parent): void {
  const outer = writer.indent
  increaseIndent(writer, { isFlow: false, inList: parent === "list" })
  let tail = ""
  for (const entry of map.entries) {
    pend(writer, { head: entry.head, tail })
    tail = entry.foot
    headComment(writer)
    startLine(writer)
    holdLineComment(writer)
    emitKey(writer, entry.key)
    pendStart(writer, entry.value)
    releaseLineComment(writer, entry.value.type === "leaf")
    emitNode(writer, entry.value, "map")
  }
  pend(writer, { tail, line: map.line, foot: map.foot })
  headComment(writer)
  writer.indent = outer
}

function emitList(writer: Writer, list: CommentedList, parent: Parent): void {
  const outer = writer.indent
  increaseIndent(writer, { isFlow: false, inList: parent === "list" })
  for (const item of list.items) {
    pendStart(writer, item)
    headComment(writer)
    startLine(writer)
    writeSign(writer, "-", { isIndent: true })
    emitNode(writer, item, "list")
  }
  pend(writer, { line: list.line, foot: list.foot })
  writer.indent = outer
}

function emitKey(writer: Writer, key: string): void {
  if (isSimpleKey(key)) {
    word(writer, spellText(key, keyPlace))
    writeSign(writer, ":", { isGlued: true })
    return
  }
  const outer = writer.indent
  writeSign(writer, "?", { isIndent: true })
  increaseIndent(writer, { isFlow: true, inList: false })
  emitSpelled(
    writer,
    spellText(key, { context: "block", indent: writer.indent, hint: writer.indent - outer, eol: "\n" }),
  )
  writer.indent = outer
  startLine(writer)
  writeSign(writer, ":", { isIndent: true })
}

function isSimpleKey(key: string): boolean {
  if (key.length > SIMPLE_KEY_BYTES_MAX) return false
  for (let i = 0; i < key.length; i++) if (isBreak(key.charCodeAt(i))) return false
  const tag = key === "<<" ? "!!merge".length : 0
  return Buffer.byteLength(key) + tag <= SIMPLE_KEY_BYTES_MAX
}
