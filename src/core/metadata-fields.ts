import { AppError } from "../errors/app-error.ts"
import { type MetaMap, type MetaValue } from "./format.ts"

/** A field by name: the exact spelling wins, else any letter case, as upstream's decoder takes it. */
export function field(map: MetaMap, name: string): MetaValue | undefined {
  if (map.has(name)) return map.get(name)
  for (const [key, value] of map) if (key.toLowerCase() === name) return value
  return undefined
}

export function invalidMetadata(subject: string): AppError {
  return new AppError("METADATA_INVALID", {}, { subject })
}

/** Text of a field; numbers and booleans become text, null and absence the empty string. */
export function textField(map: MetaMap, name: string): string {
  const value = field(map, name)
  if (value === undefined || value === null) return ""
  if (typeof value === "string") return value
  if (typeof value === "number") return String(value)
  if (typeof value === "boolean") return value ? "1" : "0"
  throw invalidMetadata(`${name} is not text`)
}
