import { formatF } from "./gonumber.ts"
import { type Site } from "./site.ts"

/** Bytes that a clear site contributes to the MAC. */
export function clearBytes(site: Site): Uint8Array {
  return site.clearBytes ?? site.scalar!.bytes
}

/**
 * The same for releases before 3.13.2, which read every JSON number as a float: `-0` and large integers differ.
 *
 * @param source - the text that the site is in
 */
export function floatReading(site: Site, source: string): Uint8Array {
  if (site.kind !== "int" || site.span === null) return clearBytes(site)
  const value = Number(source.slice(site.span.start, site.span.end))
  return Buffer.from(formatF(value), "latin1")
}
