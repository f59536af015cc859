import { type RecipientType, type WrappedKey } from "../core/recipient.ts"
import { AppError } from "../errors/app-error.ts"

const types = ["age", "pgp", "kms", "gcp_kms", "azure_kv", "hc_vault", "hckms"] as const satisfies RecipientType[]
const byDefault: readonly string[] = ["age", "pgp"]

/**
 * Reads `--decryption-order` or `SOPS_DECRYPTION_ORDER`.
 *
 * @returns `null` for an empty text: the default order
 * @throws {AppError} `KEY_ORDER_INVALID` when a type stands twice, and for an unknown type
 */
export function parseDecryptionOrder(text: string): string[] | null {
  if (text === "") return null
  const order = text.split(",").map((word) => word.trim())
  for (const [index, type] of order.entries()) {
    if (order.indexOf(type) !== index) throw new AppError("KEY_ORDER_INVALID", {}, { subject: `${type} appears twice` })
    if (!types.some((known) => known === type)) {
      throw new AppError("KEY_ORDER_INVALID", {}, { subject: `${type} is not known` })
    }
  }
  return order
}

/** Position of the entry's type; all types that are not named share the last one. */
export function rankOf({ recipient }: WrappedKey, order: readonly string[] | null): number {
  const listed = order ?? byDefault
  const index = listed.indexOf(recipient.type)
  return index === -1 ? listed.length : index
}
