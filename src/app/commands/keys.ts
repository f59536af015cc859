import { type FormatName } from "../../core/format.ts"
import { type WrappedKey } from "../../core/recipient.ts"
import { ringOf } from "../../keys/identities.ts"
import { keyContext } from "../machine.ts"
import { forEachFile } from "../each-file.ts"
import { loadSealed } from "../open/open-file.ts"
import { type CommonOptions } from "../options.ts"
import { shown } from "../report/shown.ts"
import { type Outcome, type Session } from "../session.ts"
import { recipientName } from "../../keys/kinds.ts"

export interface KeysOptions extends CommonOptions {
  /** None: what this user holds, and where it was looked for. */
  readonly files: readonly string[]
  readonly inputType: FormatName | undefined
  readonly json: boolean
}

/** Who stands in one key group of a file. */
interface Member {
  /** The section of the metadata. */
  readonly type: string
  readonly recipient: string
  /** `null`: the config does not name it. */
  readonly name: string | null
  /** `false`: a later release has added that kind. */
  readonly isKnown: boolean
  /** An identity for it is here; `null` when only a try would tell. */
  readonly isHeld: boolean | null
}

interface FileKeys {
  readonly schema: 1
  readonly file: string
  readonly groups: readonly (readonly Member[])[]
  /** How many groups are needed. */
  readonly needed: number
}

/** `keys`: who can open files, by name; without files the identities of this user and where they were looked for. */
export async function listKeys(session: Session, options: KeysOptions): Promise<Outcome> {
  if (options.files.length === 0) return { output: await ownKeys(session, options.json) }
  const texts = options.files.map(() => "")
  const outcome = await forEachFile(session, "reading", options.files, async (inner, file, index) => {
    const keys = await keysOf(inner, file, options)
    texts[index] = options.json ? `${JSON.stringify(keys)}\n` : drawn(keys)
    return {}
  })
  return { ...outcome, output: texts.filter((text) => text !== "").join(options.json ? "" : "\n") }
}

async function keysOf(session: Session, file: string, options: KeysOptions): Promise<FileKeys> {
  const { document, settings } = await loadSealed(session, { ...options, source: file })
  const { groups, threshold } = document.metadata
  const held = await heldRecipients(session)
  const member = ({ recipient }: WrappedKey): Member => ({
    type: recipient.type === "unknown" ? recipient.section : recipient.type,
    isKnown: recipient.type !== "unknown",
    recipient: recipientName(recipient),
    name: settings.personOf(recipient) ?? null,
    isHeld: recipient.type === "age" ? held.has(recipientName(recipient)) : null,
  })
  const needed = groups.length === 1 ? 1 : threshold === 0 ? groups.length : threshold
  return { schema: 1, file, groups: groups.map((group) => group.map(member)), needed }
}

async function heldRecipients(session: Session): Promise<ReadonlySet<string>> {
  const places = await placesOf(session)
  return new Set(places.flatMap(({ holds }) => holds))
}

async function placesOf(session: Session): ReturnType<ReturnType<typeof ringOf>["places"]> {
  const context = { ...keyContext(session, []), effort: "silent" as const }
  return ringOf(context).places("", context)
}

function drawn({ file, groups, needed }: FileKeys): string {
  const lines = [`${file}: ${need(groups.length, needed)}`]
  for (const [index, members] of groups.entries()) {
    if (groups.length > 1) lines.push(`  group ${index + 1}: any one of`)
    const width = Math.max(...members.map(({ name, type }) => (name ?? type).length))
    for (const { name, type, recipient, isHeld, isKnown } of members) {
      lines.push(
        `  ${groups.length > 1 ? "  " : ""}${(name ?? type).padEnd(width)}  ${recipient}${isHeld === true ? "  (you)" : isKnown ? "" : "  (of a kind that this version does not know)"}`,
      )
    }
  }
  return `${lines.map(shown).join("\n")}\n`
}

function need(groups: number, needed: number): string {
  if (groups === 1) return "any one of these opens it"
  return needed === groups
    ? `a key of each of the ${groups} groups is needed`
    : `keys of ${needed} of the ${groups} groups are needed`
}

async function ownKeys(session: Session, json: boolean): Promise<string> {
  const places = await placesOf(session)
  if (json)
    return `${JSON.stringify({ schema: 1, places: places.map(({ name, state, holds, reasons }) => ({ name, state, holds, reasons })) })}\n`
  const width = Math.max(...places.map(({ name }) => name.length))
  const lines = places.map(({ name, state, holds, reasons }) => {
    const what = holds.length > 0 ? holds.join(", ") : reasons.length > 0 ? reasons.join("; ") : stateWords[state]
    return `${name.padEnd(width)}  ${what}`
  })
  return `${lines.join("\n")}\n`
}

const stateWords = {
  absent: "not there",
  empty: "no identity in it",
  found: "an identity whose recipient is not known",
  failed: "cannot be read",
} as const
