import { dirname, join, relative } from "node:path"
import { newSopsrc } from "../../config/new-sopsrc.ts"
import { AppError } from "../../errors/app-error.ts"
import { factsOf, readOptionalFile } from "../../host/files.ts"
import { gitTop } from "../../host/git.ts"
import { writeAtomic } from "../../host/write-atomic.ts"
import { generateIdentity } from "../../keys/generate.ts"
import { ringOf } from "../../keys/identities.ts"
import { defaultKeyFiles } from "../../keys/key-files.ts"
import { parseRecipients } from "../../keys/parse-recipient.ts"
import { fileLimits, keyContext } from "../machine.ts"
import { type CommonOptions } from "../options.ts"
import { type Outcome, type Session } from "../session.ts"

export interface InitOptions extends CommonOptions {
  /** Recipients to use in place of the user's own. */
  readonly age: readonly string[]
  readonly pq: boolean
}

/** `init`: an identity if there is none, and a config for this repository. Nothing that exists is overwritten. */
export async function initProject(session: Session, { age, pq }: InitOptions): Promise<Outcome> {
  const { io } = session
  const folder = gitTop(io, io.cwd) ?? io.cwd
  for (const name of [".sopsrc", ".sops.yaml"]) {
    const file = join(folder, name)
    if (factsOf(io, file) !== null)
      throw new AppError("FILE_EXISTS", { file }, { hint: `add yourself to it: sotto keys shows your recipient` })
  }
  const given = age.flatMap((text) => parseRecipients("age", text))
  const recipients = given.map((recipient) => (recipient.type === "age" ? recipient.recipient : ""))
  const lines: string[] = []
  const held = await heldPlaces(session)
  const own = new Set(held.flatMap(({ holds }) => holds))
  if (recipients.length === 0) {
    const mine = await ownRecipient(session, held[0], pq)
    recipients.push(mine.recipient)
    own.add(mine.recipient)
    lines.push(mine.line)
  } else if (!recipients.some((recipient) => own.has(recipient))) {
    lines.push("note: you hold no identity for these recipients, so you will not open what you seal for them")
  }
  const config = join(folder, ".sopsrc")
  const people = names(session, recipients, own)
  await writeAtomic(io, config, Buffer.from(newSopsrc(people)), { mode: "kept", opened: null })
  lines.push(`wrote ${config}`)
  if (!(await ignoresTemp(session, folder))) lines.push(...gitignoreAdvice)
  lines.push(`next: sotto encrypt -i secrets.yaml && git add ${relative(io.cwd, config)} secrets.yaml`)
  return { output: `${lines.join("\n")}\n` }
}

const gitignoreAdvice = [
  "advice: add these lines to .gitignore, so that nothing unsealed is committed by mistake:",
  "  .sotto-*.tmp",
  "  *.dec.*",
]

type Place = Awaited<ReturnType<ReturnType<typeof ringOf>["places"]>>[number]

/** Where age identities are that need no question. */
async function heldPlaces(session: Session): Promise<Place[]> {
  const context = { ...keyContext(session, []), effort: "silent" as const }
  const places = await ringOf(context).places("", context)
  return places.filter(({ holds, kind }) => kind === "age" && holds.length > 0)
}

/** The first identity that is here already, else a new one in the usual place. */
async function ownRecipient(
  session: Session,
  found: Place | undefined,
  pq: boolean,
): Promise<{ recipient: string; line: string }> {
  const { io } = session
  const [held] = found?.holds ?? []
  if (held !== undefined && !pq) return { recipient: held, line: `using your identity from ${found!.name}` }
  const context = keyContext(session, [])
  const [file] = defaultKeyFiles(context)
  if (file === undefined) throw new AppError("FILE_UNWRITABLE", {}, { subject: "the home folder is not known" })
  if (factsOf(io, file) !== null)
    throw new AppError("FILE_EXISTS", { file }, { hint: "name your recipient with --age" })
  const { keyFile, recipient } = await generateIdentity({ isPostQuantum: pq, now: io.now() })
  makeFolders(session, dirname(file))
  await writeAtomic(io, file, Buffer.from(keyFile), { mode: "private", opened: null })
  return { recipient, line: `made a new identity in ${file}: keep a copy of it in a safe place` }
}

function makeFolders(session: Session, folder: string): void {
  const { io } = session
  if (factsOf(io, folder) !== null) return
  makeFolders(session, dirname(folder))
  io.fs.makeFolder(folder, 0o700)
}

/** The user's name for what is the user's: people read configs. Others get their names from whoever knows them. */
function names({ io }: Session, recipients: readonly string[], own: ReadonlySet<string>): [string, string][] {
  const user = io.env.get("USER") ?? io.env.get("USERNAME") ?? ""
  const mine = plainName.test(user) && !yamlWords.has(user.toLowerCase()) ? user : "me"
  const counts = new Map<string, number>()
  return recipients.map((recipient) => {
    const name = own.has(recipient) ? mine : mine === "recipient" ? "other" : "recipient"
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    return [count === 1 ? name : `${name}-${count}`, recipient]
  })
}

const plainName = /^[A-Za-z][\w-]{0,63}$/
/** What YAML reads as something else than a text. */
const yamlWords: ReadonlySet<string> = new Set("y n yes no on off true false null".split(" "))

async function ignoresTemp({ io }: Session, folder: string): Promise<boolean> {
  const there = await readOptionalFile(io, join(folder, ".gitignore"), fileLimits)
  return there !== null && Buffer.from(there.bytes).includes(".sotto-")
}
