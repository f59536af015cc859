import { type ConfigEntry, type ConfigMap, type ConfigValue, invalidConfig } from "./yaml-values.ts"
import { didYouMean } from "../errors/nearest.ts"

// Reads values as go-yaml decodes them into the typed fields of upstream's config: what is absent or null is the
// field's zero, any scalar is a text, and what does not fit is an error.

/** The fields of a mapping; none for null. @throws {AppError} when it is not a mapping, or a key appears twice */
export function fieldsOf(value: ConfigValue | undefined): ReadonlyMap<string, ConfigEntry> {
  const map = present(value)
  return map === null ? new Map<string, ConfigEntry>() : mapOf(map).entries
}

export function mapOf(value: ConfigValue): ConfigMap {
  if (value.type !== "map") throw invalidConfig(value.at, "a mapping is expected here")
  if (value.fault !== null) throw invalidConfig(value.fault.at, value.fault.problem)
  return value
}

/** The elements of a list without nulls; none for null. */
export function itemsOf(value: ConfigValue | undefined): readonly ConfigValue[] {
  const list = present(value)
  if (list === null) return []
  if (list.type !== "list") throw invalidConfig(list.at, "a list is expected here")
  return list.items.filter((item) => present(item) !== null)
}

export function textOf(value: ConfigValue | undefined): string {
  const scalar = present(value)
  if (scalar === null) return ""
  if (scalar.type !== "scalar" || scalar.kind === "mismatch") throw invalidConfig(scalar.at, "a text is expected here")
  return scalar.text
}

/** A float loses its fraction, as in go-yaml. */
export function intOf(value: ConfigValue | undefined): number | undefined {
  const scalar = present(value)
  if (scalar === null) return undefined
  if (scalar.type !== "scalar" || (scalar.kind !== "int" && scalar.kind !== "float")) {
    throw invalidConfig(scalar.at, "a whole number is expected here")
  }
  const number = Math.trunc(Number(scalar.canonical))
  if (!Number.isSafeInteger(number)) throw invalidConfig(scalar.at, "a whole number is expected here")
  return number
}

const yes = new Set(["y", "Y", "yes", "Yes", "YES", "on", "On", "ON"])
const no = new Set(["n", "N", "no", "No", "NO", "off", "Off", "OFF"])

/** Where a boolean is expected, go-yaml takes the words of YAML 1.1 too, even in quotes. */
export function boolOf(value: ConfigValue | undefined): boolean {
  const scalar = present(value)
  if (scalar === null) return false
  if (scalar.type === "scalar") {
    if (scalar.kind === "bool") return scalar.canonical === "True"
    if (scalar.kind === "text" && yes.has(scalar.text)) return true
    if (scalar.kind === "text" && no.has(scalar.text)) return false
  }
  throw invalidConfig(scalar.at, "true or false is expected here")
}

/** `null` for what is absent and for YAML's null, which mean the same everywhere. */
export function present(value: ConfigValue | undefined): ConfigValue | null {
  if (value === undefined || (value.type === "scalar" && value.kind === "null")) return null
  return value
}

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
