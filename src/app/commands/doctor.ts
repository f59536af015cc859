import { keyContext, workspaceOf } from "../machine.ts"
import { dataKeyOf, openWith } from "../open/open-alone.ts"
import { loadSealed } from "../open/open-file.ts"
import { type CommonOptions } from "../options.ts"
import { entryNames } from "../recipients/entry-names.ts"
import { servicesOf } from "../recipients/key-services.ts"
import { type Cell, type TableStyle, table, tableStyle } from "../report/table.ts"
import { type Outcome, type Session } from "../session.ts"
import { loadSettings } from "../settings.ts"
import { AppError } from "../../errors/app-error.ts"
import { listDrafts } from "../../host/drafts.ts"
import { chooseEditor } from "../../host/editor.ts"
import { realPathOf, statOf } from "../../host/files.ts"
import { findGit } from "../../host/git/git.ts"
import { gitVersion } from "../../host/git/repository.ts"
import { isTempName } from "../../host/leftovers.ts"
import { stateFolder } from "../../host/state-folder.ts"
import { ringOf } from "../../keys/identities.ts"
import { defaultKeyFiles } from "../../keys/key-files.ts"
import { recipientName } from "../../keys/kinds.ts"
import { isReadable } from "../../keys/parse-recipient.ts"
import { findGpg } from "../../keys/pgp/gpg.ts"
import { unwrapDataKey } from "../../keys/unwrap.ts"

interface DoctorOptions extends CommonOptions {
  /** A sealed file that should open here. */
  readonly file: string | undefined
  /** Key services are asked too. */
  readonly online: boolean
  readonly json: boolean
}

/** `doctor`: what this machine has of what the commands need. It writes nothing, and sends nothing without `online`. */
export async function doctor(session: Session, { file, config, online, json }: DoctorOptions): Promise<Outcome> {
  if (online && file === undefined)
    throw new AppError("ARGUMENT_MISSING", {}, { subject: "FILE", hint: "name the file whose key services to ask" })
  const checks: Check[] = [
    ...(await identityChecks(session)),
    ...(file === undefined ? [] : [await opensCheck(session, file, { config, online })]),
    await configCheck(session, file ?? null, config),
    await gitCheck(session),
    editorCheck(session),
    await gpgCheck(session),
    nodeCheck(process.version),
    await stateCheck(session),
    leftoversCheck(session),
    ...(online && file !== undefined ? await providerChecks(session, file, config) : []),
  ]
  const isOk = checks.every(({ state }) => state !== "error")
  const output = json ? `${JSON.stringify({ schema: 1, ok: isOk, checks })}\n` : drawn(checks, tableStyle(session.io))
  return { output, exit: isOk ? 0 : 1 }
}

const tones = { ok: "good", warning: "warning", error: "error" } as const

function drawn(checks: readonly Check[], style: TableStyle): string {
  const rows = checks.flatMap(({ check, state, detail, fix }): Cell[][] => [
    [[state.padEnd(7), tones[state]], [check.padEnd(13), "name"], detail],
    ...(fix === undefined ? [] : [["", "", fix]]),
  ])
  return table(rows, style)
}

/** One thing that was checked. */
interface Check {
  readonly check: CheckName
  readonly state: "ok" | "warning" | "error"
  readonly detail: string
  /** A command line, or what to do. */
  readonly fix?: string
}

type CheckName =
  | "identities"
  | "key-file-mode"
  | "opens"
  | "config"
  | "git"
  | "editor"
  | "gpg"
  | "node"
  | "state-folder"
  | "leftovers"
  | "providers"

function ok(check: CheckName, detail: string): Check {
  return { check, state: "ok", detail }
}

function warning(check: CheckName, detail: string, fix?: string): Check {
  return { check, state: "warning", detail, ...(fix === undefined ? {} : { fix }) }
}

export function wrong(check: CheckName, detail: string, fix?: string): Check {
  return { check, state: "error", detail, ...(fix === undefined ? {} : { fix }) }
}

const nodeOldest = [20, 19] as const

function nodeCheck(version: string): Check {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number)
  const isOld = major < nodeOldest[0] || (major === nodeOldest[0] && minor < nodeOldest[1])
  return isOld
    ? wrong("node", `${version} is older than ${nodeOldest.join(".")}`, "install a newer Node")
    : ok("node", version)
}

