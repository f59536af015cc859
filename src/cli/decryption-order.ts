import { AppError } from "../errors/app-error.ts"
import { kinds } from "../keys/kinds.ts"

/**
 * The types that `--decryption-order` or `SOPS_DECRYPTION_ORDER` names. Upstream takes unknown ones, which do nothing.
 *
 * @throws {AppError} `KEY_ORDER_INVALID` when a type appears twice, and for an unknown type
 */
export function readDecryptionOrder(words: readonly string[]): string[] {
  const order = words.map((word) => word.trim())
  const known: readonly string[] = kinds.map(({ type }) => type)
  const fail = (subject: string): never => {
    throw new AppError("KEY_ORDER_INVALID", {}, { subject, hint: `name each type once: ${known.join(", ")}` })
  }
  for (const [index, type] of order.entries()) {
    if (order.indexOf(type) !== index) fail(`${type} appears twice`)
    if (!known.includes(type)) fail(`${JSON.stringify(type)} is not a type of recipient`)
  }
  return order
}
