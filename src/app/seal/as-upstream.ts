import { type Format } from "../../core/format.ts"
import { formatF } from "../../core/gonumber.ts"
import { utf8 } from "../../core/text.ts"
import { type MapTree, type Tree } from "../../core/tree.ts"
import { AppError } from "../../errors/app-error.ts"
import { type TreePath } from "../open/tree-path.ts"

/**
 * A value for `set` as upstream takes it. Every number is a float there.
 *
 * What is printed afterwards is what upstream prints: 5 stays `5` in YAML and JSON and becomes `5.0` where all values
 * are text, and 12345678901 becomes `1.2345678901e+10` in YAML. A number that prints like an integer is sealed as one.
 */
export function valueAsUpstream(value: Tree, format: Format): Tree {
  if (value.type !== "scalar" || (value.scalar.kind !== "int" && value.scalar.kind !== "float")) return value
  const number = Number(utf8.decode(value.scalar.bytes))
  const printed = format.numberAsUpstream(number)
  if (format.onlyAsText?.has("float") === true) return scalar("str", printed)
  return /^-?\d{1,15}$/.test(printed) && printed !== "-0" ? scalar("int", printed) : scalar("float", formatF(number))
}

/** @throws {AppError} `VALUE_INVALID` with status 7: upstream sets no lists */
export function refuseList({ type }: Tree): void {
  if (type === "list") throw new AppError("VALUE_INVALID", {}, { asUpstream: "Invalid --set value format" })
}

function scalar(kind: "str" | "int" | "float", text: string): Tree {
  return { type: "scalar", scalar: { kind, bytes: utf8.encode(text) } }
}

/**
 * The same path without the comments of lists, which upstream counts as elements. It ends early where a scalar is
 * in the way.
 *
 * @returns the path, whether a scalar is on the way, and the part of the path with the first thing that is not there
 * @throws {AppError} `KEY_NOT_FOUND` for what upstream crashes on, or does nothing with: a name for a list, a position
 *   for a mapping, a position below 0
 */
export function pathAsUpstream(root: Tree, path: TreePath): FoundPath {
  const found: (string | number)[] = []
  let missing: TreePath | null = null
  let at: Tree | null = root
  for (const [depth, part] of path.entries()) {
    const here = path.slice(0, depth + 1)
    if (at === null) {
      found.push(part)
      continue
    }
    missing = here
    if (at.type === "map") {
      if (typeof part === "number") throw misplaced(here, "a mapping has names, not positions")
      const entry: MapTree["entries"][number] | undefined = at.entries.find(
        (each) => each.type === "entry" && each.key === part,
      )
      at = entry?.type === "entry" ? entry.value : null
      found.push(part)
      continue
    }
    if (at.type !== "list") return { path: [...found, ...path.slice(depth)], isBlocked: true, missing: null }
    if (typeof part === "string") throw misplaced(here, "a list has positions, not names")
    if (part < 0) throw misplaced(here, "a position is 0 or more")
    const item: (typeof at.items)[number] | undefined = at.items[part]
    if (item?.type === "comment") throw misplaced(here, "there is a comment")
    found.push(at.items.slice(0, part).filter(({ type }) => type !== "comment").length)
    at = item ?? null
  }
  return { path: found, isBlocked: false, missing: at === null ? missing : null }
}

interface FoundPath {
  readonly path: TreePath
  readonly isBlocked: boolean
  readonly missing: TreePath | null
}

function misplaced(path: TreePath, subject: string): AppError {
  return new AppError(
    "KEY_NOT_FOUND",
    { path },
    { subject, exit: 1, asUpstream: `Key not found: ${path.at(-1)!}: ${subject}` },
  )
}
