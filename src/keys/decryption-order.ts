import { type WrappedKey } from "../core/recipient.ts"

const byDefault: readonly string[] = ["age", "pgp"]

/** Position of the entry's type; all types that are not named share the last one. */
export function rankOf({ recipient }: WrappedKey, order: readonly string[] | null): number {
  const listed = order ?? byDefault
  const index = listed.indexOf(recipient.type)
  return index === -1 ? listed.length : index
}
