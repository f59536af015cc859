import { mapOf, present } from "./decode.ts"
import { didYouMean } from "../errors/nearest.ts"
import { type ConfigEntry, type ConfigValue, invalidConfig } from "./yaml-values.ts"

/** How `.sopsrc` is read: every key is known and has a value. */
export type StrictFields = ReadonlyMap<string, ConfigEntry>

/**
 * @param hints - for keys that belong elsewhere or have another name here
 * @throws {AppError} for an unknown key, with the nearest known one or all of them
 */
export function strictFields(
  value: ConfigValue,
  known: readonly string[],
  hints: ReadonlyMap<string, string> = new Map(),
): StrictFields {
  const { entries } = mapOf(value)
  for (const [key, entry] of entries) {
    if (!known.includes(key)) {
      const hint = hints.get(key) ?? didYouMean(key, known) ?? allKnown(known)
      throw invalidConfig(entry.at, "unknown key", hint)
    }
    if (present(entry.value) === null) throw invalidConfig(entry.at, "a value is missing")
  }
  return entries
}

function allKnown(known: readonly string[]): string {
  return known.length === 0 ? "there are no options here" : `known keys: ${known.join(", ")}`
}

export function strictList(entry: ConfigEntry | undefined): readonly ConfigValue[] {
  if (entry === undefined) return []
  if (entry.value.type !== "list") throw invalidConfig(entry.value.at, "a list is expected here")
  for (const item of entry.value.items) if (present(item) === null) throw invalidConfig(item.at, "a value is missing")
  return entry.value.items
}

export function strictBool(entry: ConfigEntry | undefined): boolean | undefined {
  if (entry === undefined) return undefined
  const { value } = entry
  if (value.type === "scalar" && value.kind === "bool") return value.canonical === "True"
  throw invalidConfig(value.at, "true or false is expected here")
}

export function strictChoice<T extends string>(entry: ConfigEntry | undefined, choices: readonly T[]): T | undefined {
  if (entry === undefined) return undefined
  const { value } = entry
  const text = value.type === "scalar" ? value.text : ""
  const found = choices.find((choice) => choice === text)
  if (found !== undefined) return found
  throw invalidConfig(value.at, `one of ${choices.join(", ")} is expected here`, didYouMean(text, choices))
}
