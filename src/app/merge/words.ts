import { shown, shownKeyPath, fileWord } from "../../errors/display.ts"
import { catalog } from "../../errors/catalog.ts"
import { type Conflict } from "./conflict.ts"
import { type FileMerge } from "./merge-file.ts"
import { type SideName } from "./side.ts"

/** What git calls the versions; `null` where this release of git does not say it. */
export interface Labels {
  readonly base: string | null
  readonly ours: string | null
  readonly theirs: string | null
}

const pathsMax = 5

/** The one line about the merge of a file, without its name; `null` for nothing to say. */
export function mergeLine(merge: FileMerge, path: string | null, labels: Labels): string | null {
  // What cannot be shown cannot be typed: without a name it takes all files in conflict.
  const resolve = path === null || shown(path) !== path ? "run sotto resolve" : `run sotto resolve ${fileWord(path)}`
  switch (merge.kind) {
    case "plain":
      return null
    case "merged":
      return merge.notices.length === 0 ? null : "merged, but theirs was not sealed: its values are in the history"
    case "locked":
      return `not merged, none of your identities opens it: git keeps all three versions; with a key, ${resolve}`
    case "conflict":
      return conflictLine(merge.conflicts, resolve, labels)
  }
}

function conflictLine(conflicts: readonly Conflict[], resolve: string, labels: Labels): string {
  const broken = conflicts.find(({ kind }) => kind === "broken")
  if (broken?.side !== undefined && broken.code !== undefined) {
    const reason = catalog[broken.code].title.split(":")[0]!
    return `not merged, ${nameOf(broken.side, labels)} does not open (${reason}): see sotto repair; git keeps all three versions`
  }
  if (conflicts.some(({ kind }) => kind === "limit"))
    return `not merged, looking for the data keys took too long: git keeps all three versions; ${resolve}`
  const locked = conflicts.find(({ kind, side }) => kind === "key" && side !== undefined)
  if (locked?.side !== undefined) {
    const side = nameOf(locked.side, labels)
    return `not merged, no identity here opens ${side}: git keeps all three versions; with a key, ${resolve}`
  }
  const places = [...new Set(conflicts.map(conflictPlace))]
  const named = places.slice(0, pathsMax).join(", ")
  const more = places.length > pathsMax ? `, and ${places.length - pathsMax} more` : ""
  return `conflict in ${named}${more} (${conflicts.length}): ${resolve}`
}

/** The path of a value; for a conflict of the whole file, what it is about. */
export function conflictPlace({ kind, path, document }: Conflict): string {
  const place = document === 0 ? "" : ` of document ${document + 1}`
  return path.length === 0 ? `${wholeNames[kind] ?? kind}${place}` : `${shownKeyPath(path)}${place}`
}

const wholeNames: Partial<Readonly<Record<Conflict["kind"], string>>> = {
  delete: "the file",
  mac_only: "what the MAC covers",
  key: "the data key",
  format: "the format",
  plaintext: "whether it is sealed",
  binary: "the content",
  text: "the content",
  internal: "the content",
  anchor: "the anchors",
  document: "the documents",
  limit: "the time for its keys",
}

function nameOf(side: SideName, labels: Labels): string {
  const label = labels[side]
  return label === null ? side : `${side} (${shown(label)})`
}
