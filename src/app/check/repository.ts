import { type Configs } from "./configs.ts"
import { type Finding, finding } from "./finding.ts"
import { byFolder } from "./judge.ts"
import { isConfig } from "./plaintext.ts"
import { ruleFindings } from "./rule-lint.ts"
import { keyPathsOf, plainSiblings, sharesPath } from "./siblings.ts"
import { conflictNames, decisionLine, decisions, sidesUnderWay } from "../merge/under-way.ts"
import { type Session } from "../session.ts"
import { type Config } from "../../config/config.ts"
import { type SealedDocument } from "../../core/document.ts"
import { fileWord, shown } from "../../errors/display.ts"
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
    if (config.beside !== null) await configs.compareBeside(files.filter((file) => !isConfig(file)).map(pathOf))
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
  for (const [file, twins] of plainSiblings(sealed, plain)) {
    const text = (await read(file))?.text
    if (text === undefined) continue
    for (const twin of twins) {
      const other = (await read(twin))?.document ?? null
      if (other === null || !(await sharesPath(file, text, twin, keyPathsOf(other)))) continue
      found.push(finding("SIBLING_PLAINTEXT", { file, line: 1 }, { subject: `of ${twin}` }))
      break
    }
  }
  return found
}

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
  const theirs = sidesUnderWay(session, gitDir)
  if (theirs.length === 0) return []
  const conflicts = await conflictNames(session, gitDir)
  if (conflicts.length === 0) return []
  const resolved = await decisions(session, gitDir)
  const sides = await Promise.all(["HEAD", ...theirs].map((name) => findRevision(git, name)))
  const trees = await Promise.all(sides.filter((id) => id !== null).map((id) => listTree(git, id, conflicts)))
  const index = await listIndex(git, conflicts)
  const found: Finding[] = []
  for (const { path, id, stage } of index) {
    const isOneSide = stage === 0 && trees.some((tree) => tree.some((file) => file.path === path && file.id === id))
    if (!isOneSide || resolved.has(decisionLine(path, id)) || !(await isSealed(path, id))) continue
    const word = shown(path) === path ? fileWord(path) : "FILE"
    const hint = `say which side is meant: \`sotto resolve ${word}\`, or \`sotto resolve --ours ${word}\``
    found.push(finding("MERGE_UNRESOLVED", { file: path, line: 1 }, { hint }))
  }
  return found
}
