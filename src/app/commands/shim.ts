import { join } from "node:path"
import { AppError } from "../../errors/app-error.ts"
import { absolute, factsOf } from "../../host/files.ts"
import { unwritable } from "../../host/target.ts"
import { writeAtomic } from "../../host/write-atomic.ts"
import { type Outcome, type Session } from "../session.ts"

interface ShimOptions {
  readonly folder: string
  /** Replace an existing one. */
  readonly force: boolean
}

/**
 * `shim`: puts a link to this program into a folder, under the name that makes it sops. Where links need rights of
 * their own (Windows) it is a script that sets a variable to the same effect.
 *
 * @throws {AppError} `FILE_EXISTS` for a `sops` that is something else; `FILE_UNWRITABLE`
 */
export async function makeShim(session: Session, { folder, force }: ShimOptions): Promise<Outcome> {
  const { io } = session
  if (factsOf(io, folder)?.kind !== "folder") throw new AppError("FILE_MISSING", { file: folder })
  const isWindows = io.platform === "win32"
  const path = absolute(io, join(folder, isWindows ? "sops.cmd" : "sops"))
  if (factsOf(io, path)?.realPath === io.program) return said(path)
  if (isThere(session, path)) {
    if (!force) throw new AppError("FILE_EXISTS", { file: path }, { hint: "pass --force to replace that file" })
    io.fs.unlink(path)
  }
  if (isWindows) {
    const script = `@echo off\r\nset SOTTO_COMPAT=sops\r\nnode "${io.program}" %*\r\n`
    await writeAtomic(io, path, Buffer.from(script), { mode: 0o755, opened: null })
    return said(path)
  }
  try {
    io.fs.makeLink(io.program, path)
  } catch (error) {
    throw unwritable(error, path)
  }
  return said(path)
}

function said(path: string): Outcome {
  return { output: `${path}\n` }
}

/** True even for a link that leads nowhere. */
function isThere({ io }: Session, path: string): boolean {
  try {
    io.fs.lstat(path)
    return true
  } catch {
    return false
  }
}
