import { join, relative } from "node:path"
import { fileLimits } from "../machine.ts"
import { withFile } from "../open/open-file.ts"
import { type CommonOptions } from "../options.ts"
import { byHand, rulesWith, openSopsrc } from "../recipients/sopsrc.ts"
import { heldPlaces, ownName, ownRecipient } from "../recipients/own-recipient.ts"
import { type Outcome, type Session } from "../session.ts"
import { loadSettings } from "../settings.ts"
import { newSopsrc } from "../../config/edit-sopsrc.ts"
import { configFileNames } from "../../config/find.ts"
import { withPending } from "../../config/pending.ts"
import { parseSpec } from "../../config/recipients.ts"
import { fingerprintOf } from "../../core/fingerprint.ts"
import { AppError } from "../../errors/app-error.ts"
import { shellWord } from "../../errors/display.ts"
import { factsOf, readOptionalFile } from "../../host/files.ts"
import { gitTop } from "../../host/surroundings.ts"
import { writeAtomic } from "../../host/write-atomic.ts"
import { recipientKey } from "../../keys/kinds.ts"
import { parseRecipient, parseRecipients } from "../../keys/parse-recipient.ts"

interface InitOptions extends CommonOptions {
  /** Recipients to use instead of the user's own. */
  readonly age: readonly string[]
  readonly pq: boolean
  readonly json: boolean
  /** `undefined`: git's name for the user. */
  readonly name: string | undefined
}