/** git is needed by the commands that live with it alone. */
async function gitCheck({ io }: Session): Promise<Check> {
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

function editorCheck(session: Session): Check {
  try {
    const { program } = chooseEditor(session.io, { guardsText: true, outside: workspaceOf(session) })
    return ok("editor", program)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return warning("editor", error.fault, error.hint ?? "set EDITOR")
  }
}

/** gpg is needed by PGP recipients alone. */
async function gpgCheck(session: Session): Promise<Check> {
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
async function stateCheck({ io }: Session): Promise<Check> {
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
function leftoversCheck({ io }: Session): Check {
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

/** Which identities are here. It asks for no passphrase, and starts no program. */
async function identityChecks(session: Session): Promise<Check[]> {
  const context = { ...keyContext(session, []), effort: "silent" as const }
  const places = await ringOf(context).places("", context)
  const found = places.filter(({ identities }) => identities > 0)
  const failed = places.filter(({ state }) => state === "failed")
  const count = found.reduce((sum, { identities }) => sum + identities, 0)
  const names = found.map(({ name }) => name).join(", ")
  const none = `none in ${places.map(({ name }) => name).join(", ")}`
  const identities = count === 0 ? warning("identities", none, "sotto init") : ok("identities", `${count} in ${names}`)
  const unread = failed.map(({ name, reasons }) => wrong("identities", `${name}: ${reasons.join("; ")}`))
  return [identities, ...unread, ...keyFileChecks(session)]
}

function keyFileChecks(session: Session): Check[] {
  const { io } = session
  if (io.processes.uid === null) return []
  const context = keyContext(session, [])
  const named = io.env.get("SOPS_AGE_KEY_FILE") ?? ""
  const files = [...(named === "" ? [] : [named]), ...defaultKeyFiles(context)]
  const there = files.flatMap((file) => {
    const stat = statOf(io, file)
    return stat === null ? [] : [{ file, mode: stat.mode }]
  })
  const open = there.filter(({ mode }) => (mode & 0o077) !== 0)
  if (open.length > 0) {
    return open.map(({ file, mode }) =>
      wrong("key-file-mode", `others can read ${file} (mode ${(mode & 0o777).toString(8)})`, `chmod 600 ${file}`),
    )
  }
  return [ok("key-file-mode", there.length === 0 ? "no key file" : there.map(({ file }) => file).join(", "))]
}

/**
 * Whether a file opens here. Without `online`, only with the identities of the environment and of files: nothing is
 * sent, and nobody is asked.
 */
async function opensCheck(
  session: Session,
  file: string,
  { config, online }: { readonly config: string | undefined; readonly online: boolean },
): Promise<Check> {
  let hasService = false
  try {
    const { document } = await loadSealed(session, { source: file, inputType: undefined, config })
    hasService = document.metadata.groups.flat().some(({ recipient: { type } }) => type !== "age" && type !== "pgp")
    const dataKey = await dataKeyOf(session, document, online ? "online" : "offline")
    const side = await openWith(document, dataKey)
    side.dataKey.wipe()
    return ok("opens", file)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const isUntried = error.code === "DATA_KEY" && !online && hasService
    const fix = isUntried ? `sotto doctor --online ${file}` : error.hint
    return wrong("opens", `${file}: ${error.title} [${error.code}]`, fix)
  }
}

async function configCheck(session: Session, file: string | null, named: string | undefined): Promise<Check> {
  try {
    const { config } = await loadSettings(session, file, named)
    if (config === null) return warning("config", "no .sopsrc or .sops.yaml from this folder upward", "sotto init")
    const count = config.rules?.length ?? 0
    return count === 0
      ? warning("config", `${config.file} has no rules`, "sotto explain FILE")
      : ok("config", `${config.file}, ${count} ${count === 1 ? "rule" : "rules"}`)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const line = error.where.line === undefined ? "" : `, line ${error.where.line}`
    return wrong("config", `${error.where.file ?? ""}${line}: ${error.title} [${error.code}]`, error.hint)
  }
}

/** Tries each entry of a file by itself. Only with `--online`, since it asks services over the network. */
async function providerChecks(session: Session, file: string, config: string | undefined): Promise<Check[]> {
  const { document, settings } = await loadSealed(session, { source: file, inputType: undefined, config })
  const nameOf = entryNames(document.metadata.groups, settings.personOf)
  const checks: Check[] = []
  for (const entry of document.metadata.groups.flat()) {
    const name = isReadable(entry.recipient)
      ? `${entry.recipient.type} ${recipientName(entry.recipient)}`
      : nameOf(entry.recipient)
    try {
      const key = await unwrapDataKey([[entry]], 0, {
        context: keyContext(session, [file]),
        services: servicesOf(session),
        decryptionOrder: null,
        nameOf,
      })
      key.wipe()
      checks.push(ok("providers", `${name} opens it`))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      const [reason = error.fault] = error.detail.notes ?? []
      checks.push(warning("providers", `${name} does not open it: ${reason}`))
    }
  }
  return checks
}
