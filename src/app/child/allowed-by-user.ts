import { join } from "node:path"
import { loadFound } from "../../config/load.ts"
import { settingsFor } from "../../config/rule.ts"
import { checkTrust } from "../../config/trust.ts"
import { absolute } from "../../host/files.ts"
import { configFiles } from "../machine.ts"
import { type ChildOptions } from "../options.ts"
import { type Session } from "../session.ts"
import { type AllowedNames } from "./child-env.ts"

/** What `checkEnvNames` lets pass. */
export function allowedNames(session: Session, { allowEnv }: Pick<ChildOptions, "allowEnv">): AllowedNames {
  const known = new Map<string, Promise<readonly string[]>>()
  return {
    byOption: allowEnv,
    byUser(file) {
      const names = known.get(file) ?? allowedByUser(session, file)
      known.set(file, names)
      return names
    },
  }
}

/**
 * The names that the user's own `~/.sopsrc` allows a file to set. A config of a repository cannot: anybody who may
 * change it could run code on the machine of everybody who uses it (security rule S10).
 *
 * @throws {AppError} `CONFIG_UNTRUSTED` when others could have written it; its other faults
 */
async function allowedByUser(session: Session, file: string): Promise<readonly string[]> {
  const files = configFiles(session)
  const path = join(session.io.home, ".sopsrc")
  if ((await files.stat(path)) === null) return []
  await checkTrust(path, session.io.home, files)
  const config = await loadFound({ path, file: path, kind: "sopsrc", beside: null }, files)
  const settings = await settingsFor(config, { path: absolute(session.io, file), paths: files.paths })
  return settings?.allowEnv ?? []
}
