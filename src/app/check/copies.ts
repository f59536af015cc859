import { encsOf, type SealedFacts } from "./changes.ts"
import { type Finding, finding } from "./finding.ts"
import { type Reread } from "./repository.ts"

/** Files that are not judged, but that what is judged may be a copy of. */
interface Others {
  readonly files: readonly string[]
  /** Those of them that hold one of some texts. */
  holding(texts: readonly string[], files: readonly string[]): Promise<readonly string[]>
  /** @returns `null` for what is not text */
  read(file: string): Promise<Reread | null>
}

/** So few are read one by one sooner than a program is started that searches them. */
const fewFiles = 32

/**
 * Copies: files that have a wrapped data key in common.
 *
 * @param judged - sealed files
 * @param newEncs - those of a file's wrapped keys that it had not before
 */
export async function copyFindings(
  judged: readonly SealedFacts[],
  newEncs: (file: SealedFacts) => Promise<readonly string[]>,
  { files, holding, read }: Others,
): Promise<Finding[]> {
  const found = sharedKeyFindings(judged.toSorted((a, b) => (a.file < b.file ? -1 : 1)))
  if (files.length === 0) return found
  const known = new Set(found.map(({ file }) => file))
  const unknown = judged.filter(({ file }) => !known.has(file))
  const asked = await Promise.all(unknown.map(async (facts) => ({ ...facts, encs: await newEncs(facts) })))
  const marks = [...new Set(asked.flatMap(({ encs }) => encs.flatMap((enc) => markOf(enc) ?? [])))]
  if (marks.length === 0) return found
  const owners = new Map<string, string>()
  for (const file of files.length > fewFiles ? await holding(marks, files) : files) {
    const document = (await read(file))?.document ?? null
    if (document !== null) for (const enc of encsOf(document.metadata)) owners.set(enc, file)
  }
  for (const { file, line, encs } of asked) {
    const other = encs.map((enc) => owners.get(enc)).find((owner) => owner !== undefined)
    if (other !== undefined) found.push(sharedKey(file, line, other))
  }
  return found
}

function sharedKeyFindings(files: readonly SealedFacts[]): Finding[] {
  const owner = new Map<string, string>()
  return files.flatMap(({ file, line, encs }) => {
    const other = encs.map((enc) => owner.get(enc)).find((known) => known !== undefined && known !== file)
    for (const enc of encs) if (enc !== "" && !owner.has(enc)) owner.set(enc, file)
    return other === undefined ? [] : [sharedKey(file, line, other)]
  })
}

function sharedKey(file: string, line: number | undefined, other: string): Finding {
  return finding("SHARED_DATA_KEY", { file, line }, { subject: `also in ${other}` })
}

/**
 * A part of a wrapped key that all formats write in the same way: the end of its last long line.
 *
 * @returns `null` for what has none, and is no wrapped key
 */
export function markOf(enc: string): string | null {
  const line = enc.split("\n").findLast((each) => /^[\w+/=:.-]{40,}$/.test(each))
  return line === undefined ? null : line.slice(-40)
}
