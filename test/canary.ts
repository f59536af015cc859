import { inspect } from "node:util"

/** Every secret of a fixture contains this word, so a search for it finds a leak (law L8). */
export const canary = "canary-7f3a"

/** Where the canary is in a text, bytes, or anything that `inspect` shows, hidden fields and causes included. */
export function leaks(value: unknown): boolean {
  if (typeof value === "string") return value.includes(canary)
  if (value instanceof Uint8Array) return Buffer.from(value).includes(canary)
  const shown = inspect(value, { depth: 20, showHidden: true, maxStringLength: null, maxArrayLength: null })
  // Bytes are shown as numbers: a Buffer in hex, a Uint8Array in decimal.
  const hex = Buffer.from(canary).toString("hex").replace(/../g, " $&").trim()
  return shown.includes(canary) || shown.includes(hex) || shown.includes([...Buffer.from(canary)].join(", "))
}
