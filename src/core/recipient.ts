/** Public side that a data key is wrapped for. The type names are the metadata's own sections. */
export type Recipient =
  | { readonly type: "age"; readonly recipient: string }
  | { readonly type: "pgp"; readonly fp: string }
  | {
      readonly type: "kms"
      readonly arn: string
      readonly role: string
      readonly context: ReadonlyMap<string, string>
      readonly awsProfile: string
    }
  | { readonly type: "gcp_kms"; readonly resourceId: string }
  | { readonly type: "azure_kv"; readonly vaultUrl: string; readonly name: string; readonly version: string }
  | {
      readonly type: "hc_vault"
      readonly vaultAddress: string
      readonly enginePath: string
      readonly keyName: string
    }
  | { readonly type: "hckms"; readonly keyId: string }

export type RecipientType = Recipient["type"]

/** One metadata entry: a data key (or a share of it) wrapped for one recipient. */
export interface WrappedKey {
  readonly recipient: Recipient
  /** Exactly the `enc` field: armor, base64 or the service's own text. */
  readonly enc: string
  /** RFC 3339 as it stands in the file; `null` for age, which has none. */
  readonly createdAt: string | null
}

/**
 * The text that identifies a recipient: in errors, for `updatekeys`, `--rm-*` and de-duplication.
 *
 * @see sops v3.13.2, the `ToString` methods of its key sources
 */
export function recipientName(recipient: Recipient): string {
  switch (recipient.type) {
    case "age":
      return recipient.recipient
    case "pgp":
      return recipient.fp
    case "kms":
      return kmsName(recipient)
    case "gcp_kms":
      return recipient.resourceId
    case "azure_kv":
      return `${recipient.vaultUrl}/keys/${recipient.name}/${recipient.version}`
    case "hc_vault":
      return `${recipient.vaultAddress}/v1/${recipient.enginePath}/keys/${recipient.keyName}`
    case "hckms":
      return recipient.keyId
  }
}

function kmsName({ arn, role, context, awsProfile }: Extract<Recipient, { type: "kms" }>): string {
  const pairs = [...context].map(([key, value]) => `${key}:${value}`).sort()
  const withRole = role === "" ? arn : `${arn}+${role}`
  const joined = pairs.join(",")
  if (awsProfile !== "") return `${withRole}|${joined}|${awsProfile}`
  return joined === "" ? withRole : `${withRole}|${joined}`
}
