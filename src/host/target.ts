import { basename, dirname, join } from "node:path"
import { AppError } from "../errors/app-error.ts"
import { type FileStat, errorCode, isMissing } from "./file-system.ts"
import { absolute, factsOf, isInside, systemPath } from "./files.ts"
import { enclosingGitTops } from "./surroundings.ts"
import { type Io } from "./io.ts"
import { failedCall } from "./reason.ts"

/** Where a write really goes. */
export interface WriteTarget {
  /** As it was named: for errors. */
  readonly file: string
  /** Absolute, links resolved. */
  readonly path: string
  /** Of `path`, links resolved. */
  readonly folder: string
  /** `null` when nothing is there yet. */
  readonly stat: FileStat | null
}

type TargetHost = Pick<Io, "fs" | "cwd" | "home" | "processes" | "platform">

/**
 * Finds what a write to a path would change.
 *
 * A link, also one on the way, is followed only when it stays in the git repository of the place that was named, or
 * outside git in the folder that was named (security rule S25): somebody who may change the repository must not choose
 * which file of the user's is overwritten. Devices below `/dev` are what they are named.
 *
 * @throws {AppError} `LINK_OUTSIDE`, `FILE_UNWRITABLE`
 */
export function locateTarget(
  io: TargetHost,
  file: string,
  { followLinks, isOutput = false }: { readonly followLinks: boolean; readonly isOutput?: boolean | undefined },
): WriteTarget {
  const named = isOutput ? systemPath(io, file) : absolute(io, file)
  try {
    const path = resolveLinks(io, file, named)
    if (path !== named && !followLinks && !isDevice(io, named)) assertStays(io, file, { named, path })
    return { file, path, folder: dirname(path), stat: statOrNull(io, path) }
  } catch (error) {
    throw unwritable(error, file)
  }
}

/** A failed system call as an `AppError` with the name of the file; other errors as they are. */
export function unwritable(error: unknown, file: string): unknown {
  if (error instanceof AppError || errorCode(error) === "") return error
  return new AppError("FILE_UNWRITABLE", { file }, failedCall(error))
}

function resolveLinks({ fs }: TargetHost, file: string, named: string): string {
  try {
    return fs.realpath(named)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  if (isLink(fs, named))
    throw new AppError(
      "FILE_UNWRITABLE",
      { file },
      { notes: ["the link leads to nothing"], hint: "remove the link, or make what it leads to" },
    )
  try {
    return join(fs.realpath(dirname(named)), basename(named))
  } catch (error) {
    if (!isMissing(error)) throw error
    throw new AppError(
      "FILE_UNWRITABLE",
      { file },
      { notes: ["its folder does not exist"], hint: "make the folder first, or check the path" },
    )
  }
}

function isLink(fs: Io["fs"], path: string): boolean {
  try {
    return fs.lstat(path).kind === "link"
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

function assertStays(
  io: TargetHost,
  file: string,
  { named, path }: { readonly named: string; readonly path: string },
): void {
  const folder = dirname(named)
  const tops = enclosingGitTops(io, folder)
  const borders = tops.length === 0 ? [folder] : tops
  const crossed = borders.find((border) => !isInside(io.fs.realpath(border), path))
  if (crossed !== undefined) throw new AppError("LINK_OUTSIDE", { file }, { notes: [`it leads to ${path}`] })
}

function isDevice({ platform }: TargetHost, path: string): boolean {
  return platform !== "win32" && path.startsWith("/dev/")
}

function statOrNull({ fs }: TargetHost, path: string): FileStat | null {
  try {
    return fs.lstat(path)
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

/**
 * Makes a folder and what is missing above it.
 *
 * @param mode - default: for nobody but this user
 * @throws {AppError} `FILE_UNWRITABLE` with the folder that could not be made
 */
export function makeFolders(
  io: Pick<Io, "fs" | "cwd" | "platform" | "processes">,
  folder: string,
  mode: number = 0o700,
): void {
  if (factsOf(io, folder) !== null || dirname(folder) === folder) return
  makeFolders(io, dirname(folder), mode)
  try {
    io.fs.makeFolder(absolute(io, folder), mode)
  } catch (error) {
    throw unwritable(error, folder)
  }
}
