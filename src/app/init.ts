import { dirname, join } from "node:path"
import { AppError } from "../errors/app-error.ts"
import { factsOf, readOptionalFile } from "../host/files.ts"
import { gitTop } from "../host/git.ts"
import { writeAtomic } from "../host/write-atomic.ts"
import { generateIdentity } from "../keys/generate.ts"
import { ringOf } from "../keys/identities.ts"
import { defaultKeyFiles } from "../keys/key-files.ts"
import { parseRecipients } from "../keys/parse-recipient.ts"
import { fileLimits, keyContext } from "./machine.ts"
import { type InitOptions } from "./options.ts"
import { type Outcome, type Session } from "./session.ts"

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
  if (recipients.length === 0) {
    const own = await ownRecipient(session, pq)
    recipients.push(own.recipient)
    lines.push(own.line)
  }
  const config = join(folder, ".sopsrc")
  await writeAtomic(io, config, Buffer.from(configText(names(session, recipients))), { mode: "kept", opened: null })
  lines.push(`wrote ${config}`)
  if (await ignoresTemp(session, folder)) return { output: `${[...lines, ...nextSteps].join("\n")}\n` }
  return { output: `${[...lines, ...gitignoreAdvice, ...nextSteps].join("\n")}\n` }
}

const gitignoreAdvice = [
  "advice: add these lines to .gitignore, so that nothing unsealed is committed by mistake:",
  "  .sotto-*.tmp",
  "  *.dec.*",
]
const nextSteps = ["next: sotto encrypt -i secrets.yaml && git add .sopsrc secrets.yaml"]

/** The first identity that is here already, else a new one in the usual place. */
async function ownRecipient(session: Session, pq: boolean): Promise<{ recipient: string; line: string }> {
  const { io } = session
  const context = { ...keyContext(session, []), effort: "silent" as const }
  const found = (await ringOf(context).places("", context)).find(
    ({ holds, kind }) => kind === "age" && holds.length > 0,
  )
  const [held] = found?.holds ?? []
  if (held !== undefined && !pq) return { recipient: held, line: `using your identity from ${found!.name}` }
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

/** The user's name for the first recipient: people read configs. */
function names({ io }: Session, recipients: readonly string[]): [string, string][] {
  const user = (io.env.get("USER") ?? io.env.get("USERNAME") ?? "").replace(/[^A-Za-z0-9_-]/g, "")
  const first = user === "" ? "me" : user
  return recipients.map((recipient, index) => [index === 0 ? first : `${first}-${index + 1}`, recipient])
}

function configText(people: readonly [string, string][]): string {
  return `# Who can open which file, and what in it is sealed: docs/configuration.md of sotto explains every setting.
version: 1

recipients:
${people.map(([name, recipient]) => `  ${name}: ${recipient}`).join("\n")}

rules:
  # The first rule that matches a file is used.
  - path: "*"
    recipients: [${people.map(([name]) => name).join(", ")}]
`
}

async function ignoresTemp({ io }: Session, folder: string): Promise<boolean> {
  const there = await readOptionalFile(io, join(folder, ".gitignore"), fileLimits)
  return there !== null && Buffer.from(there.bytes).includes(".sotto-")
}
