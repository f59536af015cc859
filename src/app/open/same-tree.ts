import { equalBytes } from "../../core/text.ts"
import { type CommentEntry, type MapEntry, type Tree } from "../../core/tree.ts"

/** Equal data: keys in the same order, kinds and bytes; comments do not count. */
export function sameTree(a: Tree, b: Tree): boolean {
  if (a.type === "scalar" && b.type === "scalar") {
    return a.scalar.kind === b.scalar.kind && equalBytes(a.scalar.bytes, b.scalar.bytes)
  }
  if (a.type === "map" && b.type === "map") {
    const [left, right] = [a.entries.filter(isEntry), b.entries.filter(isEntry)]
    return (
      left.length === right.length &&
      left.every(({ key, value }, i) => key === right[i]!.key && sameTree(value, right[i]!.value))
    )
  }
  if (a.type === "list" && b.type === "list") {
    const [left, right] = [a.items.filter(isTree), b.items.filter(isTree)]
    return left.length === right.length && left.every((item, i) => sameTree(item, right[i]!))
  }
  return a.type === "null" && b.type === "null"
}

function isEntry(entry: MapEntry | CommentEntry): entry is MapEntry {
  return entry.type === "entry"
}

function isTree(item: Tree | CommentEntry): item is Tree {
  return item.type !== "comment"
}
