import { isSealedValue, pathText } from "./changes.ts"
import { isClear } from "./values.ts"
import { type SealedDocument } from "../../core/document.ts"
import { countedSites, type Site } from "../../core/site.ts"
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
 * @returns by the plain file, the sealed ones
 */
export function plainSiblings(sealed: readonly string[], others: readonly string[]): Map<string, string[]> {
  const byName = new Map<string, string[]>()
  for (const file of sealed) byName.set(bareOf(file).name, [...(byName.get(bareOf(file).name) ?? []), file])
  const found = new Map<string, string[]>()
  if (byName.size === 0) return found
  for (const file of others) {
    const { name, isPlain, isSealed } = bareOf(file)
    // Two files of one bare name differ in the words; one without any is plain where the other says that it is sealed.
    const twins = isSealed ? [] : (byName.get(name) ?? []).filter((twin) => isPlain || bareOf(twin).isSealed)
    if (twins.length > 0) found.set(file, twins)
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
  for (const site of countedSites(scan)) {
    if (isValue(site.kind) && paths.size < pathsMax) paths.add(pathText(site.item))
  }
  return paths
}

/** Every INI file has an empty `[DEFAULT]`, and every document a root. */
function isValue(kind: Site["kind"]): boolean {
  return kind !== "comment" && kind !== "map" && kind !== "list"
}

/** Whether a plain text says something under a key path that the sealed file has too. */
export async function sharesPath(
  file: string,
  text: string,
  twin: string,
  paths: ReadonlySet<string> | null,
): Promise<boolean> {
  const { telling } = await templates()
  if (paths === null) return !(await isOpenText(file, text, twin))
  return telling(file, await valuesIn(file, text, twin)).some((site) => paths.has(pathText(site.item)))
}

/**
 * Whether a plain file is what a sealed one held: it says something where a value was sealed, and has the name or all of
 * the paths. Folders may differ.
 *
 * @param text - `null`: it is not text
 */
export async function isPlainTextOf(
  file: string,
  text: string | null,
  sealed: string,
  document: SealedDocument,
): Promise<boolean> {
  const nameOf = (path: string): string => bareOf(path.slice(path.lastIndexOf("/") + 1)).name
  const [isNamedAlike, paths] = [nameOf(file) === nameOf(sealed), keyPathsOf(document)]
  if (paths === null || text === null)
    return isNamedAlike && paths === null && !(text !== null && (await isOpenText(file, text, sealed)))
  const { telling } = await templates()
  const sites = await valuesIn(file, text, sealed)
  // What was in the clear before is nobody's secret.
  const secret = new Set(
    countedSites(document.scan)
      .filter(isSealedValue)
      .map(({ item }) => pathText(item)),
  )
  const replaced = sites.filter((site) => secret.has(pathText(site.item)))
  if (telling(file, replaced).length === 0) return false
  if (isNamedAlike) return true
  const own = new Set(sites.map(({ item }) => pathText(item)))
  // One key alone, such as `password`, may be in many files.
  const isEnough = paths.size > 1 || own.size === paths.size
  return isEnough && [...paths].every((path) => own.has(path))
}

/** Whether the plain text that a sealed file became says nothing, but for what was in the clear before. */
export async function isTemplateOf(file: string, text: string, { scan, format }: SealedDocument): Promise<boolean> {
  if (format.isWhole === true) return isOpenText(file, text, file)
  const { telling } = await templates()
  const clear = new Set(
    countedSites(scan)
      .filter(isClear)
      .map(({ item }) => pathText(item)),
  )
  const sites = (await valuesIn(file, text, file)).filter(({ item }) => !clear.has(pathText(item)))
  return sites.length > 0 && telling(file, sites).length === 0
}

/** Whether a text in the place of one whose paths are hidden leaves all of it open. */
async function isOpenText(file: string, text: string, twin: string): Promise<boolean> {
  const { isPlaceholder, telling } = await templates()
  if (isPlaceholder(text)) return true
  const sites = await valuesIn(file, text, twin)
  return sites.length > 0 && telling(file, sites).length === 0
}

/** Loaded where something was found. */
async function templates() {
  const [{ telling, readableTemplates }, { isPlaceholder }] = await Promise.all([
    import("./templates.ts"),
    import("./looks-secret.ts"),
  ])
  return { telling, readableTemplates, isPlaceholder }
}

async function valuesIn(file: string, text: string, twin: string): Promise<readonly Site[]> {
  const bare = bareOf(file).name
  const formats = [file, bare, twin, bareOf(twin).name].map(detectPlainFormat)
  // `.env.local` and the like have no suffix that names a format.
  const named = formats.find((format) => format !== "binary") ?? "dotenv"
  const format = await loadFormat(named)
  const { readableTemplates } = await templates()
  for (const each of [text, ...readableTemplates(text)]) {
    try {
      return format.scan(each).sites.filter(({ kind }) => isValue(kind))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
    }
  }
  return []
}
