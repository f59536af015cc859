import { type Recipient, type RecipientType } from "../core/recipient.ts"
import { AppError } from "../errors/app-error.ts"
import { checkRecipient, shown } from "./check-recipient.ts"

/** What the text of an AWS KMS key does not hold. */
export interface KmsExtras {
  readonly context?: ReadonlyMap<string, string>
  readonly awsProfile?: string
}

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
  if (/AGE-(SECRET-KEY|PLUGIN)-|PRIVATE KEY/i.test(trimmed)) {
    const hint = "name the recipient that belongs to the identity; who has seen this text can open your files"
    throw new AppError("RECIPIENT_INVALID", { provider: type }, { subject: "this is an identity: it is secret", hint })
  }
  const recipient = build(type, trimmed, extras)
  if (recipient === null) {
    throw new AppError("RECIPIENT_INVALID", { provider: type, recipient: shown(trimmed) }, { subject: forms[type] })
  }
  checkRecipient(recipient)
  return recipient
}

const forms: Readonly<Record<RecipientType, string>> = {
  age: "age1..., ssh-ed25519 or ssh-rsa is expected",
  pgp: "a PGP fingerprint is expected",
  kms: "an AWS key is arn:aws:kms:REGION:ACCOUNT:key/ID or alias/NAME",
  gcp_kms: "a GCP key is projects/P/locations/L/keyRings/R/cryptoKeys/K",
  azure_kv: "an Azure key is https://VAULT/keys/NAME/VERSION",
  hc_vault: "a Vault key is https://HOST/v1/ENGINE/keys/NAME",
  hckms: "a HuaweiCloud key is REGION:UUID",
}

function build(type: RecipientType, text: string, extras: KmsExtras): Recipient | null {
  switch (type) {
    case "age":
      return { type, recipient: text }
    case "pgp":
      return { type, fp: text.replaceAll(" ", "") }
    case "kms":
      return buildKms(text.replaceAll(" ", ""), extras)
    case "gcp_kms":
      return { type, resourceId: text.replaceAll(" ", "") }
    case "azure_kv":
      return buildAzure(text)
    case "hc_vault":
      return buildVault(text)
    case "hckms":
      return { type, keyId: text }
  }
}

/** The role follows a plus sign, as in `arn:aws:kms:...+arn:aws:iam::...`. */
function buildKms(text: string, { context = new Map(), awsProfile = "" }: KmsExtras): Recipient {
  const plus = text.indexOf("+arn:")
  const isJoined = plus > 0
  const arn = isJoined ? text.slice(0, plus) : text
  return { type: "kms", arn, role: isJoined ? text.slice(plus + 1) : "", context, awsProfile }
}

/** Without a version the newest one is asked for when the data key is wrapped. */
function buildAzure(text: string): Recipient | null {
  const [, vaultUrl, name, version = ""] = /^(https:\/\/[^/]+)\/keys\/([^/]+)(?:\/([^/]*))?$/.exec(text) ?? []
  return vaultUrl === undefined || name === undefined ? null : { type: "azure_kv", vaultUrl, name, version }
}

function buildVault(text: string): Recipient | null {
  const [, vaultAddress, path] = /^([a-z]+:\/\/[^/]+)\/v[0-9]+\/(.+)$/.exec(text) ?? []
  const segments = (path ?? "").replace(/\/$/, "").split("/")
  const keyName = segments.pop()
  if (segments.pop() !== "keys" || vaultAddress === undefined || keyName === undefined) return null
  return { type: "hc_vault", vaultAddress, enginePath: segments.join("/"), keyName }
}
