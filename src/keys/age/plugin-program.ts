import { posix, win32 } from "node:path"
import { AppError } from "../../errors/app-error.ts"
import { type KeyContext, type PathFacts } from "../provider.ts"

const otherWritable = 0o002
const groupWritable = 0o020
const sticky = 0o1000

/**
 * Finds the program of a plugin on PATH and refuses one that strangers may have put there or may change: in the
 * repository, in the working folder, in any node_modules, writable by others (security rule S6).
 *
 * @returns its absolute path, links resolved
 * @throws {AppError} `PLUGIN_REFUSED`, also when it is not installed
 */
export async function findPlugin(name: string, context: KeyContext): Promise<string> {
  const path = pathOf(context)
  const file = `age-plugin-${name}${context.platform === "win32" ? ".exe" : ""}`
  for (const folder of (context.env("PATH") ?? "").split(path.delimiter)) {
    // A relative folder would be looked for in the working folder.
    if (!path.isAbsolute(folder)) continue
    const candidate = path.join(folder, file)
    const facts = await context.stat(candidate)
    if (facts === null || !isProgram(facts, context)) continue
    const reason = await distrust(candidate, facts, context)
    if (reason !== null) throw refused(name, `${facts.realPath} ${reason}`)
    return facts.realPath
  }
  throw refused(name, `${file} was not found on PATH`)
}

export function refused(name: string, reason: string, hint?: string): AppError {
  return new AppError("PLUGIN_REFUSED", { provider: `age-plugin-${name}` }, { subject: reason, hint })
}

function isProgram({ isFile, mode }: PathFacts, { platform }: KeyContext): boolean {
  return isFile && (platform === "win32" || (mode & 0o111) !== 0)
}

async function distrust(candidate: string, facts: PathFacts, context: KeyContext): Promise<string | null> {
  const path = pathOf(context)
  const folders = strangeFolders(context)
  for (const place of [candidate, facts.realPath]) {
    if (place.split(/[\\/]/).includes("node_modules")) return "lies in a node_modules folder"
    if (folders.some((folder) => isInside(place, folder, context))) return "lies in the repository or working folder"
  }
  if (context.platform === "win32") return null
  if ((facts.mode & (otherWritable | groupWritable)) !== 0) return "can be written by others"
  if (!isOwnedWell(facts, context)) return "belongs to another user"
  for (let folder = path.dirname(facts.realPath); ; folder = path.dirname(folder)) {
    const parent = await context.stat(folder)
    if (parent === null) return "cannot be judged"
    const isOpen = (parent.mode & otherWritable) !== 0 && (parent.mode & sticky) === 0
    if (isOpen) return "lies in a folder that others can write"
    if (!isOwnedWell(parent, context)) return "lies in a folder of another user"
    if (folder === path.dirname(folder)) return null
  }
}

/** Who works in the home folder itself, or at the root, has all programs below: that says nothing about them. */
function strangeFolders(context: KeyContext): string[] {
  const { home, workspace } = context
  const path = pathOf(context)
  return workspace.filter((folder) => {
    const isAboveHome = home !== "" && (home === folder || isInside(home, folder, context))
    return !isAboveHome && folder !== path.dirname(folder)
  })
}

function isInside(place: string, folder: string, context: KeyContext): boolean {
  const path = pathOf(context)
  const relative = path.relative(folder, place)
  return relative !== ".." && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative)
}

function isOwnedWell(facts: PathFacts, { uid }: KeyContext): boolean {
  return facts.uid === null || uid === null || facts.uid === 0 || facts.uid === uid
}

function pathOf({ platform }: KeyContext): typeof posix {
  return platform === "win32" ? win32 : posix
}
