import { agree } from "../agree.ts"
import { shownKeyPath } from "../../errors/display.ts"
import { conflictIn } from "../../core/conflict.ts"
import { type KeyConflict, type Decide, type MergeSide } from "../../core/merge/by-key.ts"
import { withMarkers } from "../../core/merge/markers.ts"
import { mergePlain, type PlainMerge } from "../../core/merge/merge.ts"
import { type MergeEntry, type MergeVersion } from "../../core/merge/tree.ts"
import { fullPath, shownPath } from "../../core/site.ts"
import { decodeText, utf8 } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { editUntilValid } from "../seal/editor-loop.ts"
import { type Session } from "../session.ts"
import { isOpened, type OpenedVersions } from "./side.ts"
import { type GitLabels } from "./unmerged.ts"

/** How conflicts of values are decided without an editor. */
export interface Decisions {
  /** Where no path decides. */
  readonly rest: MergeSide | null
  /** By the JSON of a path. */
  readonly paths: ReadonlyMap<string, MergeSide>
}

/** The plain file after the decisions, and how many conflicts each side won. */
export interface Decided {
  readonly bytes: Uint8Array
  readonly ours: number
  readonly theirs: number
  readonly edited: number
}

/** The merge of the plain texts with the decisions so far; a draft where something is open. */
export function draftMerge({ base, ours, theirs }: OpenedVersions, decisions: Decisions): Draft | null {
  const texts = [base ?? new Uint8Array(0), ours, theirs].map((side) =>
    decodeText(isOpened(side) ? side.opened.bytes : side),
  )
  if (texts.some((text) => text === null)) return null
  const [b, o, t] = texts as [string, string, string]
  const count = { ours: 0, theirs: 0 }
  const decide: Decide = ({ path }) => {
    const side = decisions.paths.get(JSON.stringify(path)) ?? decisions.rest
    if (side !== null) count[side]++
    return side
  }
  const { format, scan } = ours.document
  const plain = mergePlain(
    { base: base === null ? null : b, ours: o, theirs: t },
    { format, like: scan.metadata, decide, isDraft: true },
  )
  return { plain, ...count }
}

interface Draft {
  readonly plain: PlainMerge
  readonly ours: number
  readonly theirs: number
}

/**
 * Lets the user decide in an editor what is open: git's markers are around the conflicts, and nowhere else.
 *
 * @throws {UnsavedText} with `CONFLICT_REMAINS` when the user gives up while markers are there
 * @throws {AppError} `NOT_CONFIRMED` when other values are gone and nobody has agreed
 */
export async function decideInEditor(
  session: Session,
  draft: Draft,
  { file, keepEnv, labels }: { readonly file: string; readonly keepEnv: boolean; readonly labels: GitLabels },
): Promise<Decided> {
  const { plain } = draft
  const start = withMarkers(plain, { ours: labels.ours, theirs: labels.theirs, base: labels.showsBase ? "base" : null })
  const edited = await editUntilValid(
    session,
    { file, keepEnv, showMasterKeys: false },
    {
      name: file.slice(file.lastIndexOf("/") + 1),
      start: utf8.encode(start),
      format: plain.judge.format.name,
      refuses: (text) => {
        const line = conflictIn(text)?.line ?? markerLine(text, plain)
        return line === null ? null : new AppError("CONFLICT_REMAINS", { line })
      },
    },
  )
  const version = plain.judge.version(decodeText(edited) ?? "")
  await confirmGone(session, plain, version)
  return { bytes: edited, ...countDecided(plain.conflicts, version, draft) }
}

/** A middle marker that was left alone, 1-based: a line of .env may begin with `=`. Lines that a version has are no markers. */
function markerLine(text: string, { versions }: PlainMerge): number | null {
  const known = Object.values(versions).map(({ scan }) => new Set(scan.source.split("\n")))
  const at = text
    .split("\n")
    .map((line) => line.replace(/\r$/, ""))
    .findIndex((line) => /^(?:={7}|\|{7}(?: .*)?)$/.test(line) && !known.some((lines) => lines.has(line)))
  return at === -1 ? null : at + 1
}

/** What is gone and was not in conflict was perhaps removed by mistake, among all those markers. */
async function confirmGone(
  session: Session,
  { text, judge, conflicts }: PlainMerge,
  edited: MergeVersion,
): Promise<void> {
  if (text === null) return
  const open = conflicts.map(({ path }) => JSON.stringify(path).slice(0, -1))
  const there = new Set(leavesOf(edited).map(pathText))
  const gone = leavesOf(judge.version(text)).filter((entry) => {
    const path = pathText(entry)
    return !there.has(path) && !open.some((conflict) => path.startsWith(conflict))
  })
  if (gone.length === 0) return
  const names = gone.map(({ item }) => shownKeyPath(shownPath(item)))
  await agree(session, `${names.join(", ")} would be gone. Is that right?`, {
    notes: names.map((name) => `${name} is gone`),
  })
}

function leavesOf({ documents }: MergeVersion): MergeEntry[] {
  const leaves: MergeEntry[] = []
  const visit = (entry: MergeEntry): void => {
    if (entry.entries.length === 0 && entry.item.parent !== null) leaves.push(entry)
    for (const each of entry.entries) visit(each)
  }
  for (const root of documents) visit(root)
  return leaves
}

function pathText({ item }: MergeEntry): string {
  return JSON.stringify(fullPath(item))
}

function countDecided(
  conflicts: readonly KeyConflict[],
  { documents }: MergeVersion,
  before: Pick<Draft, "ours" | "theirs">,
): Omit<Decided, "bytes"> {
  const count = { ours: before.ours, theirs: before.theirs, edited: 0 }
  for (const { path, document, ours, theirs } of conflicts) {
    let at: MergeEntry | undefined = documents[document]
    for (const part of path)
      at = at?.entries.find(({ item }) => (typeof part === "number" ? item.index === part : item.key === part))
    const content = at?.content ?? null
    if (content === (ours?.content ?? null)) count.ours++
    else if (content === (theirs?.content ?? null)) count.theirs++
    else count.edited++
  }
  return count
}
