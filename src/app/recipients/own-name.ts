import { isName } from "../../config/directory.ts"
import { effective, readGitConfig } from "../../host/git/config.ts"
import { findGit } from "../../host/git/git.ts"
import { accountName } from "../../host/user.ts"
import { AppError } from "../../errors/app-error.ts"
import { type Session } from "../session.ts"

/** Words that YAML does not read as text. */
const yamlWords: ReadonlySet<string> = new Set("y n yes no on off true false null".split(" "))

/**
 * The name that colleagues will read in the config: what the user says, else git's name for them, else the answer at
 * the terminal, else the name of the account.
 */
export async function ownName(session: Session, said: string | undefined): Promise<string> {
  const { io } = session
  if (said !== undefined) {
    if (isGood(said)) return said
    throw new AppError("NAME_UNKNOWN", {}, { subject: "a name has letters, digits, blanks and . _ @ + -" })
  }
  const fromGit = await gitName(session)
  if (isGood(fromGit)) return fromGit
  const answer = (await io.terminal.ask("Your name, as colleagues know it: ", { hidden: false }))?.trim() ?? ""
  if (isGood(answer)) return answer
  const names = [io.env.get("USER"), io.env.get("USERNAME"), accountName() ?? undefined]
  return names.find((name) => name !== undefined && isGood(name)) ?? "owner"
}

function isGood(name: string): boolean {
  return isName(name) && /^\p{L}/u.test(name) && name.trim() === name && !yamlWords.has(name.toLowerCase())
}

async function gitName({ io }: Session): Promise<string> {
  try {
    return effective(await readGitConfig(findGit(io, { fetch: "allowed" })), "user.name")?.trim() ?? ""
  } catch (error) {
    // No git, or none that may run: then it knows no name.
    if (error instanceof AppError) return ""
    throw error
  }
}
