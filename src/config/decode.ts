import { type ConfigEntry, type ConfigMap, type ConfigValue, invalidConfig } from "./yaml-values.ts"

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
