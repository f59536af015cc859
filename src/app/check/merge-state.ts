import { join } from "node:path"
import { readOptionalFile, statOf } from "../../host/files.ts"
import { type Git } from "../../host/git/git.ts"
import { listIndex, listTree } from "../../host/git/listing.ts"
import { findRevision } from "../../host/git/repository.ts"
import { type Session } from "../session.ts"
import { type Finding, finding } from "./finding.ts"

const bytesMax = 16 * 1024 * 1024

/** Where git remembers what it is in the middle of, and which commit it takes the other side from. */
const states: readonly (readonly [file: string, theirs: string])[] = [
  ["MERGE_HEAD", "MERGE_HEAD"],
  ["CHERRY_PICK_HEAD", "CHERRY_PICK_HEAD"],
  ["REVERT_HEAD", "REVERT_HEAD^"],
  ["REBASE_HEAD", "REBASE_HEAD"],
]

/**
 * Sealed files that were in conflict and are staged as one side has them, without a word from `sotto resolve`. They hold
 * no markers, so `git add` takes them as they are, and what the other side changed is gone.
 *
 * @param isSealed - tells by the content of the index whether a file is
 */
export async function unresolvedFindings(
  session: Session,
  git: Git,
  gitDir: string,
  isSealed: (file: string, id: string) => Promise<boolean>,
): Promise<Finding[]> {
  const theirs = states.filter(([file]) => statOf(session.io, join(gitDir, file)) !== null).map(([, name]) => name)
  if (theirs.length === 0) return []
  const conflicts = conflictsIn(await textAt(session, join(gitDir, "MERGE_MSG")))
  if (conflicts.length === 0) return []
  const resolved = resolvedIn(await textAt(session, join(gitDir, "sotto", "resolved")))
  const sides = await Promise.all(["HEAD", ...theirs].map((name) => findRevision(git, name)))
  const trees = await Promise.all(sides.filter((id) => id !== null).map((id) => listTree(git, id, conflicts)))
  const index = await listIndex(git, conflicts)
  const found: Finding[] = []
  for (const { path, id, stage } of index) {
    const isOneSide = stage === 0 && trees.some((tree) => tree.some((file) => file.path === path && file.id === id))
    if (!isOneSide || resolved.has(`${path} ${id}`) || !(await isSealed(path, id))) continue
    const hint = `say which side is meant: \`sotto resolve ${path}\`, or \`sotto resolve --ours ${path}\``
    found.push(finding("MERGE_UNRESOLVED", { file: path, line: 1 }, { hint }))
  }
  return found
}

async function textAt({ io }: Session, path: string): Promise<string> {
  const file = await readOptionalFile(io, path, { bytesMax }).catch(() => null)
  return file === null ? "" : Buffer.from(file.bytes).toString("utf8")
}

/** What git writes below its message: a line, and a name on each that follows. The user chooses the comment sign. */
function conflictsIn(message: string): string[] {
  const lines = message.split("\n")
  const start = lines.findLastIndex((line) => /^(?:\S{1,10} )?Conflicts:$/.test(line))
  if (start === -1) return []
  const rest = lines.slice(start + 1)
  const names: string[] = []
  for (const line of rest) {
    const tab = line.indexOf("\t")
    if (tab === -1 || tab > 10) break
    names.push(line.slice(tab + 1))
  }
  return names
}

/** `PATH BLOB`, one a line. */
function resolvedIn(text: string): ReadonlySet<string> {
  return new Set(text.split("\n").filter((line) => line !== ""))
}
