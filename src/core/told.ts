import { type Format } from "./format.ts"
import { sameBytes, type Scalar } from "./scalar.ts"
import { fullPath, shownPath, type Site } from "./site.ts"
import { equalBytes } from "./text.ts"
import { AppError } from "../errors/app-error.ts"

/** A value that is known from outside the text: `set` got it, or another format held it. */
export interface Told {
  readonly scalar: Scalar
  /** `run` passes it to the child as it is, although readers of the text would read something else. */
  readonly isVerbatim: boolean
}

/** By `toldKey` of their paths. */
export type ToldValues = ReadonlyMap<string, Told>

export function toldKey(path: readonly (string | number)[]): string {
  return JSON.stringify(path)
}

/**
 * For each site the value that it should hold. If a name appears twice in dotenv, the first is meant, as for `set`.
 *
 * @throws {AppError} `NOT_PRINTABLE` where the text says something else: the format cannot hold the value; and where it
 *   says it only to readers that know, but stays in the clear
 */
export function toldSites(
  sites: readonly Site[],
  isSelected: readonly boolean[],
  values: ToldValues,
  { settled, name }: Format,
): (Told | null)[] {
  if (values.size === 0) return sites.map(() => null)
  const left = new Map(values)
  return sites.map((site, index) => {
    if (site.kind !== "str" || site.scalar === null || site.shadowed === true || site.alias !== undefined) return null
    const key = toldKey(fullPath(site.item))
    const told = left.get(key)
    if (told === undefined) return null
    left.delete(key)
    const where = { path: shownPath(site.item), line: site.line }
    if (sameBytes(told.scalar, site.scalar)) return told
    const isAlike = settled !== undefined && equalBytes(settled(told.scalar).bytes, settled(site.scalar).bytes)
    if (!isAlike) throw new AppError("NOT_PRINTABLE", where, { subject: `no line of ${name} can hold this text` })
    if (isSelected[index] === true) return told
    throw new AppError("NOT_PRINTABLE", where, {
      subject: "a backslash with an n is read as a line break, except in a value that is sealed",
      hint: "let the rule select the name, or write the backslash in another way",
    })
  })
}
