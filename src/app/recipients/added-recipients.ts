import { recipientKey } from "../../config/recipients.ts"
import { type Recipient, type WrappedKey } from "../../core/recipient.ts"

/** Who is wanted and was not there before: named by the user, not by the file. */
export function addedRecipients(
  before: readonly (readonly WrappedKey[])[],
  wanted: readonly (readonly Recipient[])[],
): Recipient[] {
  const there = new Set(before.flat().map(({ recipient }) => recipientKey(recipient)))
  return wanted.flat().filter((recipient) => !there.has(recipientKey(recipient)))
}
