import { fileLimits } from "../machine.ts"
import { findInTree, refuseShadowed, withoutEmptyTop, type TreePath, parsePath } from "../open/tree-path.ts"
import { type OpenedFile } from "../open/open-file.ts"
import { type ClearOptions, type CommonOptions, type OrderOptions, type ReadOptions } from "../options.ts"
import { pathAsUpstream, refuseList, valueAsUpstream } from "../seal/as-upstream.ts"
import { changeFile, toldValues } from "../seal/change-file.ts"
import { checkNewKey, checkReplaced } from "../seal/before-set.ts"
import { type Outcome, type Session } from "../session.ts"
import { loadSettings } from "../settings.ts"
import { buildTrees } from "../../core/build-tree.ts"
import { type Scan } from "../../core/format.ts"
import { decodeText, equalBytes, utf8 } from "../../core/text.ts"
import { type ToldValues } from "../../core/told.ts"
import { type CommentEntry, type MapEntry, type Tree } from "../../core/tree.ts"
import { AppError } from "../../errors/app-error.ts"
import { loadFormat } from "../../formats/registry.ts"
import { readFile } from "../../host/files.ts"
import { tunedPlain } from "../../host/engine.ts"

interface SetOptions extends CommonOptions, ReadOptions, ClearOptions, OrderOptions {
  readonly file: string
  readonly path: string
  readonly value: ValueSource
  /** The value is text as it is, not JSON. */
  readonly string: boolean
  readonly idempotent: boolean
  /** A new key is meant, even if its name is close to an existing one. */
  readonly create?: boolean | undefined
  /** As `sops` only. */
  readonly ignoreMac?: boolean | undefined
  readonly followLinks: boolean
}

export type ValueSource =
  | { readonly from: "argument"; readonly text: string }
  | { readonly from: "file"; readonly file: string }
  | { readonly from: "stdin" }
  | { readonly from: "prompt" }

/** `set`: one value of a sealed file, in its existing layout. */
export async function setValue(session: Session, options: SetOptions): Promise<Outcome> {
  if (session.dialect.changes.readsConfigFirst)
    await loadSettings(session, options.filenameOverride ?? options.file, options.config)
  const path = parsePath(session, options.path, 7)
  const isUpstreams = session.dialect.changes.values === "as upstream"
  // Nobody should type a secret for a missing file or an impossible path.
  const early = options.value.from === "prompt" ? null : await readValue(session, options)
  if (isUpstreams && early !== null) refuseList(early)
  let told: ToldValues = new Map()
  let replaced: string | null = null
  const outcome = await changeFile(session, options, async (scan, file) => {
    const { format } = file.document
    const { commentsCount, refusesTwice } = session.dialect.files
    let tree: Tree | null = null
    const root = (): Tree => {
      tree ??= rootOf(file, scan)
      return refusesTwice ? withoutEmptyTop(tree, file.document.format) : tree
    }
    if (!isUpstreams) {
      const written = options.path
      const wishes = { file: options.file, written, create: options.create === true }
      await checkNewKey(session, root(), path, wishes)
    }
    // What would go is said before a secret is asked for.
    const isAsked = !isUpstreams && options.create !== true
    if (isAsked && early === null) await checkReplaced(session, root(), null, { file: options.file, path })
    const value = early ?? (await readValue(session, options))
    const place = commentsCount ? pathAsUpstream(root(), path).path : path
    const content = isUpstreams ? valueAsUpstream(value, format) : value
    if (refusesTwice) refuseTwice(file, scan, path)
    if (options.idempotent && isThere(root(), place, content)) return null
    if (isAsked && early !== null) replaced = await checkReplaced(session, root(), value, { file: options.file, path })
    told = toldValues(format, place, content)
    return { edits: tunedPlain(scan.source, () => format.set(scan, place, content)), told }
  })
  if (session.dialect.warns && [...told.values()].some(({ isVerbatim }) => isVerbatim)) {
    session.notice(
      `${options.file}: ${path.join(".")} is given to children as it is; other readers of the opened file read quotes, spaces or # in it differently`,
    )
  }
  if (replaced !== null && session.io.stderr.isTty && session.isQuiet !== true) session.notice(replaced)
  return outcome
}

/** Which of two is meant? YAML cannot hold both. @throws {AppError} `KEY_TWICE` (S2) */
function refuseTwice(file: OpenedFile, scan: Scan, path: TreePath): void {
  if (file.document.format.refusesTwice === true) return
  refuseShadowed(file.opened, path)
  try {
    findInTree(withoutEmptyTop(rootOf(file, scan), file.document.format), path)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "KEY_NOT_FOUND") throw error
  }
}

