import { type Config } from "../../config/config.ts"
import { type SealedDocument } from "../../core/document.ts"
import { detectPlainFormat } from "../../formats/plain-name.ts"
import { sharedKeyFindings } from "./changes.ts"
import { type Configs } from "./configs.ts"
import { type Finding, finding } from "./finding.ts"
import { byFolder } from "./judge.ts"
import { isConfig } from "./plaintext.ts"
import { ruleFindings } from "./rule-lint.ts"
import { type SealedFacts } from "./changes.ts"
import { keyPathsOf, plainSiblings, sharesPath } from "./siblings.ts"

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
