import { type EmitOptions, type Format, type Scan, yamlBreaks } from "../core/format.ts"
import { formatJson } from "../core/gonumber.ts"
import { type Item, type Site } from "../core/site.ts"
import { type Edit, replaced, type Span } from "../core/text.ts"
import { type Tree } from "../core/tree.ts"
import { AppError, assert } from "../errors/app-error.ts"
import { attachBlock } from "./json/block.ts"
import { setValue, unsetValue } from "./json/edit.ts"
import { entryStart, isOurs, nodeOf, outlineOf, rootOf } from "./json/node.ts"
import { printScalar, printTree } from "./json/print.ts"
import { quote, quotePlain } from "./json/strings.ts"
import { confirmJson, scanJson } from "./json/scan.ts"
import { type Style, stockStyle, unitOf } from "./json/style.ts"

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

  seal: (_scan, site, token) => replaced(spanOf(site), `"${token}"`),

  // In its own files sops prints `<`, `>` and `&` as escapes, which hardly any author writes.
  open: (scan, site, scalar): Edit => replaced(spanOf(site), printScalar(scalar, isOurs(scan) ? quotePlain : quote)),

  spelling: (scalar) => printScalar(scalar, quotePlain),

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

  attach: (scan, tree, like, indent) => attachBlock(scan.source, outlineOf(scan), tree, like, indent),

  set: (scan, path, value) => setValue(scan.source, rootOf(scan), path, value),

  unset: (scan, path) => unsetValue(rootOf(scan), path),

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

function printStyle({ indent }: EmitOptions): Style {
  if (indent !== undefined && indent < -1) {
    throw new AppError("NOT_PRINTABLE", {}, { subject: "an indent of JSON is -1 (a tab) or more" })
  }
  return { ...stockStyle, unit: unitOf(indent) }
}
