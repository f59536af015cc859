import { dirname, join, resolve } from "node:path"
import { sha256Hex } from "../../core/fingerprint.ts"
import { AppError } from "../../errors/app-error.ts"
import { stateFolder } from "../../host/state-folder.ts"
import { statOf } from "../../host/files.ts"
import { gitTop } from "../../host/surroundings.ts"
import { writeAtomic } from "../../host/write-atomic.ts"
import { type Session } from "../session.ts"
import { userConfigFile } from "./config-steps.ts"
import { makeFolders } from "../../host/target.ts"
import { readIfThere } from "./own-files.ts"
import { isWatched } from "./watched.ts"

const dayMs = 24 * 60 * 60 * 1000

/**
 * Says that a clone has attributes for sealed files but no driver, so that git merges them as text: on a terminal, once
 * a day and clone, and not where git called us. It does not start git.
 */
export async function noticeUnwired(session: Session): Promise<void> {
  const { io } = session
  if (isWatched(io.env) || io.env.has("GIT_DIR") || io.env.has("GIT_INDEX_FILE")) return
  const top = gitTop(io, io.cwd)
  if (top === null || !(await holds(session, join(top, ".gitattributes"), "# sotto: begin"))) return
  for (const file of [join(await commonDir(session, top), "config"), userConfigFile(session)]) {
    if (await holds(session, file, '[merge "sotto"]')) return
  }
  if (!(await isNews(session, top))) return
  session.notice("this clone does not merge sealed files yet: run `sotto git install`")
}

async function holds(session: Session, path: string, text: string): Promise<boolean> {
  try {
    return Buffer.from((await readIfThere(session, path)) ?? []).includes(text)
  } catch (error) {
    // What cannot be read is no reason to say something.
    if (error instanceof AppError) return false
    throw error
  }
}

/** A further work tree has a file instead of `.git`. See gitrepository-layout(5). */
async function commonDir(session: Session, top: string): Promise<string> {
  const git = join(top, ".git")
  if (statOf(session.io, git)?.kind === "folder") return git
  const own = await lineOf(session, git, "gitdir: ")
  const dir = own === null ? git : resolve(top, own)
  const common = await lineOf(session, join(dir, "commondir"), "")
  return common === null ? dir : resolve(dir, common)
}

async function lineOf(session: Session, path: string, start: string): Promise<string | null> {
  const text = Buffer.from((await readIfThere(session, path)) ?? []).toString("utf8")
  return text.startsWith(start) && text !== "" ? text.slice(start.length).replace(/\r?\n$/, "") : null
}

/** Remembers the clone for a day. */
async function isNews(session: Session, top: string): Promise<boolean> {
  const { io } = session
  const file = join(stateFolder(io), "notices", sha256Hex(top))
  const last = statOf(io, file)?.modifiedMs
  if (last !== undefined && io.now().getTime() - last < dayMs) return false
  try {
    makeFolders(session.io, dirname(file))
    await writeAtomic(io, file, new Uint8Array(), { mode: "private" })
    return true
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
}
