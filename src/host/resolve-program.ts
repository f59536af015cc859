import { delimiter, dirname, isAbsolute, join, sep } from "node:path"
import { AppError } from "../errors/app-error.ts"
import { type FileStat, openFlag } from "./file-system.ts"
import { isInside } from "./files.ts"
import { type Io } from "./io.ts"
import { reasonOf } from "./reason.ts"

interface ProgramSearch {
  /**
   * Folders that strangers may have written: the repository, the working folder. A program in one is not run. The root of
   * the file system, which is where containers start, is none of them: everything is in it, and who may write is looked at.
   */
  readonly outside: readonly string[]
  /** Also refuse what belongs to neither this user nor root. Default true. */
  readonly isOwnerChecked?: boolean
}

type SearchHost = Pick<Io, "fs" | "env" | "platform" | "processes">

/**
 * Finds a program on `PATH` that may be run with secrets near it (security rule S6): at an absolute path, outside of
 * the given folders and of every `node_modules`, and in no place that other users may write to. Relative entries of
 * `PATH` are skipped. What is refused is passed over, as if it were not there: the next entry may be the right one.
 *
 * @param name - a bare name, or an absolute path that is then judged in the same way
 * @returns the absolute path, as it was found (links not resolved: some programs look at their own name)
 * @throws {AppError} `PROGRAM_MISSING`; `PROGRAM_REFUSED` with each place and its reason
 */
export function resolveProgram(io: SearchHost, name: string, options: ProgramSearch): string {
  const refused: string[] = []
  for (const path of candidates(io, name)) {
    if (!isProgram(io, path)) continue
    const reason = objectionOrFailure(io, path, options)
    if (reason === null) return path
    refused.push(`${path}: ${reason}`)
  }
  if (refused.length > 0) throw new AppError("PROGRAM_REFUSED", {}, { subject: name, notes: refused })
  const isPath = name.includes("/") || name.includes(sep)
  const hint = isPath && !isAbsolute(name) ? "name it with its whole path" : undefined
  throw new AppError("PROGRAM_MISSING", {}, { subject: name, hint })
}

/** The same, with `null` for a program that is not there or may not be run. */
export function findProgram(io: SearchHost, name: string, options: ProgramSearch): string | null {
  try {
    return resolveProgram(io, name, options)
  } catch (error) {
    if (error instanceof AppError) return null
    throw error
  }
}

function candidates({ env, platform }: SearchHost, name: string): string[] {
  if (name === "" || name.includes("\0")) return []
  const endings = platform === "win32" ? ["", ...(env.get("PATHEXT") ?? ".EXE;.CMD;.BAT").split(";")] : [""]
  if (isAbsolute(name)) return endings.map((ending) => name + ending)
  if (name.includes("/") || name.includes(sep)) return []
  const folders = (env.get("PATH") ?? "").split(delimiter).filter((folder) => isAbsolute(folder))
  return folders.flatMap((folder) => endings.map((ending) => join(folder, name + ending)))
}

/** A file that may be run; nothing is said of who could have put it there. */
export function isProgram({ fs, platform }: SearchHost, path: string): boolean {
  try {
    if (fs.stat(path).kind !== "file") return false
    if (platform !== "win32") fs.access(path, openFlag.X_OK)
    return true
  } catch {
    return false
  }
}

function objectionOrFailure(io: SearchHost, path: string, options: ProgramSearch): string | null {
  try {
    return objection(io, path, options)
  } catch (error) {
    return reasonOf(error)
  }
}

/** Why a program may not be run; `null` when it may. Judged where it is named and where it really lies. */
function objection(io: SearchHost, path: string, { outside, isOwnerChecked = true }: ProgramSearch): string | null {
  const real = io.fs.realpath(path)
  for (const place of [path, real]) {
    if (place.split(sep).includes("node_modules")) return "it is in a node_modules folder"
    if (
      outside.some(
        (folder) => dirname(folder) !== folder && (isInside(folder, place) || isInside(realOrSame(io, folder), place)),
      )
    ) {
      return "it is in the repository or the working folder"
    }
  }
  if (io.platform === "win32") return null
  if (isOwnerChecked && !isOwn(io, io.fs.stat(real))) return "it belongs to another user"
  for (const place of new Set([...upwards(real), ...upwards(dirname(path))])) {
    const stat = io.fs.stat(place)
    // In a folder like /tmp others can make files, but not replace those of their neighbours.
    const isGuarded = stat.kind === "folder" && (stat.mode & 0o1000) !== 0 && place !== dirname(real)
    if ((stat.mode & 0o002) !== 0 && !isGuarded) return `other users may write to ${place}`
  }
  return null
}

function isOwn({ processes }: SearchHost, { uid }: FileStat): boolean {
  return processes.uid === null || uid === 0 || uid === processes.uid
}

function realOrSame({ fs }: SearchHost, folder: string): string {
  try {
    return fs.realpath(folder)
  } catch {
    return folder
  }
}

function upwards(path: string): string[] {
  const places = [path]
  for (let at = path; dirname(at) !== at; at = dirname(at)) places.push(dirname(at))
  return places
}
