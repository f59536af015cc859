import { keyIn, type KindsInConfig, type Recipient, type RecipientType } from "../core/recipient.ts"
import { AppError } from "../errors/app-error.ts"
import { type At } from "./yaml-values.ts"

/**
 * Reads the text form of recipients of one kind: a comma list, as in `--age` or a flat key of `.sops.yaml`.
 * The grammar belongs to the keys; `app` passes it in.
 *
 * @throws {AppError} when the text is not a recipient of that kind
 */
export type ParseRecipient = (type: RecipientType, text: string) => readonly Recipient[]

/** A recipient as a config writes it: a text that still has to be parsed, or fields. */
export type RecipientSpec = SpecPlace & (TextSpec | FieldsSpec)

interface SpecPlace {
  readonly at: At
  /** What people call it: its name in `.sopsrc`, its anchor in `.sops.yaml`. */
  readonly person: string | null
}

interface TextSpec {
  readonly type: RecipientType
  readonly text: string
  /** Of AWS KMS keys only. */
  readonly awsProfile: string
}

interface FieldsSpec {
  readonly recipient: Recipient
}

/** @throws {AppError} of the parser, with the place in the config */
export function parseSpec(spec: RecipientSpec, parse: ParseRecipient): readonly Recipient[] {
  if ("recipient" in spec) return [spec.recipient]
  try {
    return parse(spec.type, spec.text).map((recipient) =>
      recipient.type === "kms" && spec.awsProfile !== "" ? { ...recipient, awsProfile: spec.awsProfile } : recipient,
    )
  } catch (error) {
    throw error instanceof AppError ? error.at({ ...spec.at }) : error
  }
}

export function withoutDuplicates(recipients: readonly Recipient[], kinds: KindsInConfig): Recipient[] {
  const byKey = new Map<string, Recipient>()
  for (const recipient of recipients) {
    const key = keyIn(kinds, recipient)
    if (!byKey.has(key)) byKey.set(key, recipient)
  }
  return [...byKey.values()]
}

/** The kind of a recipient that is written without it, by its look; `null` when it looks like none. */
export function recipientTypeOf(text: string, kinds: KindsInConfig): RecipientType | null {
  return kinds.find(({ config }) => config.looksLike(text))?.type ?? null
}

/** The private side of a key stands where only public ones may: it has to be said, and never shown. */
export function isPrivateKey(text: string): boolean {
  const start = text.trimStart().slice(0, 40).toUpperCase()
  return start.startsWith("AGE-SECRET-KEY-") || start.startsWith("AGE-PLUGIN-") || start.startsWith("-----BEGIN")
}
