import { AppError } from "../../errors/app-error.ts"
import { chooseEditor } from "../../host/editor.ts"
import { realPathOf, statOf } from "../../host/files.ts"
import { findGit } from "../../host/git/git.ts"
import { gitVersion } from "../../host/git/repository.ts"
import { isTempName } from "../../host/leftovers.ts"
import { listDrafts } from "../../host/drafts.ts"
import { stateFolder } from "../../host/state-folder.ts"
import { findGpg } from "../../keys/pgp/gpg.ts"
import { keyContext, workspaceOf } from "../machine.ts"
import { type Session } from "../session.ts"
import { type Check, ok, warning, wrong } from "./checks.ts"

const nodeOldest = [20, 19] as const

export function nodeCheck(version: string): Check {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number)
  const isOld = major < nodeOldest[0] || (major === nodeOldest[0] && minor < nodeOldest[1])
  return isOld
    ? wrong("node", `${version} is older than ${nodeOldest.join(".")}`, "install a newer Node")
    : ok("node", version)
}

/** git is needed by the commands that live with it alone. */
export async function gitCheck({ io }: Session): Promise<Check> {
  try {
    const [major, minor] = await gitVersion(findGit(io, { cwd: io.temp, fetch: "never" }))
    const isOld = major < 2 || (major === 2 && minor < 30)
    return isOld
      ? warning("git", `${major}.${minor} is older than 2.30`, "install a newer git")
      : ok("git", `${major}.${minor}`)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return warning("git", error.fault, error.hint ?? "install git")
  }
}

export function editorCheck(session: Session): Check {
  try {
    const { program } = chooseEditor(session.io, { guardsText: true, outside: workspaceOf(session) })
    return ok("editor", program)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return warning("editor", error.fault, error.hint ?? "set EDITOR")
  }
}

/** gpg is needed by PGP recipients alone. */
export async function gpgCheck(session: Session): Promise<Check> {
  try {
    return ok("gpg", await findGpg(keyContext(session, [])))
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return error.code === "GPG_MISSING"
      ? ok("gpg", "not there; only PGP recipients need it")
      : warning("gpg", error.fault, error.hint)
  }
}

/** Drafts are sealed; even so, nobody else may see or replace them. */
export async function stateCheck({ io }: Session): Promise<Check> {
  const folder = stateFolder(io)
  const stat = statOf(io, folder)
  if (stat === null) return ok("state-folder", `${folder} is not there yet`)
  if (stat.kind !== "folder") return wrong("state-folder", `${folder} is not a folder`, `remove ${folder}`)
  if (io.processes.uid !== null && stat.uid !== io.processes.uid) {
    return wrong("state-folder", `${folder} belongs to another user`, `remove ${folder}`)
  }
  if (io.processes.uid !== null && (stat.mode & 0o077) !== 0) {
    return wrong("state-folder", `others can look into ${folder}`, `chmod 700 ${folder}`)
  }
  const drafts = await listDrafts(io).catch(() => [])
  if (drafts.length === 0) return ok("state-folder", folder)
  return warning(
    "state-folder",
    `drafts wait for ${drafts.map(({ target }) => target).join(", ")}`,
    "sotto edit --resume FILE",
  )
}

const foldersMax = 2_000

/** Files of writes that were killed. They hold ciphertext, and the next write to their folder removes them. */
export function leftoversCheck({ io }: Session): Check {
  const top = realPathOf(io, io.cwd) ?? io.cwd
  const found: string[] = []
  const folders = [top]
  for (let seen = 0; folders.length > 0 && seen < foldersMax; seen++) {
    const folder = folders.pop()!
    for (const name of listQuietly(io, folder)) {
      const path = `${folder}/${name}`
      if (isTempName(name)) found.push(path)
      else if (name !== ".git" && name !== "node_modules" && isFolder(io, path)) folders.push(path)
    }
  }
  if (found.length === 0) return ok("leftovers", "none below this folder")
  return warning("leftovers", `${found.length} of interrupted writes: ${found.slice(0, 5).join(", ")}`, "remove them")
}

function listQuietly({ fs }: Session["io"], folder: string): string[] {
  try {
    return fs.list(folder)
  } catch {
    return []
  }
}

function isFolder({ fs }: Session["io"], path: string): boolean {
  try {
    return fs.lstat(path).kind === "folder"
  } catch {
    return false
  }
}
