import { AppError } from "../errors/app-error.ts"
import { type Tree } from "../core/tree.ts"
import { type TreePath } from "./tree-path.ts"

/**
 * The part of a document that a path names. Comments in a list do not count.
 *
 * @throws {AppError} `KEY_NOT_FOUND`; `KEY_TWICE` when a key on the way stands twice, since either could be meant (S2)
 */
export function findInTree(root: Tree, path: TreePath): Tree {
  let at = root
  for (const [depth, part] of path.entries()) {
    const next = step(at, part, path.slice(0, depth + 1))
    if (next === null) throw new AppError("KEY_NOT_FOUND", { path: path.slice(0, depth + 1) })
    at = next
  }
  return at
}

function step(tree: Tree, part: string | number, path: TreePath): Tree | null {
  if (tree.type === "list" && typeof part === "number") {
    const elements = tree.items.filter((item): item is Tree => item.type !== "comment")
    return elements[part] ?? null
  }
  if (tree.type !== "map" || typeof part !== "string") return null
  let found: Tree | null = null
  for (const entry of tree.entries) {
    if (entry.type !== "entry" || entry.key !== part) continue
    if (found !== null) throw new AppError("KEY_TWICE", { path })
    found = entry.value
  }
  return found
}
