import { dirname } from "node:path"
import { keyContext } from "../machine.ts"
import { type Session } from "../session.ts"
import { isName } from "../../config/directory.ts"
import { AppError } from "../../errors/app-error.ts"
import { factsOf } from "../../host/files.ts"
import { effective, readGitConfig } from "../../host/git/config.ts"
import { findGit } from "../../host/git/git.ts"
import { makeFolders } from "../../host/target.ts"
import { accountName } from "../../host/user.ts"
import { writeAtomic } from "../../host/write-atomic.ts"
import { makeIdentity } from "../../keys/generate.ts"
import { ringOf } from "../../keys/identities.ts"
import { defaultKeyFiles } from "../../keys/key-files.ts"

type IdentityPlace = Awaited<ReturnType<ReturnType<typeof ringOf>["places"]>>[number]

/** Where there are age identities that need no question. */
export async function heldPlaces(session: Session): Promise<IdentityPlace[]> {
  const context = { ...keyContext(session, []), effort: "silent" as const }
  const places = await ringOf(context).places("", context)
  return places.filter(({ holds, kind }) => kind === "age" && holds.length > 0)
}

/** The first identity that is here already, else a new one in the usual place. */
export async function ownRecipient(
  session: Session,
  found: IdentityPlace | undefined,
  pq: boolean,
): Promise<{ recipient: string; line: string }> {
  const { io } = session
  const [held] = found?.holds ?? []
  if (held !== undefined && !pq) return { recipient: held, line: `using your identity from ${found!.name}` }
  const context = keyContext(session, [])
  const [file] = defaultKeyFiles(context)
  if (file === undefined) {
    throw new AppError(
      "FILE_UNWRITABLE",
      { file: "HOME" },
      { notes: ["the home folder is not known"], hint: "set HOME" },
    )
  }
  if (factsOf(io, file) !== null)
    throw new AppError("FILE_EXISTS", { file }, { hint: "name your recipient with --age" })
  const { keyFile, recipient } = await makeIdentity({ isPostQuantum: pq, now: io.now() })
  makeFolders(io, dirname(file))
  await writeAtomic(io, file, Buffer.from(keyFile), { mode: "private", opened: null })
  return { recipient, line: `made a new identity in ${file}: keep a copy of it in a safe place` }
}

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
    throw new AppError("NAME_UNKNOWN", {}, { subject: "a name has letters, digits, spaces and . _ @ + -" })
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
