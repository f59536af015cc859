import { dirname } from "node:path"
import { absolute, factsOf } from "./files.ts"
import { type Io } from "./io.ts"
import { unwritable } from "./target.ts"

/**
 * Makes a folder and what is missing above it, for nobody but this user.
 *
 * @throws {AppError} `FILE_UNWRITABLE` with the folder that could not be made
 */
export function makeFolders(io: Pick<Io, "fs" | "cwd" | "platform" | "processes">, folder: string): void {
  if (factsOf(io, folder) !== null || dirname(folder) === folder) return
  makeFolders(io, dirname(folder))
  try {
    io.fs.makeFolder(absolute(io, folder), 0o700)
  } catch (error) {
    throw unwritable(error, folder)
  }
}
