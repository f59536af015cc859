import { join } from "node:path"
import { readOptionalFile } from "./files.ts"
import { type Io } from "./io.ts"
import { existingStateFolder, readyStateFolder } from "./state-folder.ts"
import { writeAtomic } from "./write-atomic.ts"

/** Servers that this user let have a token, when asked at a terminal. One file a service, one origin a line. */
export type ServiceName = "vault"

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
