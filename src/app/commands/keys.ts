import { shown } from "../../errors/display.ts"
import { type FormatName } from "../../core/format.ts"
import { type WrappedKey } from "../../core/recipient.ts"
import { ringOf } from "../../keys/identities.ts"
import { keyContext } from "../machine.ts"
import { forEachFile } from "../each-file.ts"
import { type LoadedFile, loadSealed } from "../open/open-file.ts"
import { type CommonOptions } from "../options.ts"
import { recipientsOfPerson } from "../recipients/sopsrc.ts"
import { statOf } from "../../host/files.ts"
import { loadSettings } from "../settings.ts"
import { entryNames } from "../recipients/entry-names.ts"
import { neededOf } from "../recipients/key-plan.ts"
import { type Cell, table, type TableStyle, tableStyle } from "../report/table.ts"
import { type Outcome, type Session } from "../session.ts"
import { recipientName } from "../../keys/kinds.ts"
import { isReadable } from "../../keys/parse-recipient.ts"

interface KeysOptions extends CommonOptions {
  /** None: what this user holds, and where it was looked for. */
  readonly files: readonly string[]
  readonly inputType: FormatName | undefined
  readonly json: boolean
}

/** Who is in one key group of a file. */
interface Member {
  /** The section of the metadata. */
  readonly type: string
  /** `null`: it does not parse, and what is there is not shown. */
  readonly recipient: string | null
  /** `null`: the config does not name it. An entry that does not parse is called by its place. */
  readonly name: string | null
  /** `false`: a later release added that kind. */
  readonly isKnown: boolean
  /** An identity for it is here; `null` if only a try would tell. */
  readonly isHeld: boolean | null
}

interface FileKeys {
  readonly schema: 1
  readonly file: string
  readonly groups: readonly (readonly Member[])[]
  /** How many groups are needed. */
  readonly needed: number
}

/** Which keys a config has for a name. */
interface PersonKeys {
  readonly schema: 1
  readonly name: string
  readonly config: string
  readonly recipients: readonly Pick<Member, "type" | "recipient" | "isHeld">[]
}

/**
 * `keys`: who can open files, by name, or which keys a name of the config has. Without arguments, the identities of
 * this user and where it looked for them.
 */
export async function listKeys(session: Session, options: KeysOptions): Promise<Outcome> {
  if (options.files.length === 0) return { output: await ownKeys(session, options.json) }
  const texts = options.files.map(() => "")
  const outcome = await forEachFile(session, "reading", options.files, async (inner, file, index) => {
    const person = await personKeys(inner, file, options)
    const keys = person ?? (await keysOf(inner, file, options))
    const style = tableStyle(inner.io)
    texts[index] = options.json
      ? `${JSON.stringify(keys)}\n`
      : "file" in keys
        ? drawn(keys, style)
        : drawnPerson(keys, style)
    return {}
  })
  return { ...outcome, output: texts.filter((text) => text !== "").join(options.json ? "" : "\n") }
}

/**
 * A word that is not a file may be a person that the config names.
 *
 * @returns `null` for all others
 */
async function personKeys(session: Session, name: string, options: KeysOptions): Promise<PersonKeys | null> {
  if (statOf(session.io, name) !== null) return null
  const { config } = await loadSettings(session, null, options.config)
  if (config === null || config.people.every(({ person }) => person !== name)) return null
  const held = await heldRecipients(session)
  const recipients = recipientsOfPerson(config, name).map((recipient) => ({
    type: recipient.type,
    recipient: recipientName(recipient),
    isHeld: recipient.type === "age" ? held.has(recipientName(recipient)) : null,
  }))
  return { schema: 1, name, config: config.file, recipients }
}

function drawnPerson({ name, config, recipients }: PersonKeys, style: TableStyle): string {
  const rows = recipients.map(({ type, recipient, isHeld }) =>
    memberCells({ name: null, type, recipient, isHeld, isKnown: true }),
  )
  const count = rows.length === 1 ? "one key" : `${rows.length} keys`
  return `${style.paint("name", shown(name))}: ${count} in ${shown(config)}\n${table(rows, style, { indent: 2 })}`
}

async function keysOf(session: Session, file: string, options: KeysOptions): Promise<FileKeys> {
  return fileKeys(session, file, await loadSealed(session, { ...options, source: file }))
}

/** Who is in the groups of a file, and how many of these are needed. */
export async function fileKeys(
  session: Session,
  file: string,
  { document, settings }: Pick<LoadedFile, "document" | "settings">,
): Promise<FileKeys> {
  const { groups, threshold } = document.metadata
  const held = await heldRecipients(session)
  const nameOf = entryNames(groups, settings.personOf)
  const member = ({ recipient }: WrappedKey): Member => ({
    type: recipient.type === "unknown" ? recipient.section : recipient.type,
    isKnown: recipient.type !== "unknown",
    recipient: isReadable(recipient) ? recipientName(recipient) : null,
    name: nameOf(recipient) ?? null,
    isHeld: recipient.type === "age" ? held.has(recipientName(recipient)) : null,
  })
  return {
    schema: 1,
    file,
    groups: groups.map((group) => group.map(member)),
    needed: neededOf(groups.length, threshold),
  }
}

async function heldRecipients(session: Session): Promise<ReadonlySet<string>> {
  const places = await placesOf(session)
  return new Set(places.flatMap(({ holds }) => holds))
}

async function placesOf(session: Session): ReturnType<ReturnType<typeof ringOf>["places"]> {
  const context = { ...keyContext(session, []), effort: "silent" as const }
  return ringOf(context).places("", context)
}

function drawn({ file, groups, needed }: FileKeys, style: TableStyle): string {
  const parts = [`${style.paint("name", shown(file))}: ${need(groups.length, needed)}\n`]
  for (const [index, members] of groups.entries()) {
    if (groups.length > 1) parts.push(`  group ${index + 1}: any one of\n`)
    parts.push(table(members.map(memberCells), style, { indent: groups.length > 1 ? 4 : 2 }))
  }
  return parts.join("")
}

/** The columns for a member of a group: the name or the kind, the recipient, and notes. */
export function memberCells({ name, type, recipient, isHeld, isKnown }: Member): Cell[] {
  if (recipient === null) return [[name ?? type, "error"]]
  const mark: Cell =
    isHeld === true ? ["(you)", "good"] : isKnown ? "" : ["(of a kind that this version does not know)", "warning"]
  return [[name ?? type, "name"], recipient, mark]
}

function need(groups: number, needed: number): string {
  if (groups === 1) return "any one of these opens it"
  return needed === groups
    ? `a key of each of the ${groups} groups is needed`
    : `keys of ${needed} of the ${groups} groups are needed`
}

async function ownKeys(session: Session, json: boolean): Promise<string> {
  const { io } = session
  const places = await placesOf(session)
  if (json)
    return `${JSON.stringify({ schema: 1, places: places.map(({ name, state, holds, reasons }) => ({ name, state, holds, reasons })) })}\n`
  const rows = places.map(({ name, state, holds, reasons }): Cell[] => {
    if (holds.length > 0) return [name, [holds.join(", "), "good"]]
    return [name, reasons.length > 0 ? [reasons.join("; "), "error"] : [stateWords[state], "dim"]]
  })
  return table(rows, tableStyle(io))
}

const stateWords = {
  absent: "not there",
  empty: "no identity in it",
  found: "an identity whose recipient is not known",
  failed: "cannot be read",
} as const
