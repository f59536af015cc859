import { type Recipient, type WrappedKey } from "../../core/recipient.ts"
import { AppError } from "../../errors/app-error.ts"
import { type NameOf } from "../../keys/data-key-error.ts"
import { recipientName } from "../../keys/kinds.ts"
import { isReadable } from "../../keys/parse-recipient.ts"

type Groups = readonly (readonly WrappedKey[])[]

/**
 * Entries of a file whose recipient does not parse, with a name from their place in the metadata. The text
 * itself is not shown, since anything may be there, the secret half of a key too.
 */
export function unreadableIn(groups: Groups): ReadonlyMap<Recipient, string> {
  const names = new Map<Recipient, string>()
  for (const [at, group] of groups.entries()) {
    const counts = new Map<string, number>()
    for (const { recipient } of group) {
      const number = (counts.get(recipient.type) ?? 0) + 1
      counts.set(recipient.type, number)
      if (isReadable(recipient)) continue
      const where = groups.length === 1 ? "" : `, group ${at + 1}`
      names.set(recipient, `unreadable entry ${number} (${recipient.type}${where})`)
    }
  }
  return names
}

/**
 * Nothing can be wrapped for an entry that does not parse, and its reader would be left with the old key.
 *
 * @param wanted - the recipients of the data key
 * @throws {AppError} `RECIPIENT_INVALID`
 */
export function refuseUnreadable(groups: Groups, wanted: readonly (readonly Recipient[])[], hint: string): void {
  const unreadable = unreadableIn(groups)
  const [first, ...others] = wanted.flat().flatMap((recipient) => unreadable.get(recipient) ?? [])
  if (first === undefined) return
  throw new AppError("RECIPIENT_INVALID", {}, { subject: first, notes: others.map((other) => `also ${other}`), hint })
}

/** What to print for a recipient of one of several versions of a file; an entry that does not parse shows no text. */
export function namesInVersions(versions: readonly Groups[]): (recipient: Recipient) => string {
  let unreadable: ReadonlyMap<Recipient, string> | null = null
  return (recipient) => {
    if (isReadable(recipient)) return recipientName(recipient)
    unreadable ??= new Map(versions.flatMap((groups) => [...unreadableIn(groups)]))
    return unreadable.get(recipient) ?? `unreadable entry (${recipient.type})`
  }
}

/** What people call the entries of a file: by the config's names; those that do not parse, by their place. */
export function entryNames(groups: Groups, personOf: NameOf): NameOf {
  let unreadable: ReadonlyMap<Recipient, string> | null = null
  return (recipient) => (unreadable ??= unreadableIn(groups)).get(recipient) ?? personOf(recipient)
}

/** As `entryNames`; an entry without a name is called by its recipient. */
export function entryCalled(groups: Groups, personOf: NameOf): (recipient: Recipient) => string {
  const nameOf = entryNames(groups, personOf)
  return (recipient) => nameOf(recipient) ?? recipientName(recipient)
}
