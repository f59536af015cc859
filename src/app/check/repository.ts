import { join } from "node:path"
import { type SealedFacts, sharedKeyFindings } from "./changes.ts"
import { type Configs } from "./configs.ts"
import { type Finding, finding } from "./finding.ts"
import { byFolder } from "./judge.ts"
import { isConfig } from "./plaintext.ts"
import { ruleFindings } from "./rule-lint.ts"
import { keyPathsOf, plainSiblings, sharesPath } from "./siblings.ts"
import { type Session } from "../session.ts"
import { type Config } from "../../config/config.ts"
import { type SealedDocument } from "../../core/document.ts"
import { detectPlainFormat } from "../../formats/plain-name.ts"
import { readOptionalFile, statOf } from "../../host/files.ts"
import { type Git } from "../../host/git/git.ts"
import { listIndex, listTree } from "../../host/git/listing.ts"
import { findRevision } from "../../host/git/repository.ts"

/** Faults of configs themselves, whether or not a file needs them. */
export async function configFindings(
  configs: Configs,
  tracked: readonly string[],
  { pathOf, nameOf }: { pathOf(file: string): string; nameOf(path: string): string },
): Promise<Finding[]> {
  const governed = new Map<Config, string[]>()
  for (const inFolder of byFolder(tracked)) {
    const config = await configs.of(pathOf(inFolder[0]!))
    if (config === null) continue
    const known = governed.get(config)
    if (known === undefined) governed.set(config, [...inFolder])
    else for (const file of inFolder) known.push(file)
  }
  const found: Finding[] = []
  for (const [config, files] of governed) {
    await configs.proveAll(config)
    if (config.rules === null || configs.faults.some(({ file }) => file === nameOf(config.file))) continue
    const targets = files.filter((file) => !isConfig(file)).map((file) => configs.targetOf(pathOf(file)))
    found.push(...(await ruleFindings({ config, file: nameOf(config.file), targets })))
  }
  return found
}

/** A file that is read again, since two of them are compared. */
export interface Reread {
  readonly text: string
  /** `null`: it is not sealed. */
  readonly document: SealedDocument | null
}

/** Plain files beside the sealed file whose text they hold. */
export async function siblingFindings(
  { sealed, plain }: { readonly sealed: readonly string[]; readonly plain: readonly string[] },
  read: (file: string) => Promise<Reread | null>,
): Promise<Finding[]> {
  const found: Finding[] = []
  for (const [file, twin] of plainSiblings(sealed, plain)) {
    const [text, other] = [(await read(file))?.text, (await read(twin))?.document]
    if (text === undefined || other === undefined || other === null) continue
    if (!(await sharesPath(file, text, twin, keyPathsOf(other)))) continue
    found.push(finding("SIBLING_PLAINTEXT", { file, line: 1 }, { subject: `of ${twin}` }))
  }
  return found
}

/** Whether a name may be that of the plain text of a sealed file. */
export function mayBeSibling(file: string): boolean {
  return detectPlainFormat(file) !== "binary" || /(?:^|\/)\.env(?:\.|$)|\.(?:dec|decrypted|plain)(?:\.|$)/.test(file)
}

export function copyFindings(files: readonly SealedFacts[]): Finding[] {
  return sharedKeyFindings(files.toSorted((a, b) => (a.file < b.file ? -1 : 1)))
}

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
