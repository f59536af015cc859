import { runSlot } from "../../core/run-memory.ts"
import { AppError } from "../../errors/app-error.ts"
import { type KeyContext } from "../provider.ts"
import { distrust, findOnPath } from "../trusted-program.ts"

const variable = "SOTTO_AGE_PLUGINS"
const answers = runSlot<Map<string, Promise<void>>>()

/**
 * Whether a plugin may run for a recipient: a file, a config or a command line chose it, so the user has to agree,
 * with the variable or at the prompt. The answer holds for the whole run. As `sops` it runs, as upstream does, but
 * its name and its place are judged all the same (security rule S6).
 *
 * @throws {AppError} `PLUGIN_REFUSED`
 */
export async function allowPlugin(name: string, context: KeyContext): Promise<void> {
  if (!context.dialect.asksBeforePlugins) return
  const known = answers.of(context.session, () => new Map())
  const answer = known.get(name) ?? ask(name, context)
  known.set(name, answer)
  return answer
}

async function ask(name: string, context: KeyContext): Promise<void> {
  const allowed = (context.env(variable) ?? "").split(/[\s,]+/)
  if (allowed.includes(name)) return
  const program = await findPlugin(name, context)
  const question = `A recipient asks for the age plugin ${name}. Run ${program}? [y/N] `
  const reply = (await context.prompt(question, { hidden: false }))?.trim().toLowerCase()
  if (reply === "y" || reply === "yes") return
  throw refused(name, "nobody allowed it", `allow it with ${variable}=${name}`)
}

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
