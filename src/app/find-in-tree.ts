import { AppError } from "../errors/app-error.ts"
import { type Tree } from "../core/tree.ts"
import { type TreePath } from "./tree-path.ts"

export interface FindOptions {
  /** Comments in a list have positions too, as in upstream. */
  readonly countsComments?: boolean
}

/**
 * The part of a document that a path names.
 *
 * @throws {AppError} `KEY_NOT_FOUND`; `KEY_TWICE` when a key on the way stands twice, since either could be meant (S2)
 */
export function findInTree(root: Tree, path: TreePath, { countsComments = false }: FindOptions = {}): Tree {
  let at = root
  for (const [depth, part] of path.entries()) {
    const next = step(at, part, path.slice(0, depth + 1), countsComments)
    if (next === null) {
      const component = typeof part === "string" ? `['${part}']` : `[${part}]`
      const asUpstream = `error truncating tree: component ${component} not found`
      throw new AppError("KEY_NOT_FOUND", { path: path.slice(0, depth + 1) }, { asUpstream })
    }
    at = next
  }
  return at
}

function step(tree: Tree, part: string | number, path: TreePath, countsComments: boolean): Tree | null {
  if (tree.type === "list" && typeof part === "number") {
    const items = countsComments ? tree.items : tree.items.filter(({ type }) => type !== "comment")
    const item = items[part]
    if (item?.type === "comment") return { type: "scalar", scalar: { kind: "str", bytes: item.text } }
    return item ?? null
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
