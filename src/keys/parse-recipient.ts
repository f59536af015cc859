import { makeRecipient, type KnownRecipient, type Recipient, type RecipientType } from "../core/recipient.ts"
import { AppError } from "../errors/app-error.ts"
import { hasControl, type KmsExtras } from "./kind.ts"
import { kindOf, recipientName } from "./kinds.ts"

/**
 * Reads recipients of one type as flags, variables and configs have them: a list with commas.
 *
 * @returns none for an empty text
 * @throws {AppError} `RECIPIENT_INVALID`; it never shows a text that could be an identity
 * @see sops v3.13.2, the `MasterKeysFrom...` functions of its key sources
 */
export function parseRecipients(type: RecipientType, text: string, extras: KmsExtras = {}): Recipient[] {
  if (text.trim() === "") return []
  return text.split(",").map((part) => parseRecipient(type, part, extras))
}

/** Reads one recipient. @throws {AppError} `RECIPIENT_INVALID` */
export function parseRecipient(type: RecipientType, text: string, extras: KmsExtras = {}): Recipient {
  const trimmed = text.trim()
  if (trimmed === "") throw new AppError("RECIPIENT_INVALID", { provider: type }, { subject: "it is empty" })
  refuseSecretKey(trimmed, type)
  const kind = kindOf(type)
  const fields = kind?.parse(trimmed, extras) ?? null
  if (fields === null) {
    throw new AppError("RECIPIENT_INVALID", { provider: type, recipient: shown(trimmed) }, { subject: kind?.form })
  }
  const recipient = makeRecipient(type, fields)
  checkRecipient(recipient)
  return recipient
}

/**
 * Somebody has pasted the wrong half of a key, which is in the history of their shell now.
 *
 * @throws {AppError} `RECIPIENT_INVALID`, without a letter of it
 */
export function refuseSecretKey(text: string, provider?: RecipientType): void {
  const [, what] = /(AGE-SECRET-KEY|AGE-PLUGIN|PRIVATE KEY)/i.exec(text) ?? []
  if (what === undefined) return
  const name = what.toUpperCase() === "PRIVATE KEY" ? "this" : `${what.toUpperCase()}-...`
  throw new AppError(
    "RECIPIENT_INVALID",
    { provider },
    {
      subject: `${name} is a secret key`,
      hint: "it may be in your shell history now, and anybody who saw it can open your files: replace it with `sotto keygen`, and give the public key (age1...) here",
    },
  )
}

const recipientLengthMax = 8192

/**
 * Holds a recipient against the grammar of its kind, wherever it came from: a file, a config, a flag. It is called
 * before a provider sees the recipient.
 *
 * @throws {AppError} `RECIPIENT_INVALID`; `KIND_UNKNOWN`
 */
export function checkRecipient(recipient: Recipient): void {
  if (recipient.type === "unknown") throw unknownKinds([recipient])
  const reason = faultOf(recipient)
  if (reason === null) return
  const place = { provider: recipient.type, recipient: shown(recipientName(recipient)) }
  throw new AppError("RECIPIENT_INVALID", place, { subject: reason })
}

function faultOf(recipient: KnownRecipient): string | null {
  const name = recipientName(recipient)
  if (name.length > recipientLengthMax) return "it is too long"
  return hasControl(name) ? "it holds a control character" : kindOf(recipient.type)!.against(recipient)
}

/** Whether a recipient that is in a file is one; what a later release has added may be. */
export function isReadable(recipient: Recipient): boolean {
  return recipient.type === "unknown" || faultOf(recipient) === null
}

/** Nothing can be wrapped for a kind that only a later release knows. */
export function unknownKinds(recipients: readonly Recipient[]): AppError {
  const [name, ...others] = recipients.map((recipient) => recipientName(recipient).slice(0, shownMax))
  return new AppError("KIND_UNKNOWN", { recipient: name }, { notes: others.map((other) => `also ${other}`) })
}

const shownMax = 100

/** An identity that is in the wrong place is a secret: only what begins like a recipient is ever shown. */
function shown(text: string): string | undefined {
  return /^(age1|ssh-(ed25519|rsa) |arn:|projects\/|https?:\/\/|[0-9A-Fa-f]{8})/.test(text)
    ? text.slice(0, shownMax)
    : undefined
}
