import { errorCode } from "../host/file-system.ts"
import { absolute } from "../host/files.ts"
import { type Session } from "./session.ts"

/** @returns the absolute path when nothing is there; `null` when something is, or when nobody can tell */
export function missingPath({ io }: Pick<Session, "io">, file: string): string | null {
  const path = absolute(io, file)
  try {
    io.fs.stat(path)
    return null
  } catch (error) {
    return errorCode(error) === "ENOENT" ? path : null
  }
}