function rootOf({ opened }: OpenedFile, { documents }: Scan): Tree {
  return buildTrees(opened.leaves, documents)[0]!
}

async function readValue(session: Session, { value, string, path }: SetOptions): Promise<Tree> {
  if (value.from === "prompt") {
    const answer = await session.io.terminal.ask(`Value of ${path}: `, { hidden: true })
    if (answer === null) throw new AppError("VALUE_MISSING")
    return text(answer)
  }
  if (value.from === "argument") return string ? text(value.text) : parseJsonValue(value.text)
  const file = value.from === "stdin" ? "/dev/stdin" : value.file
  const { bytes } = await readFile(session.io, file, fileLimits).catch((error: unknown) => {
    const exit = session.dialect.changes.valueFileExit
    if (exit === undefined || !(error instanceof AppError)) throw error
    throw new AppError(error.code, error.where, { ...error.detail, exit })
  })
  const content = decodeText(bytes)
  if (content === null) throw new AppError("VALUE_INVALID", { file })
  return string ? text(withoutLineEnd(content)) : parseJsonValue(content)
}

/**
 * The line end after a single line, which a program prints and an editor adds, is not part of a value. A text of
 * several lines is one: a private key without its last line end is not read by ssh.
 */
function withoutLineEnd(content: string): string {
  const line = content.replace(/\r?\n$/, "")
  return /[\r\n]/.test(line) ? content : line
}

function text(value: string): Tree {
  return { type: "scalar", scalar: { kind: "str", bytes: utf8.encode(value) } }
}

function isThere(root: Tree, path: TreePath, value: Tree): boolean {
  try {
    return sameTree(findInTree(root, path), value)
  } catch (error) {
    if (error instanceof AppError && error.code === "KEY_NOT_FOUND") return false
    throw error
  }
}

/** Equal data: keys in the same order, kinds and bytes; comments do not count. */
function sameTree(a: Tree, b: Tree): boolean {
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

/**
 * Reads one JSON value of any kind, with its numbers as they are written.
 *
 * @throws {AppError} `VALUE_INVALID` with status 7, without a word of the text
 */
export async function parseJsonValue(text: string): Promise<Tree> {
  const json = await loadFormat("json")
  try {
    // The scanner takes documents, so the value becomes the only entry of one.
    const { sites, documents } = json.scan(`{"value":${text}\n}`)
    const leaves = sites.map((site) => ({ site, scalar: site.scalar, isSelected: false, token: null }))
    const [root] = buildTrees(leaves, documents)
    const [entry, more] = root?.type === "map" ? root.entries : []
    if (entry?.type === "entry" && more === undefined) return entry.value
  } catch (error) {
    if (!(error instanceof AppError)) throw error
  }
  throw new AppError("VALUE_INVALID")
}

interface UnsetOptions extends CommonOptions, ReadOptions, ClearOptions, OrderOptions {
  readonly file: string
  readonly path: string
  readonly idempotent: boolean
  /** As `sops` only. */
  readonly ignoreMac?: boolean | undefined
  readonly followLinks: boolean
}

/** `unset`: removes one entry of a sealed file with its own comments, and nothing else. */
export async function unsetValue(session: Session, options: UnsetOptions): Promise<Outcome> {
  if (session.dialect.changes.readsConfigFirst)
    await loadSettings(session, options.filenameOverride ?? options.file, options.config)
  const path = parsePath(session, options.path, 7)
  return changeFile(session, options, async (scan, file) => {
    const { document, opened } = file
    const { commentsCount, refusesTwice } = session.dialect.files
    if (refusesTwice) refuseTwice(file, scan, path)
    const [root] = buildTrees(opened.leaves, scan.documents)
    const { path: place, isBlocked, missing } = commentsCount ? pathAsUpstream(root!, path) : here(path)
    if (isBlocked) {
      const asUpstream = `Unsupported type: a scalar for item '${path.at(-1)!}'`
      throw new AppError("KEY_NOT_FOUND", { path }, { subject: "a scalar is in the way", asUpstream })
    }
    if (missing !== null && options.idempotent) return null
    if (missing !== null) throw new AppError("KEY_NOT_FOUND", { path: missing })
    try {
      return { edits: document.format.unset(scan, place) }
    } catch (error) {
      if (options.idempotent && error instanceof AppError && error.code === "KEY_NOT_FOUND") return null
      // The tree knows what is there instead.
      if (!commentsCount) findInTree(root!, path)
      throw error
    }
  })
}

function here(path: TreePath): ReturnType<typeof pathAsUpstream> {
  return { path, isBlocked: false, missing: null }
}
