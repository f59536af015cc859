import { dirname, join } from "node:path"
import { AppError } from "../errors/app-error.ts"
import { isMissing } from "./file-system.ts"
import { absolute } from "./files.ts"
import { type Io } from "./io.ts"
import { makePrivateDir } from "./private-dir.ts"
import { failedCall } from "./reason.ts"

/** A place for a socket that only this user can reach. */
interface SocketPlace {
  /** Absolute. Nothing is there, or a socket that somebody may still listen on. */
  readonly path: string
  readonly isTaken: boolean
  /** Takes away a socket that nobody listens on. */
  clear(): void
  /** Makes the new socket this user's own. */
  guard(): void
  /** Removes what was made for it. */
  remove(): void
}

type SocketHost = Pick<
  Io,
  "fs" | "env" | "cwd" | "platform" | "temp" | "processes" | "signals" | "randomBytes" | "swept"
>

/**
 * Finds a place for a socket in a folder of mode 0700 (security rule S14): the one that is named, or one below
 * `XDG_RUNTIME_DIR`, or else a new folder for temporary files.
 *
 * @param isFolderFree - take the folder as it is, or is not: the socket alone is guarded
 * @throws {AppError} `KEYSERVICE_LISTEN` when others can enter the folder, `FILE_UNWRITABLE`
 */
export function socketPlace(io: SocketHost, named: string | undefined, { isFolderFree = false } = {}): SocketPlace {
  if (named !== undefined) return placeAt(io, absolute(io, named), isFolderFree)
  const runtime = io.env.get("XDG_RUNTIME_DIR") ?? ""
  if (runtime !== "" && isPrivate(io, runtime)) return placeAt(io, join(runtime, "sotto", "keyservice.sock"), false)
  const folder = makePrivateDir(io, { base: io.temp })
  const place = placeAt(io, join(folder.path, "keyservice.sock"), false)
  return { ...place, remove: () => folder.remove() }
}

function placeAt(io: SocketHost, path: string, isFolderFree: boolean): SocketPlace {
  const { fs } = io
  const folder = dirname(path)
  const isMade = !isFolderFree && makeMissing(io, folder)
  if (!isFolderFree && !isPrivate(io, folder)) {
    const subject = `others can enter the folder ${folder}`
    throw new AppError("KEYSERVICE_LISTEN", {}, { subject, hint: "put the socket into a folder of mode 0700" })
  }
  const kind = kindAt(io, path)
  if (kind !== null && kind !== "other") {
    throw new AppError("KEYSERVICE_LISTEN", {}, { subject: `${path} exists already, and is not a socket` })
  }
  const release = io.signals.onEnd(() => fs.remove(path))
  return {
    path,
    isTaken: kind !== null,
    clear: () => fs.unlink(path),
    guard: () => fs.chmodPath(path, 0o600),
    remove() {
      fs.remove(path)
      if (isMade) fs.remove(folder)
      release()
    },
  }
}

/** @returns whether the folder was made; its parent has to be there */
function makeMissing({ fs }: SocketHost, folder: string): boolean {
  try {
    fs.stat(folder)
    return false
  } catch (error) {
    if (!isMissing(error)) throw unwritable(error, folder)
  }
  try {
    fs.makeFolder(folder, 0o700)
    fs.chmodPath(folder, 0o700)
    return true
  } catch (error) {
    throw unwritable(error, folder)
  }
}

function isPrivate({ fs, processes, platform }: SocketHost, folder: string): boolean {
  try {
    const stat = fs.stat(folder)
    if (stat.kind !== "folder") return false
    return platform === "win32" || (stat.uid === processes.uid && (stat.mode & 0o077) === 0)
  } catch {
    return false
  }
}

function kindAt({ fs }: SocketHost, path: string): string | null {
  try {
    return fs.lstat(path).kind
  } catch {
    return null
  }
}

function unwritable(error: unknown, file: string): AppError {
  return new AppError("FILE_UNWRITABLE", { file }, failedCall(error))
}
