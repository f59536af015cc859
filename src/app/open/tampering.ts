import { basename, dirname, resolve } from "node:path"
import { type Opened, type SealedDocument } from "../../core/document.ts"
import { type Metadata } from "../../core/metadata.ts"
import { type Cipher } from "../../core/gcm.ts"
import { open } from "../../core/open.ts"
import { type CompiledSelectors } from "../../core/select.ts"
import { type TamperedEntry, type EntryPlace } from "../../core/tampering/change.ts"
import { findTampering } from "../../core/tampering/tampering.ts"
import { decodeFile } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { type Code } from "../../errors/catalog.ts"
import { displayPath } from "../../errors/display.ts"
import { Blobs } from "../../host/git/blobs.ts"
import { findGit, type Git } from "../../host/git/git.ts"
import { listIndex, listTree } from "../../host/git/listing.ts"
import { isOtherKey } from "../check/changes.ts"
import { type Session } from "../session.ts"
import { readByContent } from "./read-as.ts"

interface Tools {
  readonly cipher: Cipher
  readonly selectors: CompiledSelectors
}

/** Failures that come from a change of the text after it was sealed. */
const codes: ReadonlySet<Code> = new Set<Code>([
  "TOKEN_INVALID",
  "TRAILING_TEXT",
  "VALUE_NOT_OPENED",
  "VALUE_TYPE",
  "MAC_MISMATCH",
  "MAC_MISSING",
  "MAC_INVALID",
  "STRUCTURE_CHANGED",
])

export function isTampering(error: unknown): error is AppError {
  return error instanceof AppError && codes.has(error.code)
}

/**
 * The same error with what is known of the change, and the commands that show and revert it.
 *
 * @param file - as it was named; `null` for a stream, of which git knows nothing
 */
export async function explainTampering(
  session: Session,
  { file, document }: { readonly file: string | null; readonly document: SealedDocument },
  tools: Tools,
  error: AppError,
): Promise<AppError> {
  const history = file === null ? null : await historyOf(session, file)
  const found = history === null ? null : await newestThatHolds(history, tools, document.metadata)
  const earlier = found === null || "none" in found ? null : found
  const all = findTampering(document, tools, earlier?.opened ?? null)
  // The error itself says that the MAC is gone.
  const changes = error.code === "MAC_MISSING" ? all.filter(({ kind }) => kind !== "date") : all
  const since = earlier === null ? [] : [`compared with ${earlier.version.words}:`]
  const notes = [...since, ...linesOf(changes, document.format.isWhole === true)]
  const hint = file === null ? undefined : hintFor(error.code, history, found)
  return new AppError(error.code, error.where, { ...error.detail, notes, ...(hint === undefined ? {} : { hint }) })
}

/** A version of the file that git has, and how git's commands name it. */
interface Version {
  readonly id: string
  /** For people. */
  readonly words: string
  /** Goes after `git diff` and `git checkout`; `""` for the index. */
  readonly revision: string
}

interface History {
  readonly git: Git
  readonly name: string
  /** The newest first. */
  readonly versions: readonly Version[]
}

interface Earlier {
  readonly version: Version
  readonly opened: Opened
}

/** What the versions are of which none holds: all in the clear, the newest sealed one under another key, or damaged. */
type NoneHolds = { readonly none: "clear" | "damaged" } | { readonly none: "other key"; readonly version: Version }

const versionsMax = 20
const bytesMax = 64 * 1024 * 1024

/** @returns `null` where git does not know the file, or is not there */
async function historyOf({ io }: Session, file: string): Promise<History | null> {
  const place = resolve(io.cwd, file)
  const name = basename(place)
  try {
    const git = findGit(io, { cwd: dirname(place), fetch: "never" })
    const indexed = await listIndex(git, [name])
    const staged = indexed.find(({ stage }) => stage === 0)
    if (staged === undefined) return null
    const versions: Version[] = [{ id: staged.id, words: "the version in git's index", revision: "" }]
    const log = await git.text(["rev-list", `--max-count=${versionsMax}`, "HEAD", "--", name], { statuses: [0, 128] })
    for (const [nth, commit] of log.split("\n").filter(Boolean).entries()) {
      const entry = (await listTree(git, commit, [staged.path])).find(({ path }) => path === staged.path)
      if (entry === undefined) continue
      const short = commit.slice(0, 7)
      const committed = { id: entry.id, words: `commit ${short}`, revision: nth === 0 ? "HEAD" : short }
      // What is staged is what was committed, and people know it as that.
      if (nth === 0 && entry.id === staged.id) versions[0] = { ...committed, revision: "" }
      else versions.push(committed)
    }
    return { git, name, versions }
  } catch (error) {
    if (error instanceof AppError) return null
    throw error
  }
}

/** The newest version that opens with the same data key, or why there is none. */
async function newestThatHolds(
  { git, name, versions }: History,
  tools: Tools,
  metadata: Metadata,
): Promise<Earlier | NoneHolds> {
  const blobs = new Blobs(git, { bytesMax })
  const seen = new Set<string>()
  let found: NoneHolds = { none: "clear" }
  try {
    for (const version of versions) {
      if (seen.has(version.id)) continue
      seen.add(version.id)
      const bytes = (await blobs.read(version.id))?.bytes ?? null
      const document = bytes === null ? null : await sealedIn(bytes, name)
      if (document === null) continue
      const opened = openedWith(document, tools)
      if (opened !== null) return { version, opened }
      if (!isOtherKey(document.metadata, metadata)) found = { none: "damaged" }
      else if (found.none === "clear") found = { none: "other key", version }
    }
  } finally {
    await blobs.close()
  }
  return found
}

