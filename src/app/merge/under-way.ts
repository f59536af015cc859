import { join } from "node:path"
import { readOptionalFile, statOf } from "../../host/files.ts"
import { type Session } from "../session.ts"

/** Where git remembers what it is in the middle of, and which commit it takes the other side from. */
const states: readonly (readonly [file: string, theirs: string])[] = [
  ["MERGE_HEAD", "MERGE_HEAD"],
  ["CHERRY_PICK_HEAD", "CHERRY_PICK_HEAD"],
  ["REVERT_HEAD", "REVERT_HEAD^"],
  ["REBASE_HEAD", "REBASE_HEAD"],
]

/** The revisions that git takes the other side from: of a merge, cherry-pick, revert or rebase. None: nothing is under way. */
export function sidesUnderWay({ io }: Session, gitDir: string): string[] {
  return states.filter(([file]) => statOf(io, join(gitDir, file)) !== null).map(([, theirs]) => theirs)
}

/** The files, relative to the top, in which git found conflicts when it began what is under way. */
export async function conflictNames(session: Session, gitDir: string): Promise<string[]> {
  return conflictsIn(await textAt(session, join(gitDir, "MERGE_MSG")))
}

/**
 * What git writes below its message: a line, and a name on each that follows. The user chooses the comment sign; the
 * second line of a name that has several begins with it and a blank.
 */
function conflictsIn(message: string): string[] {
  const lines = message.split("\n")
  const head = lines.findLastIndex((line) => /^(?:\S{1,10} )?Conflicts:$/.test(line))
  if (head === -1) return []
  const sign = lines[head]!.slice(0, -"Conflicts:".length)
  const start = `${sign.trimEnd()}\t`
  const names: string[] = []
  for (const line of lines.slice(head + 1)) {
    if (line.startsWith(start)) names.push(line.slice(start.length))
    else if (names.length > 0 && line !== "")
      names.push(`${names.pop()}\n${line.startsWith(sign) ? line.slice(sign.length) : line}`)
  }
  return names
}

const bytesMax = 16 * 1024 * 1024

async function textAt({ io }: Session, path: string): Promise<string> {
  const file = await readOptionalFile(io, path, { bytesMax }).catch(() => null)
  return file === null ? "" : Buffer.from(file.bytes).toString("utf8")
}

/** Where `resolve` writes what somebody decided, below the folder of git. */
export const decisionsFile = "sotto/resolved"

/** A line of it, `PATH BLOB`. A name that would end the line is written as JSON. */
export function decisionLine(path: string, blob: string): string {
  return `${/[\n"]/.test(path) ? JSON.stringify(path) : path} ${blob}`
}

export async function decisions(session: Session, gitDir: string): Promise<ReadonlySet<string>> {
  return new Set((await textAt(session, join(gitDir, decisionsFile))).split("\n"))
}
