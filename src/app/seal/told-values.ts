import { type Format } from "../../core/format.ts"
import { scalarText } from "../../core/scalar.ts"
import { type Told, toldKey, type ToldValues } from "../../core/told.ts"
import { type CommentEntry, type Tree } from "../../core/tree.ts"
import { type TreePath } from "../open/tree-path.ts"

/**
 * The texts of a value that is about to be spelled in a format: sealing keeps what was given, byte for byte, and
 * `run` gives a child the same.
 */
export function toldValues(format: Format, path: TreePath, value: Tree): ToldValues {
  const found = new Map<string, Told>()
  collect(format, path, value, found)
  return found
}

function collect(format: Format, path: TreePath, value: Tree, found: Map<string, Told>): void {
  switch (value.type) {
    case "null":
      return
    case "scalar": {
      const { scalar } = value
      const isVerbatim = format.valueForReaders !== undefined && format.valueForReaders(scalar) !== scalarText(scalar)
      if (scalar.kind === "str") found.set(toldKey(path), { scalar, isVerbatim })
      return
    }
    case "map":
      for (const entry of value.entries) {
        if (entry.type === "entry") collect(format, [...path, entry.key], entry.value, found)
      }
      return
    case "list":
      for (const [index, item] of value.items.filter(isTree).entries()) collect(format, [...path, index], item, found)
  }
}

function isTree(item: Tree | CommentEntry): item is Tree {
  return item.type !== "comment"
}
