import { dirname } from "node:path"
import { AppError } from "../../errors/app-error.ts"
import { factsOf, systemPath } from "../../host/files.ts"
import { makeFolders } from "../../host/target.ts"
import { writeAtomic } from "../../host/write-atomic.ts"
import { makeIdentity } from "../../keys/generate.ts"
import { type Outcome, type Session } from "../session.ts"

interface KeygenOptions {
  readonly pq: boolean
  readonly output: string | undefined
}

/** `keygen`: a new age identity, printed, or in a file that only its owner can read; then it prints the public side. */
export async function generateKey(session: Session, { pq, output }: KeygenOptions): Promise<Outcome> {
  const { io } = session
  if (output !== undefined && factsOf(io, output) !== null) throw new AppError("FILE_EXISTS", { file: output })
  const { keyFile, recipient } = await makeIdentity({ isPostQuantum: pq, now: io.now() })
  if (output === undefined) return { output: keyFile }
  makeFolders(io, dirname(systemPath(io, output)))
  await writeAtomic(io, output, Buffer.from(keyFile), { mode: "private", opened: null, isOutput: true })
  const about = ": keep a copy of it in a safe place; its public key is above"
  session.close?.({ what: "wrote", file: output, for: "", about, clearCount: 0 })
  // On standard output, whole: a post-quantum recipient has 2,000 characters, and people want to copy it.
  return { output: `${recipient}\n` }
}
