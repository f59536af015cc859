import { AppError } from "../../errors/app-error.ts"
import { fileKeys, memberCells } from "./keys.ts"
import { checkKnown } from "../recipients/known-recipients.ts"
import { type Wanted } from "../recipients/key-plan.ts"
import { refuseUnreadable } from "../recipients/entry-names.ts"
import { loadSealed, type LoadedFile, withFile } from "../open/open-file.ts"
import { type CommonOptions, type KnownRecipientOptions, type RecipientOptions } from "../options.ts"
import { entryCalled } from "../recipients/entry-names.ts"
import { someOf } from "../report/closing.ts"
import { putResult } from "../report/put-result.ts"
import { type Cell, table, tableStyle } from "../report/table.ts"
import { recipientsOf } from "../recipients/recipients.ts"
import { rewrap, unwrapOnce } from "../recipients/rewrap.ts"
import { type Outcome, type Session } from "../session.ts"
import { type Recipient } from "../../core/recipient.ts"

interface GroupOptions extends CommonOptions, KnownRecipientOptions {
  readonly file: string
  readonly inPlace: boolean
  readonly followLinks: boolean
}

interface GroupAddOptions extends GroupOptions, RecipientOptions {}

interface GroupDeleteOptions extends GroupOptions {
  /** From 0. */
  readonly index: number
  readonly shamirSecretSharingThreshold: number | undefined
}

/**
 * `groups add`: one more key group. Upstream goes on if wrapping fails, and then perhaps nobody can open the file;
 * here nothing is written.
 *
 * @throws {AppError} `KEY_GROUPS_INVALID`, `WRAP_FAILED`, `UNKNOWN_RECIPIENT`
 */
export async function addGroup(session: Session, options: GroupAddOptions): Promise<Outcome> {
  const added = recipientsOf(session, options)
  if (added === null) throw new AppError("NO_RECIPIENT", {}, { hint: "name the recipients of the new group" })
  return change(session, options, added, (loaded) => {
    const { groups, threshold } = recipientsIn(loaded)
    const wanted = { groups: [...groups, added], threshold: options.shamirSecretSharingThreshold ?? threshold }
    if (wanted.threshold === 0 && session.dialect.warns) {
      session.notice(`a key of each of the ${wanted.groups.length} groups will be needed to open the file`)
    }
    return wanted
  })
}

/**
 * `groups delete`: one key group less.
 *
 * @throws {AppError} `GROUP_INVALID` for a group that is not there, and if fewer groups than needed would be left
 */
export async function deleteGroup(session: Session, options: GroupDeleteOptions): Promise<Outcome> {
  return change(session, options, [], (loaded) => {
    const { groups, threshold } = recipientsIn(loaded)
    const { index } = options
    if (index >= groups.length) {
      const subject = `${index}, with ${groups.length === 1 ? "one group" : `groups 0 to ${groups.length - 1}`} in the file`
      throw new AppError("GROUP_INVALID", {}, { subject })
    }
    const left = groups.filter((_, each) => each !== index)
    const needed = options.shamirSecretSharingThreshold ?? threshold
    if (left.length < Math.max(needed, 1)) {
      const subject = `${needed} groups are needed to open the file, and ${left.length} would be left`
      throw new AppError("GROUP_INVALID", {}, { subject, hint: "say how many are needed from now on" })
    }
    return { groups: left, threshold: left.length === 1 ? 0 : needed }
  })
}

/** `groups list`: the groups by the numbers that `delete` takes, and who is in them. Needs no key. */
export async function listGroups(
  session: Session,
  { file, config, json }: CommonOptions & { readonly file: string; readonly json: boolean },
): Promise<Outcome> {
  const found = await fileKeys(session, file, await loadSealed(session, { source: file, inputType: undefined, config }))
  if (json) return { output: `${JSON.stringify(found)}\n` }
  const rows = found.groups.flatMap((members, index) =>
    members.map((member, at): Cell[] => [at === 0 ? String(index) : "", ...memberCells(member)]),
  )
  const needed = `${found.needed} of ${found.groups.length}`
  const output = table(rows, tableStyle(session.io), { head: ["group", "who", "recipient"] })
  return { output: `${output}${found.groups.length === 1 ? "" : `${needed} groups are needed to open the file\n`}` }
}

async function change(
  session: Session,
  options: GroupAddOptions | GroupDeleteOptions,
  named: readonly Recipient[],
  wantedOf: (loaded: LoadedFile) => Wanted,
): Promise<Outcome> {
  const { file, keepRecipient } = options
  return withFile(file, async () => {
    const loaded = await loadSealed(session, { source: file, inputType: undefined, config: options.config })
    const wanted = wantedOf(loaded)
    refuseUnreadable(loaded.document.metadata.groups, wanted.groups, "`sotto sync {file}` leaves it out")
    const unwrap = async (): Promise<void> => (await unwrapOnce(session, loaded)).wipe()
    await checkKnown(session, loaded, wanted.groups, { named, keepRecipient, unwrap })
    const text = await rewrap(session, loaded, wanted)
    const target = { ...options, output: undefined }
    const outcome = await putResult(session, target, { content: text, file, original: loaded.original, mode: "kept" })
    if (outcome.output === undefined) closeWrapped(session, loaded, wanted)
    return outcome
  })
}

function closeWrapped(
  { close }: Session,
  { file, document, settings }: LoadedFile,
  { groups, threshold }: Wanted,
): void {
  const called = entryCalled(document.metadata.groups, settings.personOf)
  const needed = threshold === 0 ? groups.length : threshold
  const about = groups.length === 1 ? "" : `: a key of ${needed} of the ${groups.length} groups opens it`
  close?.({ what: "sealed", file: file ?? "", for: ` for ${someOf(groups.flat().map(called))}`, about, clearCount: 0 })
}

function recipientsIn({ document }: LoadedFile): Wanted {
  const { groups, threshold } = document.metadata
  return { groups: groups.map((group) => group.map(({ recipient }) => recipient)), threshold }
}
