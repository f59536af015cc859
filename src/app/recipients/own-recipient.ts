import { dirname } from "node:path"
import { AppError } from "../../errors/app-error.ts"
import { factsOf } from "../../host/files.ts"
import { makeFolders } from "../../host/make-folders.ts"
import { writeAtomic } from "../../host/write-atomic.ts"
import { generateIdentity } from "../../keys/generate.ts"
import { ringOf } from "../../keys/identities.ts"
import { defaultKeyFiles } from "../../keys/key-files.ts"
import { keyContext } from "../machine.ts"
import { type Session } from "../session.ts"

export type IdentityPlace = Awaited<ReturnType<ReturnType<typeof ringOf>["places"]>>[number]

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
  const { keyFile, recipient } = await generateIdentity({ isPostQuantum: pq, now: io.now() })
  makeFolders(io, dirname(file))
  await writeAtomic(io, file, Buffer.from(keyFile), { mode: "private", opened: null })
  return { recipient, line: `made a new identity in ${file}: keep a copy of it in a safe place` }
}
