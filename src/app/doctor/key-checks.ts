import { dataKeyOf, openWith } from "../open/open-alone.ts"
import { recipientName } from "../../keys/kinds.ts"
import { AppError } from "../../errors/app-error.ts"
import { statOf } from "../../host/files.ts"
import { ringOf } from "../../keys/identities.ts"
import { defaultKeyFiles } from "../../keys/key-files.ts"
import { unwrapDataKey } from "../../keys/unwrap.ts"
import { keyContext } from "../machine.ts"
import { loadSealed } from "../open/open-file.ts"
import { servicesOf } from "../recipients/key-services.ts"
import { type Session } from "../session.ts"
import { entryNames } from "../recipients/entry-names.ts"
import { isReadable } from "../../keys/parse-recipient.ts"
import { loadSettings } from "../settings.ts"
import { type Check, ok, warning, wrong } from "./checks.ts"

/** Which identities are here. It asks for no passphrase, and starts no program. */
export async function identityChecks(session: Session): Promise<Check[]> {
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
export async function opensCheck(
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

export async function configCheck(session: Session, file: string | null, named: string | undefined): Promise<Check> {
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
export async function providerChecks(session: Session, file: string, config: string | undefined): Promise<Check[]> {
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
