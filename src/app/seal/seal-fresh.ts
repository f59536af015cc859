import { recipientKey } from "../../config/recipients.ts"
import { Cipher } from "../../core/gcm.ts"
import { writeGroups } from "../../core/metadata-keys.ts"
import { type Sealed } from "../../core/seal.ts"
import { SecretBytes } from "../../core/secret.ts"
import { usableThreshold, wrapDataKey } from "../../keys/wrap.ts"
import { addedRecipients } from "../recipients/added-recipients.ts"
import { type Wanted } from "../recipients/key-plan.ts"
import { servicesOf } from "../recipients/key-services.ts"
import { keyContext } from "../machine.ts"
import { type OpenedFile } from "../open/open-file.ts"
import { type ClearOptions } from "../options.ts"
import { sealOver } from "./seal-over.ts"
import { type Session } from "../session.ts"

/**
 * Seals an opened file under a new data key for the given recipients. Its layout, its selectors and the order of its
 * metadata stay; so does the date of a recipient's entry, as upstream has it.
 */
export async function sealFresh(
  session: Session,
  file: OpenedFile,
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
