import { recipientKey } from "../config/recipients.ts"
import { type Opened } from "../core/document.ts"
import { Cipher } from "../core/gcm.ts"
import { writeGroups } from "../core/metadata-keys.ts"
import { type Recipient, recipientName, type WrappedKey } from "../core/recipient.ts"
import { type Sealed } from "../core/seal.ts"
import { SecretBytes } from "../core/secret.ts"
import { utf8 } from "../core/text.ts"
import { usableThreshold, wrapDataKey } from "../keys/wrap.ts"
import { addedRecipients } from "./added-recipients.ts"
import { type Wanted } from "./key-plan.ts"
import { servicesOf } from "./key-services.ts"
import { checkKnown } from "./known-recipients.ts"
import { keyContext } from "./machine.ts"
import { openFile, type OpenedFile, withFile } from "./open-file.ts"
import { type ClearOptions, type RecipientOptions, type RotateOptions, type Source } from "./options.ts"
import { forEachFile, putResult } from "./put-result.ts"
import { recipientsOf } from "./recipients.ts"
import { sealOver } from "./seal-over.ts"
import { findSealed } from "./sealed-files.ts"
import { type Outcome, type Session } from "./session.ts"

/**
 * `rotate`: a new data key, and every value sealed anew under it. Recipients can come and go at the same time.
 *
 * @throws {AppError} `UNKNOWN_RECIPIENT` (security rule S3), `SELECTOR_DRIFT` (S1) before anything is wrapped
 */
export async function rotateFiles(session: Session, options: RotateOptions): Promise<Outcome> {
  const add = named(options.add)
  const remove = new Set(named(options.remove).map(recipientName))
  const files = options.inPlace ? await insideFolders(session, options.files) : options.files
  return forEachFile(files, (source) =>
    withFile(source, async () => {
      const file = await openFile(session, { ...options, source, isRotation: true })
      try {
        const { groups, threshold } = file.document.metadata
        const wanted = { groups: changed(groups, add, remove), threshold }
        if (!session.asSops) noticeAbsent(session, file, remove)
        await checkKnown(session, file, wanted.groups, { named: add, keepRecipient: options.keepRecipient })
        const { text } = await sealFresh(session, file, wanted, options)
        return await putResult(session, options, {
          bytes: utf8.encode(text),
          file: source,
          original: file.facts === null ? null : file.original,
          mode: "kept",
        })
      } finally {
        file.dataKey.wipe()
      }
    }),
  )
}

function named(options: RecipientOptions): Recipient[] {
  return recipientsOf(options) ?? []
}

async function insideFolders(session: Session, files: readonly Source[]): Promise<Source[]> {
  const paths = files.filter((file) => file !== null)
  return (await findSealed(session, paths)).map(({ file }) => file)
}

/** New ones join the first group, as upstream has it; whoever leaves leaves all groups. */
function changed(
  groups: readonly (readonly WrappedKey[])[],
  add: readonly Recipient[],
  remove: ReadonlySet<string>,
): Recipient[][] {
  return groups.map((group, index) => {
    const before = group.map(({ recipient }) => recipient)
    const known = new Set(before.map(recipientKey))
    const added = index === 0 ? add.filter((recipient) => !known.has(recipientKey(recipient))) : []
    return [...before, ...added].filter((recipient) => !remove.has(recipientName(recipient)))
  })
}

/** Upstream says nothing, and a typing error leaves somebody in. */
function noticeAbsent(session: Session, { file, document }: OpenedFile, remove: ReadonlySet<string>): void {
  const there = new Set(document.metadata.groups.flat().map(({ recipient }) => recipientName(recipient)))
  for (const name of remove) {
    if (!there.has(name)) session.notice(`${file ?? "standard input"} was never for ${name}`)
  }
}

/**
 * Seals an opened file under a new data key for the given recipients. Its layout, its selectors and the order of its
 * metadata stay; so does the date of a recipient's entry, as upstream has it.
 */
export async function sealFresh(
  session: Session,
  file: OpenedFile<Opened>,
  { groups, threshold }: Wanted,
  options: ClearOptions,
): Promise<Sealed> {
  const usable = usableThreshold(groups, threshold)
  const dataKey = new SecretBytes(Uint8Array.from(session.io.randomBytes(32)))
  try {
    const wrapped = await wrapDataKey(dataKey, groups, usable, {
      context: keyContext(session, [file.file], () => [
        ...file.settings.named(),
        ...addedRecipients(file.document.metadata.groups, groups),
      ]),
      services: servicesOf(session),
      now: session.io.now(),
    })
    const dates = new Map(file.document.metadata.groups.flat().map((entry) => [recipientKey(entry.recipient), entry]))
    const dated = wrapped.map((group) =>
      group.map((entry) => ({
        ...entry,
        createdAt: dates.get(recipientKey(entry.recipient))?.createdAt ?? entry.createdAt,
      })),
    )
    const keys = writeGroups(dated, groups.length === 1 ? 0 : usable)
    return await sealOver(session, file, file.opened.bytes, options, { cipher: new Cipher(dataKey), keys })
  } finally {
    dataKey.wipe()
  }
}
