import { agree } from "../agree.ts"
import { findInTree, type TreePath } from "../open/tree-path.ts"
import { type Session } from "../session.ts"
import { isEmptyText } from "../../core/scalar.ts"
import { type Tree } from "../../core/tree.ts"
import { AppError } from "../../errors/app-error.ts"
import { displayPath, fileWord } from "../../errors/display.ts"
import { nearestWithin } from "../../errors/nearest.ts"

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
  const hint = `name a value in it (sotto ls ${fileWord(file)} shows them); to replace all of it with one value, pass --create`
  await agree(session, `${name} is a ${kind} with ${values}. Replace all of it with one value?`, {
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

interface NewKeyOptions {
  readonly file: string
  /** The path as it was written. */
  readonly written: string
  /** The user said that the key is new. */
  readonly create: boolean
}

/**
 * What `set` would create unasked: a misspelt key is a second secret beside the first.
 *
 * @throws {AppError} `PATH_INVALID` for a path with slashes, `KEY_NOT_FOUND` for a position beyond the end of its list,
 *   a name in a list and a key below a value; `NOT_CONFIRMED` when somebody at the terminal meant another key
 */
export async function checkNewKey(
  session: Session,
  root: Tree,
  path: TreePath,
  { file, written, create }: NewKeyOptions,
): Promise<void> {
  const found = firstMissing(root, path)
  if (found === null) return
  const { parent, depth } = found
  const part = path[depth]!
  const above = path.slice(0, depth)
  if (parent.type === "list" && typeof part === "number") {
    const count = parent.items.filter(({ type }) => type !== "comment").length
    if (part <= count) return
    const subject = `the list has ${count === 1 ? "one item" : `${count} items`}, counted from 0`
    const hint = `a new item goes to ${displayPath([...above, count])}`
    throw new AppError("KEY_NOT_FOUND", { file, path: path.slice(0, depth + 1) }, { subject, hint })
  }
  if (parent.type === "list") {
    const isNumber = typeof part === "string" && /^\d{1,9}$/.test(part)
    const meant = displayPath([...above, isNumber ? Number(part) : 0, ...(isNumber ? path.slice(depth + 1) : [])])
    const hint = isNumber ? `write it as ${meant}` : `its first item is ${meant}`
    throw new AppError(
      "KEY_NOT_FOUND",
      { file, path: path.slice(0, depth + 1) },
      { subject: "a list has positions, from 0", hint },
    )
  }
  if (parent.type === "scalar" && !isEmptyText(parent.scalar) && !create) {
    const subject = `${displayPath(above)} holds a value, not keys`
    const hint = "to replace that value with keys, pass --create"
    throw new AppError("KEY_NOT_FOUND", { file, path: path.slice(0, depth + 1) }, { subject, hint })
  }
  if (parent.type !== "map" || typeof part !== "string" || create) return
  if (part.includes("/") && !written.includes("[")) {
    const hint = `write it as ${written.replaceAll("/", ".")}; a key with / in its name is ["${part}"]`
    throw new AppError("PATH_INVALID", { file }, { subject: "keys of a path are joined by dots", hint, exit: 7 })
  }
  const keys = parent.entries.flatMap((entry) => (entry.type === "entry" ? [entry.key] : []))
  const near = nearestWithin(part, keys, part.length > lettersForTwo ? 2 : 1)
  const name = displayPath(path)
  if (near === null || part.length < lettersForOne) {
    if (session.io.stderr.isTty && session.isQuiet !== true) session.notice(`new key ${name}`)
    return
  }
  const meant = displayPath([...above, near, ...path.slice(depth + 1)])
  session.notice(`new key ${name} (did you mean ${meant}?)`)
  await session.io.stderr.flush()
  if ((await session.io.terminal.confirm(`Create ${name} as a new key?`)) !== false) return
  throw new AppError("NOT_CONFIRMED", { file }, { hint: `write ${meant}, or pass --create for a new key` })
}

/** In a shorter word two letters are most of it. */
const lettersForTwo = 4
const lettersForOne = 3

/** Where a path leaves what exists; `null` when all of it exists. */
function firstMissing(root: Tree, path: TreePath): { parent: Tree; depth: number } | null {
  let at = root
  for (const [depth, part] of path.entries()) {
    let next: Tree | undefined
    if (at.type === "map") {
      for (const entry of at.entries) if (entry.type === "entry" && entry.key === part) next = entry.value
    } else if (at.type === "list" && typeof part === "number") {
      next = at.items.filter((item): item is Tree => item.type !== "comment")[part]
    }
    if (next === undefined) return { parent: at, depth }
    at = next
  }
  return null
}
