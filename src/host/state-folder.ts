import { isAbsolute, join } from "node:path"
import { AppError } from "../errors/app-error.ts"
import { errorCode } from "./file-system.ts"
import { readOptionalFile } from "./files.ts"
import { type Io } from "./io.ts"
import { failedCall } from "./reason.ts"
import { writeAtomic } from "./write-atomic.ts"

type HomeHost = Pick<Io, "env" | "home" | "platform">
type StateHost = HomeHost & Pick<Io, "fs" | "processes">

/** Where this user's state is kept. Absolute; the folder need not exist. */
export function stateFolder({ env, home, platform }: HomeHost): string {
  const named = env.get("XDG_STATE_HOME") ?? ""
  if (isAbsolute(named)) return join(named, "sotto")
  if (platform === "darwin") return join(home, "Library", "Application Support", "sotto")
  if (platform === "win32") return join(env.get("LOCALAPPDATA") ?? join(home, "AppData", "Local"), "sotto")
  return join(home, ".local", "state", "sotto")
}

/**
 * A private folder for one kind of state, which is made where it is missing; folders above it are as the user has them.
 *
 * @throws {AppError} `STATE_FOLDER_UNSAFE`, `FILE_UNWRITABLE`
 */
export function readyStateFolder(io: StateHost, part: string): string {
  const folder = join(stateFolder(io), part)
  const missing: string[] = []
  for (let at = folder; !isThere(io, at) && join(at, "..") !== at; at = join(at, "..")) missing.push(at)
  for (const path of missing.reverse()) {
    try {
      io.fs.makeFolder(path, 0o700)
    } catch (error) {
      if (errorCode(error) === "EEXIST") continue
      throw new AppError("FILE_UNWRITABLE", { file: path }, failedCall(error))
    }
  }
  assertSafe(io, folder)
  return folder
}

/** @returns `null` when it was never made. @throws {AppError} `STATE_FOLDER_UNSAFE` */
export function existingStateFolder(io: StateHost, part: string): string | null {
  const folder = join(stateFolder(io), part)
  if (!isThere(io, folder)) return null
  assertSafe(io, folder)
  return folder
}

function isThere({ fs }: StateHost, path: string): boolean {
  try {
    fs.lstat(path)
    return true
  } catch {
    return false
  }
}

/** @throws {AppError} `STATE_FOLDER_UNSAFE` for a link, another owner, or a mode that lets others in */
function assertSafe({ fs, platform, processes }: StateHost, folder: string): void {
  if (platform === "win32") return
  let stat = fs.lstat(folder)
  if (stat.kind === "folder" && stat.uid === processes.uid && (stat.mode & 0o077) !== 0) {
    fs.chmodPath(folder, 0o700)
    stat = fs.lstat(folder)
  }
  if (stat.kind === "folder" && stat.uid === processes.uid && (stat.mode & 0o077) === 0) return
  throw new AppError("STATE_FOLDER_UNSAFE", { file: folder })
}

/** Servers that this user let have a token, when asked at a terminal. One file a service, one origin a line. */
type ServiceName = "vault"

type ServersHost = Parameters<typeof writeAtomic>[0] & Pick<Io, "env" | "stdin">

const part = "servers"
const bytesMax = 64 * 1024
const head = "# Servers that get your token although only a file names them. Remove a line to be asked again.\n"

/** @throws {AppError} `STATE_FOLDER_UNSAFE`, `FILE_UNREADABLE` */
export async function agreedServers(io: ServersHost, service: ServiceName): Promise<string[]> {
  const folder = existingStateFolder(io, part)
  if (folder === null) return []
  const file = await readOptionalFile(io, join(folder, service), { bytesMax })
  const lines = Buffer.from(file?.bytes ?? [])
    .toString("utf8")
    .split("\n")
  return lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"))
}

/** @throws {AppError} `STATE_FOLDER_UNSAFE`, `FILE_UNREADABLE`, `FILE_UNWRITABLE` */
export async function rememberServer(io: ServersHost, service: ServiceName, origin: string): Promise<void> {
  const known = await agreedServers(io, service)
  if (known.includes(origin)) return
  const text = [...known, origin].map((line) => `${line}\n`).join("")
  const path = join(readyStateFolder(io, part), service)
  await writeAtomic(io, path, Buffer.from(head + text, "utf8"), { mode: "private" })
}
