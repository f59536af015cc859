import { posix, win32 } from "node:path"
import { type KeyContext, type PathFacts } from "./provider.ts"

const otherWritable = 0o002
const groupWritable = 0o020
const sticky = 0o1000

export interface TrustCandidate {
  /** As it was found on PATH, or named. */
  readonly path: string
  readonly facts: PathFacts
}

/** The first program of that name on PATH, whatever may be thought of it; `null` when there is none. */
export async function findOnPath(file: string, context: KeyContext): Promise<TrustCandidate | null> {
  const paths = pathOf(context)
  for (const folder of (context.env("PATH") ?? "").split(paths.delimiter)) {
    // A relative folder would be looked for in the working folder.
    if (!paths.isAbsolute(folder)) continue
    const candidate = await programAt(paths.join(folder, file), context)
    if (candidate !== null) return candidate
  }
  return null
}

/** The program at an absolute path; `null` when none is there. */
export async function programAt(path: string, context: KeyContext): Promise<TrustCandidate | null> {
  const facts = await context.stat(path)
  return facts !== null && isProgram(facts, context) ? { path, facts } : null
}

/**
 * Why a program may not be run with secrets near it (security rule S6): strangers may have put it there or may change
 * it. It is in the repository, in the working folder, in any node_modules, or others can write to it.
 *
 * @returns the end of a sentence that begins with the program's path; `null` when it may run
 */
export async function distrust({ path, facts }: TrustCandidate, context: KeyContext): Promise<string | null> {
  const paths = pathOf(context)
  const folders = strangeFolders(context)
  for (const place of [path, facts.realPath]) {
    if (place.split(/[\\/]/).includes("node_modules")) return "is in a node_modules folder"
    if (folders.some((folder) => isInside(place, folder, context))) return "is in the repository or working folder"
  }
  if (context.platform === "win32") return null
  if ((facts.mode & (otherWritable | groupWritable)) !== 0) return "can be written by others"
  if (!isOwnedWell(facts, context)) return "belongs to another user"
  for (let folder = paths.dirname(facts.realPath); ; folder = paths.dirname(folder)) {
    const parent = await context.stat(folder)
    if (parent === null) return "cannot be judged"
    const isOpen = (parent.mode & otherWritable) !== 0 && (parent.mode & sticky) === 0
    if (isOpen) return "is in a folder that others can write"
    if (!isOwnedWell(parent, context)) return "is in a folder of another user"
    if (folder === paths.dirname(folder)) return null
  }
}

export function pathOf({ platform }: Pick<KeyContext, "platform">): typeof posix {
  return platform === "win32" ? win32 : posix
}

function isProgram({ isFile, mode }: PathFacts, { platform }: KeyContext): boolean {
  return isFile && (platform === "win32" || (mode & 0o111) !== 0)
}

/** Who works in the home folder itself, or at the root, has all programs below: that says nothing about them. */
function strangeFolders(context: KeyContext): string[] {
  const { home, workspace } = context
  const paths = pathOf(context)
  return workspace.filter((folder) => {
    const isAboveHome = home !== "" && (home === folder || isInside(home, folder, context))
    return !isAboveHome && folder !== paths.dirname(folder)
  })
}

function isInside(place: string, folder: string, context: KeyContext): boolean {
  const paths = pathOf(context)
  const relative = paths.relative(folder, place)
  return relative !== ".." && !relative.startsWith(`..${paths.sep}`) && !paths.isAbsolute(relative)
}

function isOwnedWell(facts: PathFacts, { uid }: KeyContext): boolean {
  return facts.uid === null || uid === null || facts.uid === 0 || facts.uid === uid
}
