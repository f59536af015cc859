import { type Tree } from "../../core/tree.ts"
import { AppError } from "../../errors/app-error.ts"
import { displayPath, shellWord } from "../../errors/display.ts"
import { agree } from "../agree.ts"
import { findInTree } from "../open/find-in-tree.ts"
import { type TreePath } from "../open/tree-path.ts"
import { type Session } from "../session.ts"

/**
 * One value in the place of many: whoever wrote `db` and meant `db.password` loses all of them.
 *
 * @param value - `null`: a text that is not known yet
 * @returns what can be said when it is done; `null`: nothing
 * @throws {AppError} `NOT_CONFIRMED`
 */
export async function checkReplaced(
  session: Session,
  root: Tree,
  value: Tree | null,
  { file, path }: { readonly file: string; readonly path: TreePath },
): Promise<string | null> {
  const there = treeAt(root, path)
  if (there?.type !== "map" && there?.type !== "list") return null
  const count = valuesIn(there)
  if (count === 0) return null
  const name = displayPath(path)
  const values = count === 1 ? "one value" : `${count} values`
  // A mapping or list that is written out as JSON is meant.
  if (value?.type === "map" || value?.type === "list") return `replaced ${values} below ${name}`
  const kind = there.type === "map" ? "mapping" : "list"
  const hint = `name a value in it (sotto ls ${shellWord(file)} shows them); to put one value in the place of all, say --create`
  await agree(session, `${name} is a ${kind} with ${values}. Put one value in the place of all?`, {
    subject: `${name} is a ${kind} with ${values}`,
    hint,
  }).catch((error: unknown) => {
    throw error instanceof AppError ? error.at({ file, path }) : error
  })
  return null
}

function treeAt(root: Tree, path: TreePath): Tree | null {
  try {
    return findInTree(root, path)
  } catch (error) {
    if (error instanceof AppError) return null
    throw error
  }
}

/** Entries without keys below them; empty mappings and lists have none. */
function valuesIn(tree: Tree): number {
  let count = 0
  const open: Tree[] = [tree]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at.type === "map") {
      for (const entry of at.entries) if (entry.type === "entry") open.push(entry.value)
    } else if (at.type === "list") {
      for (const item of at.items) if (item.type !== "comment") open.push(item)
    } else count++
  }
  return count
}
