import { type Session } from "../session.ts"
import { type Opened, type Unverified } from "../../core/document.ts"
import { type Format } from "../../core/format.ts"
import { keyPath } from "../../core/site.ts"
import { type Tree } from "../../core/tree.ts"
import { AppError } from "../../errors/app-error.ts"
import { displayPath } from "../../errors/display.ts"
import { nearest } from "../../errors/nearest.ts"

export type TreePath = readonly (string | number)[]

/** A path in the grammar of the face that was called. */
export function parsePath({ dialect }: Pick<Session, "dialect">, text: string, exit: 7 | 91): TreePath {
  return dialect.files.pathGrammar === "brackets" ? parseTreePathAsSops(text, exit) : parseTreePath(text, exit)
}

/**
 * Reads `["a"][0]["b"]`, as sops writes a path, and `a[0].b`, which is ours. Between brackets a key is verbatim, in
 * either quote, without escapes.
 *
 * @param exit - 91 for `--extract`, 7 for `set` and `unset`, as upstream
 * @throws {AppError} `PATH_INVALID`
 */
export function parseTreePath(text: string, exit: 7 | 91): TreePath {
  const parts: (string | number)[] = []
  let at = 0
  while (at < text.length) {
    if (text[at] === "[") {
      const { part, end } = bracket(text, at, exit)
      parts.push(part)
      at = end
      continue
    }
    if (parts.length > 0) {
      if (text[at] !== ".") throw invalid(exit)
      at++
    }
    const end = nameEnd(text, at)
    if (end === at) throw invalid(exit)
    parts.push(text.slice(at, end))
    at = end
  }
  if (parts.length === 0 && exit === 7) throw invalid(exit)
  return parts
}

/**
 * The grammar of upstream alone: every piece between `[` and `]`, a quoted key or a decimal number.
 *
 * @see sops v3.13.2 cmd/sops/main.go, parseTreePath
 */
function parseTreePathAsSops(text: string, exit: 7 | 91): TreePath {
  const parts = text
    .split("[")
    .filter((piece) => piece !== "")
    .map((piece): string | number => {
      if (!piece.endsWith("]")) throw invalid(exit)
      const inner = piece.slice(0, -1)
      if (inner === "" || inner === '"' || inner === "'") throw invalid(exit)
      if (inner.startsWith('"') || inner.startsWith("'")) return inner.slice(1, -1)
      if (!/^[+-]?\d{1,15}$/.test(inner)) throw invalid(exit)
      return Number(inner)
    })
  if (parts.length === 0 && exit === 7) throw invalid(exit)
  return parts
}

function bracket(text: string, start: number, exit: 7 | 91): { part: string | number; end: number } {
  const quote = text[start + 1]
  if (quote === '"' || quote === "'") {
    const close = text.indexOf(`${quote}]`, start + 2)
    if (close === -1) throw invalid(exit)
    return { part: text.slice(start + 2, close), end: close + 2 }
  }
  const close = text.indexOf("]", start)
  const number = close === -1 ? "" : text.slice(start + 1, close)
  if (!/^\d{1,15}$/.test(number)) throw invalid(exit)
  return { part: Number(number), end: close + 1 }
}

function nameEnd(text: string, start: number): number {
  let end = start
  while (end < text.length && text[end] !== "." && text[end] !== "[") end++
  return end
}

function invalid(exit: 7 | 91): AppError {
  return new AppError("PATH_INVALID", {}, { exit })
}

interface FindOptions {
  /** Comments in a list have positions too, as in upstream. */
  readonly countsComments?: boolean
}

/**
 * The part of a document that a path names.
 *
 * @throws {AppError} `KEY_NOT_FOUND`; `KEY_TWICE` when a key on the way appears twice, since either could be meant (S2)
 */
export function findInTree(root: Tree, path: TreePath, { countsComments = false }: FindOptions = {}): Tree {
  let at = root
  for (const [depth, part] of path.entries()) {
    const next = step(at, part, path.slice(0, depth + 1), countsComments)
    if (next === null) {
      const component = typeof part === "string" ? `['${part}']` : `[${part}]`
      const asUpstream = `error truncating tree: component ${component} not found`
      throw new AppError(
        "KEY_NOT_FOUND",
        { path: path.slice(0, depth + 1) },
        { asUpstream, hint: whatIsThere(at, path.slice(0, depth), part) },
      )
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

/**
 * The root without the section that an INI file has before its first header, where that holds nothing and a header of
 * its name follows: `[DEFAULT]` is then the only one that can be meant.
 */
export function withoutEmptyTop(root: Tree, { topSection }: Pick<Format, "topSection">): Tree {
  if (topSection === undefined || root.type !== "map") return root
  const tops = root.entries.filter((entry) => entry.type === "entry" && entry.key === topSection)
  const [first] = tops
  if (tops.length < 2 || first?.type !== "entry" || !isEmptyMap(first.value)) return root
  return { ...root, entries: root.entries.filter((entry) => entry !== first) }
}

function isEmptyMap(tree: Tree): boolean {
  return tree.type === "map" && tree.entries.length === 0
}

/**
 * A tree holds what upstream sees of an INI file: of several lines with one name, the last.
 *
 * @throws {AppError} `KEY_TWICE` when that shadows another line at or below the path (S2)
 */
export function refuseShadowed(opened: Pick<Opened | Unverified, "leaves">, path: TreePath): void {
  refuseShadowedWhere(opened, (keys) => path.every((part, index) => keys[index] === part))
}

/** The same for the lines whose names are meant. */
export function refuseShadowedWhere(
  { leaves }: Pick<Opened | Unverified, "leaves">,
  isMeant: (keys: readonly string[]) => boolean,
): void {
  for (const { site } of leaves) {
    if (site.shadowed !== true || site.kind === "comment") continue
    const keys = keyPath(site.item)
    if (isMeant(keys)) throw new AppError("KEY_TWICE", { path: keys, line: site.line })
  }
}

const keysShownMax = 10

/** Keys are in the clear in a sealed file, so an error may show them. */
function whatIsThere(tree: Tree, above: TreePath, part: string | number): string {
  if (tree.type === "list") {
    const count = tree.items.filter(({ type }) => type !== "comment").length
    return `there is a list of ${count === 1 ? "one item" : `${count} items`}, counted from 0`
  }
  if (tree.type !== "map") return "there is a single value, and nothing in it"
  const keys = tree.entries.flatMap((entry) => (entry.type === "entry" ? [entry.key] : []))
  const near = nearest(String(part), keys)
  if (near !== null) return `did you mean \`${displayPath([...above, near])}\`?`
  if (typeof part === "string" && part.includes("/"))
    return `keys of a path are joined by dots: ${part.replaceAll("/", ".")}`
  if (keys.length === 0) return "there is an empty mapping"
  const more = keys.length > keysShownMax ? ", ..." : ""
  return `the keys there are: ${keys.slice(0, keysShownMax).join(", ")}${more}`
}