/** @returns `null` for what is not sealed, or no whole file */
async function sealedIn(bytes: Uint8Array, name: string): Promise<SealedDocument | null> {
  const text = decodeFile(bytes)
  if (text === null) return null
  try {
    return await readByContent(text, name)
  } catch (error) {
    if (error instanceof AppError) return null
    throw error
  }
}

function openedWith(document: SealedDocument, { cipher, selectors }: Tools): Opened | null {
  try {
    return open(document, { cipher, selectors, requireStructure: false, valuesOnly: true })
  } catch (error) {
    if (error instanceof AppError) return null
    throw error
  }
}

function hintFor(code: Code, history: History | null, found: Earlier | NoneHolds | null): string {
  const isWhole = code.startsWith("MAC_")
  if (history === null || found === null)
    return `git has no version of this file: restore it from a copy${isWhole ? "; --ignore-mac opens it as it is" : ""}`
  const repair = isWhole ? "if a server merged it by line, mend it with `sotto repair {file}`" : ""
  if ("none" in found) return [withoutVersion(found, history), repair].filter(Boolean).join("; ")
  const { revision } = found.version
  const words = revision === "" ? "" : `${revision} -- `
  const undo = `see what changed: git diff ${words}{file}, and undo it: git checkout ${words}{file}`
  // Where the damage is committed, a merge was the likely cause, and the earlier version lacks one side of it.
  const steps = revision === "" ? [undo, repair] : [repair, undo]
  return steps.filter(Boolean).join(revision === "" ? "; " : "; otherwise ")
}

/** None of the versions helps to find the change; what one may still do with them. */
function withoutVersion(found: NoneHolds, { versions }: History): string {
  const more = versions.length > versionsMax ? ", or look for an older version in git log {file}" : ""
  if (found.none !== "other key") {
    const which =
      found.none === "clear"
        ? "git has this file in the clear only: restore the sealed one from a copy"
        : "the versions in git are damaged too: restore one from a copy"
    return `${which}${more}`
  }
  const { revision } = found.version
  const back = `git checkout ${revision === "" ? "" : `${revision} -- `}{file}`
  return `git has this file under another data key only, as after an uncommitted rotation: restore it from a copy, or go back to what git has: ${back}${more}`
}

const linesMax = 10

function linesOf(changes: readonly TamperedEntry[], isWhole: boolean): string[] {
  const lines = changes.slice(0, linesMax).map((change) => lineOf(change, isWhole))
  return changes.length > linesMax ? [...lines, `and ${changes.length - linesMax} more`] : lines
}

/** @param isWhole - the file is one value, whose name and place nobody chose */
function lineOf(change: TamperedEntry, isWhole: boolean): string {
  switch (change.kind) {
    case "moved":
      return `${shown(change.at)} holds the value that was sealed as ${displayPath(change.from)}`
    case "foreign":
      if (isWhole) return "the content does not open: it was changed, or it is from another file"
      return `${shown(change.at)} opens under no path of this file: its key was renamed, or it is from another file, or it was changed`
    case "cut":
      if (isWhole) return "the content is no longer a whole token: it was cut or changed"
      return `${shown(change.at)} is no longer a whole token: it was cut or changed`
    case "unsealed":
      return `${shown(change.at)} was typed in the clear where values are sealed: put it in with sotto set or sotto edit`
    case "missing":
      return change.what === "entry"
        ? `${displayPath(change.path)} is missing`
        : `${articled(change.what)} is missing in ${container(parentOf(change.what, change.path))}`
    case "added":
      return `${nameOf(change.what, change.at)} was added`
    case "changed":
      return `${shown(change.at)} has another ${change.isSealed ? "sealed value" : "value, which is in the clear"}`
    case "swapped":
      return `${shown(change.at)} and ${shown(change.with)} have changed places`
    case "reordered":
      return `what is in ${container(change.path)} is in another order`
    case "selectors":
      return "the settings that say which values are sealed were changed in the metadata"
    case "date":
      return "mac or lastmodified was changed in the metadata; the MAC is bound to that date"
    case "untold":
      return untold(change)
  }
}

function shown({ path, line }: EntryPlace): string {
  return path.length === 0 ? `line ${line}` : `${displayPath(path)} (line ${line})`
}

function nameOf(what: "entry" | "element" | "comment", at: EntryPlace): string {
  return what === "comment" ? `a comment in ${container(at.path)} (line ${at.line})` : shown(at)
}

function articled(what: "element" | "comment"): string {
  return what === "element" ? "an element" : "a comment"
}

function parentOf(what: "element" | "comment", path: EntryPlace["path"]): EntryPlace["path"] {
  return what === "element" ? path.slice(0, -1) : path
}

function container(path: EntryPlace["path"]): string {
  return path.length === 0 ? "the file" : displayPath(path)
}

const clearMax = 5

function untold({ structure, clear }: Extract<TamperedEntry, { kind: "untold" }>): string {
  const names = clear.slice(0, clearMax).map(({ path }) => displayPath(path))
  const more = clear.length > clearMax ? ` and ${clear.length - clearMax} more` : ""
  const inClear = clear.length === 0 ? "" : `a value in the clear was changed (${names.join(", ")}${more}), `
  if (structure === true) {
    return `every sealed value opens, and no entry was added, taken out or moved: ${inClear}${inClear === "" ? "" : "or "}an older sealed value was put back`
  }
  if (structure === false)
    return "every sealed value opens, but the entries are not those that were sealed: some were taken out, added or moved"
  return `every sealed value opens: an entry was taken out, added or moved, ${inClear}or an older sealed value was put back`
}
