import { AppError } from "../../errors/app-error.ts"
import { type KeyContext } from "../provider.ts"
import { distrust, findOnPath } from "../trusted-program.ts"

/**
 * Finds the program of a plugin on PATH and refuses one that strangers may have put there or may change (security
 * rule S6).
 *
 * @returns its absolute path, links resolved
 * @throws {AppError} `PLUGIN_REFUSED`, also when it is not installed
 */
export async function findPlugin(name: string, context: KeyContext): Promise<string> {
  const file = `age-plugin-${name}${context.platform === "win32" ? ".exe" : ""}`
  const candidate = await findOnPath(file, context)
  if (candidate === null) throw refused(name, `${file} was not found on PATH`)
  const { realPath } = candidate.facts
  const reason = await distrust(candidate, context)
  if (reason !== null) throw refused(name, `${realPath} ${reason}`)
  return realPath
}

export function refused(name: string, reason: string, hint?: string): AppError {
  return new AppError("PLUGIN_REFUSED", { provider: `age-plugin-${name}` }, { subject: reason, hint })
}