/** `init`: an identity if there is none, and a config for this repository. It overwrites nothing. */
export async function initProject(session: Session, options: InitOptions): Promise<Outcome> {
  const { age, pq } = options
  const { io } = session
  const folder = gitTop(io, io.cwd) ?? io.cwd
  for (const name of configFileNames) {
    const file = join(folder, name)
    if (factsOf(io, file) !== null) return secondPerson(session, options)
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
  const people = names(await ownName(session, options.name), recipients, own)
  await writeAtomic(io, config, Buffer.from(newSopsrc(people)), { mode: "kept", opened: null })
  lines.push(`wrote ${config}`)
  if (!(await ignoresTemp(session, folder))) lines.push(...gitignoreAdvice)
  lines.push(`next: sotto encrypt -i secrets.yaml && git add ${relative(io.cwd, config)} secrets.yaml`)
  const added = people.map(([name, recipient]) => ({ name, recipient }))
  return setupReport(options, { config, isNew: true, recipients: added }, lines)
}

/** In a repository that others have set up: an identity, and who has to do what. */
async function secondPerson(session: Session, { pq, name: said, ...options }: InitOptions): Promise<Outcome> {
  const { config } = await loadSettings(session, null, options.config)
  const { file = "the config", people = [] } = config ?? {}
  const [held] = await heldPlaces(session)
  const { recipient, line } = await ownRecipient(session, held, pq)
  const key = recipientKey(parseRecipient("age", recipient))
  const mine = people.find((spec) => parseSpec(spec, parseRecipients).some((each) => recipientKey(each) === key))
  const isIn = mine !== undefined || (config !== null && (await rulesWith(session, config, [key])).length > 0)
  if (isIn) {
    const subject = mine === undefined ? "your key is in its rules" : `you are in it as ${mine.person}`
    throw new AppError("FILE_EXISTS", { file }, { subject, hint: "go on with your work" })
  }
  const name = await ownName(session, said)
  const members = [...new Set(people.flatMap(({ person }) => person ?? []))]
  const shown = members.length > membersMax ? [...members.slice(0, membersMax), "others"] : members
  const found = { config: file, isNew: false, recipients: [{ name, recipient }] }
  const lines = [line, `your recipient: ${recipient}`]
  if (config?.kind !== "sopsrc") {
    lines.push(`send it to somebody who can read: ${await byHand(session, config, recipient)}`)
    return setupReport(options, found, lines)
  }
  // A taken name is somebody else's, or this person's with another key.
  const called = members.includes(name) ? "NAME" : shellWord(name)
  lines.push(
    `send it to ${shown.length === 0 ? "somebody who can read" : shown.join(" or ")}, who runs: sotto grant ${called} ${recipient}`,
    `or ask in the config itself, with a commit: sotto join ${called}`,
  )
  return setupReport(options, found, lines)
}

const membersMax = 5

const gitignoreAdvice = [
  "advice: add these lines to .gitignore, so that nothing unsealed is committed by mistake:",
  "  .sotto-*.tmp",
  "  *.dec.*",
]

/** The user's name for the user's own keys: people read configs. Others get their names from people who know them. */
function names(mine: string, recipients: readonly string[], own: ReadonlySet<string>): [string, string][] {
  const counts = new Map<string, number>()
  return recipients.map((recipient) => {
    const name = own.has(recipient) ? mine : mine === "recipient" ? "other" : "recipient"
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    return [count === 1 ? name : `${name}-${count}`, recipient]
  })
}

async function ignoresTemp({ io }: Session, folder: string): Promise<boolean> {
  const there = await readOptionalFile(io, join(folder, ".gitignore"), fileLimits)
  return there !== null && Buffer.from(there.bytes).includes(".sotto-")
}

/** What `init` and `join` made or found. */
interface Setup {
  readonly config: string
  /** The config was made by this call. */
  readonly isNew: boolean
  readonly recipients: readonly { readonly name: string; readonly recipient: string }[]
  /** Of a request, to be told to whoever approves it. */
  readonly fingerprint?: string
}

/** @param lines - the same for people, with what to do next */
function setupReport(
  { json }: { readonly json: boolean },
  { config, isNew, recipients, fingerprint }: Setup,
  lines: readonly string[],
): Outcome {
  const fields = { schema: 1, config, created: isNew, recipients, fingerprint, said: lines }
  return { output: json ? `${JSON.stringify(fields)}\n` : `${lines.join("\n")}\n`, isReport: !json }
}

interface JoinOptions extends CommonOptions {
  /** `undefined`: git's name for the user. */
  readonly name: string | undefined
  readonly pq: boolean
  readonly json: boolean
}

/**
 * `join`: writes a request into `.sopsrc`, which a commit carries to those who may approve it. It gives nobody a key.
 *
 * @throws {AppError} `NAME_IN_USE` when the name or the key is in the config already
 */
export async function joinProject(session: Session, { name: said, pq, ...options }: JoinOptions): Promise<Outcome> {
  const { io } = session
  const sopsrc = await openSopsrc(session, options, null)
  const { config } = sopsrc
  const name = await ownName(session, said)
  const [held] = await heldPlaces(session)
  const isTaken = config.people.some(({ person }) => person === name)
  // No identity is made for a request that is refused.
  if (isTaken && held === undefined) throw taken(name, config.file)
  const { recipient, line } = await ownRecipient(session, held, pq)
  const key = recipientKey(parseRecipient("age", recipient))
  const mine = config.people.find((spec) => parseSpec(spec, parseRecipients).some((each) => recipientKey(each) === key))
  if (mine !== undefined)
    throw new AppError(
      "NAME_IN_USE",
      { file: config.file },
      { subject: `your key is there already, as ${mine.person}` },
    )
  if (isTaken) throw taken(name, config.file)
  const text = await withFile(config.file, async () => withPending(sopsrc.text, { name, recipient }))
  await sopsrc.readAs(text)
  await sopsrc.write(text)
  const place = relative(io.cwd, config.file)
  const fingerprint = fingerprintOf(recipient)
  const lines = [
    line,
    `${name} asks to join in ${place}; nobody has let them in yet`,
    `fingerprint: ${fingerprint}  (tell it to the one who approves, by phone or in person)`,
    `next: git add ${place} && git commit -m "${name} asks to join" && git push`,
    `then somebody who can read runs: sotto approve ${shellWord(name)}`,
  ]
  const asked = { config: config.file, isNew: false, recipients: [{ name, recipient }], fingerprint }
  return setupReport(options, asked, lines)
}

function taken(name: string, file: string): AppError {
  const out = `sotto revoke ${shellWord(name)}`
  const hint = `choose another name; if it is yours and its key is lost, somebody who can read takes it out afterwards: ${out}`
  return new AppError("NAME_IN_USE", { file }, { subject: `${name} is there already`, hint })
}
