import { AppError } from "../errors/app-error.ts"
import { kinds } from "../keys/kinds.ts"

/**
 * The types that `--decryption-order` or `SOPS_DECRYPTION_ORDER` names. Upstream takes unknown ones, which do nothing.
 *
 * @throws {AppError} `KEY_ORDER_INVALID` when a type appears twice, and for an unknown type
 */
export function readDecryptionOrder(words: readonly string[]): string[] {
  const order = words.map((word) => word.trim())
  for (const [index, type] of order.entries()) {
    if (order.indexOf(type) !== index) throw new AppError("KEY_ORDER_INVALID", {}, { subject: `${type} appears twice` })
    if (!kinds.some((known) => known.type === type)) {
      throw new AppError("KEY_ORDER_INVALID", {}, { subject: `${JSON.stringify(type)} is not a type of recipient` })
    }
  }
  return order
}
