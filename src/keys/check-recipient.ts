import { type Recipient, recipientName } from "../core/recipient.ts"
import { AppError } from "../errors/app-error.ts"
import { decodeBech32 } from "./age/bech32.ts"
import { parsePluginRecipient } from "./age/plugin-name.ts"
import { parseSshRecipient } from "./age/ssh-public.ts"
import { parseX25519Recipient } from "./age/x25519.ts"

type Of<T extends Recipient["type"]> = Extract<Recipient, { type: T }>

// No character class below holds "%", "?", "#", "@", a blank or a control character, and no segment may be "." or "..":
// these texts become parts of URLs and of requests that carry the user's credentials (security rule S5).
const arn =
  /^arn:aws[a-z-]{0,20}:kms:[a-z0-9-]{1,32}:[0-9]{1,20}:(key\/[A-Za-z0-9-]{1,128}|alias\/[A-Za-z0-9/_-]{1,250})$/
// A role is never part of a URL, and its name may hold "@" and dots.
const role = /^arn:aws[a-z-]{0,20}:iam::[0-9]{1,20}:role\/[A-Za-z0-9_+=,.@/-]{1,512}$/
const gcpKey =
  /^projects\/([A-Za-z0-9][A-Za-z0-9._:-]{0,127})\/locations\/[a-z0-9-]{1,63}\/keyRings\/[A-Za-z0-9_-]{1,63}\/cryptoKeys\/[A-Za-z0-9_-]{1,63}$/
const host =
  /^([A-Za-z0-9]([A-Za-z0-9-]{0,62})(\.[A-Za-z0-9][A-Za-z0-9-]{0,62}){0,20}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?$/
const azureName = /^[A-Za-z0-9-]{1,127}$/
const azureVersion = /^[A-Za-z0-9]{0,64}$/
const vaultSegment = /^[A-Za-z0-9_.-]{1,255}$/
const huaweiKey = /^[a-z0-9-]{1,32}:[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/
const fingerprint = /^([0-9A-Fa-f]{16}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})!?$/
const control = /[\p{C}\p{Zl}\p{Zp}]/u

/** Mounts that Vault keeps for itself: no transit engine can be there, but dangerous calls are. */
const vaultReserved: ReadonlySet<string> = new Set(["sys", "auth", "identity", "cubbyhole"])

/** Recipients that age itself knows beside X25519, with the bytes that their texts hold. */
const ageLengths: ReadonlyMap<string, number> = new Map([
  ["age1pq", 1216],
  ["age1tag", 33],
  ["age1tagpq", 1249],
])

const recipientLengthMax = 8192

/**
 * Holds a recipient against the grammar of its type, wherever it came from: a file, a config, a flag. It is called
 * before a provider sees the recipient.
 *
 * @throws {AppError} `RECIPIENT_INVALID`
 */
export function checkRecipient(recipient: Recipient): void {
  const name = recipientName(recipient)
  const reason =
    name.length > recipientLengthMax
      ? "it is too long"
      : control.test(name)
        ? "it holds a control character"
        : reasonAgainst(recipient)
  if (reason === null) return
  throw new AppError("RECIPIENT_INVALID", { provider: recipient.type, recipient: shown(name) }, { subject: reason })
}

/** An identity that stands in the wrong place is a secret: only what begins like a recipient is ever shown. */
export function shown(text: string): string | undefined {
  return /^(age1|ssh-(ed25519|rsa) |arn:|projects\/|https?:\/\/|[0-9A-Fa-f]{8})/.test(text)
    ? text.slice(0, 100)
    : undefined
}

function reasonAgainst(recipient: Recipient): string | null {
  switch (recipient.type) {
    case "age":
      return againstAge(recipient.recipient)
    case "pgp":
      return fingerprint.test(recipient.fp) ? null : "a PGP fingerprint has 16, 40 or 64 hex digits"
    case "kms":
      return againstKms(recipient)
    case "gcp_kms":
      return gcpKey.test(recipient.resourceId) ? null : "a GCP key is projects/P/locations/L/keyRings/R/cryptoKeys/K"
    case "azure_kv":
      return againstAzure(recipient)
    case "hc_vault":
      return againstVault(recipient)
    case "hckms":
      return huaweiKey.test(recipient.keyId) ? null : "a HuaweiCloud key is REGION:UUID"
  }
}

function againstAge(text: string): string | null {
  if (text.startsWith("ssh-")) {
    const key = parseSshRecipient(text)
    return typeof key === "string" ? key : null
  }
  if (!text.startsWith("age1")) return "an age recipient begins with age1, ssh-ed25519 or ssh-rsa"
  if (parseX25519Recipient(text) !== null) return null
  const decoded = decodeBech32(text)
  if (decoded === null) return "its checksum is wrong: a character is missing or changed"
  const length = ageLengths.get(decoded.prefix)
  if (length !== undefined) return decoded.bytes.length === length ? null : "it has the wrong length"
  if (decoded.prefix === "age") return "it has the wrong length"
  return parsePluginRecipient(text) === null ? "the name of its plugin is not valid" : null
}

function againstKms({ arn: key, role: by, context, awsProfile }: Of<"kms">): string | null {
  if (!arn.test(key) || hasOddSegment(key)) return "an AWS key is arn:aws:kms:REGION:ACCOUNT:key/ID or alias/NAME"
  if (by !== "" && (!role.test(by) || hasOddSegment(by))) return "a role is arn:aws:iam::ACCOUNT:role/NAME"
  if ([...context].flat().some((text) => control.test(text))) return "its context holds a control character"
  return awsProfile.length > 128 ? "its profile name is too long" : null
}

function againstAzure({ vaultUrl, name, version }: Of<"azure_kv">): string | null {
  const isUrl = vaultUrl.startsWith("https://") && host.test(withoutSlash(vaultUrl.slice("https://".length)))
  const isKey = azureName.test(name) && azureVersion.test(version)
  return isUrl && isKey ? null : "an Azure key is https://VAULT/keys/NAME/VERSION"
}

function againstVault({ vaultAddress, enginePath, keyName }: Of<"hc_vault">): string | null {
  const [, rest] = /^https?:\/\/(.*)$/.exec(vaultAddress) ?? []
  const segments = [...enginePath.split("/"), keyName]
  const isAddress = rest !== undefined && host.test(withoutSlash(rest))
  const isPath = segments.every((segment) => vaultSegment.test(segment) && segment !== "." && segment !== "..")
  if (!isAddress || !isPath) return "a Vault key is https://HOST/v1/ENGINE/keys/NAME"
  return vaultReserved.has(segments[0] ?? "") ? "no transit engine can be mounted there" : null
}

function hasOddSegment(text: string): boolean {
  return text
    .split("/")
    .slice(1)
    .some((segment) => segment === "" || segment === "." || segment === "..")
}

function withoutSlash(text: string): string {
  return text.endsWith("/") ? text.slice(0, -1) : text
}
