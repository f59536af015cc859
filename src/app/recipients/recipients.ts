import { type Recipient } from "../../core/recipient.ts"
import { runSlot } from "../../core/run-memory.ts"
import { AppError } from "../../errors/app-error.ts"
import { kindsInOptions, type KindOptionName } from "../../keys/kinds.ts"
import { parseRecipients } from "../../keys/parse-recipient.ts"
import { noteNamed } from "../named-by-user.ts"
import { type RecipientOptions } from "../options.ts"
import { type Session } from "../session.ts"

const knownRecipients = runSlot<WeakMap<RecipientOptions, readonly Recipient[] | null>>()

/**
 * The recipients that options or their variables name: one group. The same options are read once, for many files.
 *
 * @returns `null` when none is named
 * @throws {AppError} `RECIPIENT_INVALID`; `CONTEXT_INVALID` with status 6
 */
export function recipientsOf(session: Session, options: RecipientOptions): readonly Recipient[] | null {
  const read = knownRecipients.of(session.memory, () => new WeakMap())
  const known = read.get(options)
  if (known !== undefined) return known
  const recipients = readRecipients(session, options)
  read.set(options, recipients)
  return recipients
}

function readRecipients(session: Session, options: RecipientOptions): Recipient[] | null {
  const context = contextOf(options.encryptionContext)
  // In the order of a group that upstream builds from options.
  const recipients = kindsInOptions.flatMap(({ type, option }) =>
    textsOf(options, option.name).flatMap((text) => parseRecipients(type, text)),
  )
  if (recipients.length === 0) return null
  noteNamed(session, () => recipients)
  return recipients.map((recipient) =>
    recipient.type === "kms" ? { ...recipient, context, awsProfile: options.awsProfile ?? "" } : recipient,
  )
}

/** Whether options name anybody at all; nothing is judged yet. */
export function namesRecipients(options: RecipientOptions): boolean {
  return kindsInOptions.some(({ option }) => textsOf(options, option.name).some((text) => text.trim() !== ""))
}

function textsOf(options: RecipientOptions, name: string): readonly string[] {
  return options[name as KindOptionName]
}

/**
 * Recipients of a rule with the context of an option. Upstream's old form applies it to keys of the rule too; its
 * subcommands forget it. A key that has a context of its own keeps that.
 */
export function withContext(groups: readonly (readonly Recipient[])[], pairs: readonly string[]): Recipient[][] {
  const context = contextOf(pairs)
  return groups.map((group) =>
    group.map((recipient) =>
      recipient.type === "kms" && recipient.context.size === 0 ? { ...recipient, context } : recipient,
    ),
  )
}

/** `key:value` pairs; each has exactly one colon. */
function contextOf(pairs: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    pairs.map((pair) => {
      const [key, value, more] = pair.split(":")
      if (key === undefined || value === undefined || more !== undefined) throw new AppError("CONTEXT_INVALID")
      return [key, value]
    }),
  )
}
