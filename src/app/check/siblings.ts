import { type SealedDocument } from "../../core/document.ts"
import { countedSites, fullPath } from "../../core/site.ts"
import { AppError } from "../../errors/app-error.ts"
import { detectPlainFormat } from "../../formats/plain-name.ts"
import { loadFormat } from "../../formats/registry.ts"

const plainWords: ReadonlySet<string> = new Set(["dec", "decrypted", "plain"])
/** Of names: between dots, or behind the last one. */
export const sealedWords: ReadonlySet<string> = new Set(["enc", "encrypted", "sops", "sealed"])

/** A name without the words that say whether the file is sealed. */
interface Bare {
  readonly name: string
  readonly isPlain: boolean
  readonly isSealed: boolean
}

function bareOf(file: string): Bare {
  const slash = file.lastIndexOf("/") + 1
  const parts = file.slice(slash).split(".")
  const kept = parts.filter((part, index) => index === 0 || !(plainWords.has(part) || sealedWords.has(part)))
  const rest = parts.slice(1)
  return {
    name: file.slice(0, slash) + kept.join("."),
    isPlain: rest.some((part) => plainWords.has(part)),
    isSealed: rest.some((part) => sealedWords.has(part)),
  }
}

/** `x.dec.yaml`: whatever else there is, the name says that something is sealed. */
export function isNamedPlain(file: string): boolean {
  return bareOf(file).isPlain
}

export function isNamedSealed(file: string): boolean {
  return bareOf(file).isSealed
}

/**
 * Files named like the plain text of a sealed one: `x.dec.yaml` beside `x.yaml`, `.env` beside `.env.enc`.
 *
 * @returns by the plain file, the sealed one
 */
export function plainSiblings(sealed: readonly string[], others: readonly string[]): Map<string, string> {
  const byName = new Map<string, string>()
  for (const file of sealed) byName.set(bareOf(file).name, file)
  const found = new Map<string, string>()
  if (byName.size === 0) return found
  for (const file of others) {
    const { name, isPlain, isSealed } = bareOf(file)
    const twin = byName.get(name)
    // Two files of one bare name differ in the words; one without any is plain where the other says that it is sealed.
    if (twin !== undefined && !isSealed && (isPlain || bareOf(twin).isSealed)) found.set(file, twin)
  }
  return found
}

/** Those of many files that could be siblings of some: in one folder, and called alike up to the first dot. */
export function besides(files: readonly string[], some: readonly string[]): string[] {
  const stems = new Set(some.map(stemOf))
  return stems.size === 0 ? [] : files.filter((file) => stems.has(stemOf(file)))
}

function stemOf(file: string): string {
  const dot = file.indexOf(".", file.lastIndexOf("/") + 1)
  return dot === -1 ? file : file.slice(0, dot)
}

const pathsMax = 100_000

/** The key paths of a sealed file; `null` for a file that is one value, whose paths are hidden. */
export function keyPathsOf({ scan, format }: SealedDocument): ReadonlySet<string> | null {
  if (format.isWhole === true) return null
  const paths = new Set<string>()
  for (const { item, kind } of countedSites(scan)) {
    if (kind !== "comment" && paths.size < pathsMax) paths.add(JSON.stringify(fullPath(item)))
  }
  return paths
}

/** Whether a plain text has a key path that the sealed file has too. */
export async function sharesPath(
  file: string,
  text: string,
  twin: string,
  paths: ReadonlySet<string> | null,
): Promise<boolean> {
  if (paths === null) return true
  const bare = bareOf(file).name
  const formats = [file, bare, twin, bareOf(twin).name].map(detectPlainFormat)
  // `.env.local` and the like have no suffix that names a format.
  const named = formats.find((format) => format !== "binary") ?? "dotenv"
  try {
    const { sites } = (await loadFormat(named)).scan(text)
    return sites.some(({ item, kind }) => kind !== "comment" && paths.has(JSON.stringify(fullPath(item))))
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
}
