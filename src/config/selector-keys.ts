import { type Selectors, noSelectors } from "../core/select.ts"
import { textOf } from "./decode.ts"
import { type At, type ConfigEntry, invalidConfig } from "./yaml-values.ts"

const keys = [
  ["unencrypted_suffix", "unencryptedSuffix"],
  ["encrypted_suffix", "encryptedSuffix"],
  ["unencrypted_regex", "unencryptedRegex"],
  ["encrypted_regex", "encryptedRegex"],
  ["unencrypted_comment_regex", "unencryptedCommentRegex"],
  ["encrypted_comment_regex", "encryptedCommentRegex"],
] as const satisfies readonly (readonly [string, keyof Selectors])[]

export const selectorKeys: readonly string[] = keys.map(([key]) => key)

/** The six selectors of a rule. Only the types are checked here. */
export function readSelectors(fields: ReadonlyMap<string, ConfigEntry>): Selectors {
  const selectors = { ...noSelectors }
  for (const [key, name] of keys) selectors[name] = textOf(fields.get(key)?.value)
  return selectors
}

/** @throws {AppError} when a rule has more than one selector */
export function checkOneSelector(selectors: Selectors, at: At): void {
  if (Object.values(selectors).filter((text) => text !== "").length < 2) return
  throw invalidConfig(at, `cannot use more than one of ${selectorKeys.join(", ")} for the same rule`)
}

/** Those that are set, by the keys of a config. */
export function selectorsWithKeys(selectors: Selectors): Record<string, string> {
  return Object.fromEntries(keys.flatMap(([key, name]) => (selectors[name] === "" ? [] : [[key, selectors[name]]])))
}
