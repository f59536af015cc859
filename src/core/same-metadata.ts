import { type Format, type MetaMap, type MetaValue } from "./format.ts"
import { AppError } from "../errors/app-error.ts"

/**
 * The first field of metadata that would not come back as it was written. Formats without types know texts alone, and
 * what is null or empty has no line in them: neither counts. The order does not, either.
 *
 * A pattern that comes back as another one selects other values, and a wrapped key with another name or context is one
 * that nobody unwraps; neither MAC nor tokens would tell.
 *
 * @returns its name; `null` when there is none
 */
export function changedField(written: MetaMap, read: MetaMap): string | null {
  const names = new Set([...written.keys(), ...read.keys()])
  return [...names].find((name) => !isSame(written.get(name) ?? null, read.get(name))) ?? null
}

/** @throws {AppError} `SELF_CHECK` for metadata that would not come back as they were written */
export function checkKept(
  { name, onlyAsText }: Pick<Format, "name" | "onlyAsText">,
  written: MetaMap,
  read: MetaMap,
): void {
  const field = changedField(written, read)
  if (field === null) return
  const subject = `${field} of its metadata would come back as something else`
  // All other formats hold any text.
  if (onlyAsText?.has("bool") !== true) throw new AppError("SELF_CHECK", {}, { subject })
  const hint = `spell it otherwise: in ${name} a backslash with an n is a line break`
  throw new AppError("SELF_CHECK", {}, { subject, hint })
}

function isSame(written: MetaValue, read: MetaValue = null): boolean {
  if (written === read || isNothing(written) || isNothing(read)) return isNothing(written) === isNothing(read)
  if (typeof written !== "object") return typeof read !== "object" && String(written) === String(read)
  if (typeof read !== "object" || written instanceof Map !== read instanceof Map) return false
  return changedField(entriesOf(written), entriesOf(read)) === null
}

function isNothing(value: MetaValue): boolean {
  return value === null || (typeof value === "object" && entriesOf(value).size === 0)
}

function entriesOf(value: MetaMap | readonly MetaValue[] | null): MetaMap {
  if (value instanceof Map) return value as MetaMap
  return new Map((value as readonly MetaValue[] | null)?.map((element, nth) => [String(nth), element]))
}
