/** An instant as RFC 3339 spells it, kept as text: JavaScript dates carry neither nanoseconds nor the offset. */
const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?([Zz]|[+-]\d\d:\d\d)$/

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

interface Parts {
  readonly date: string
  readonly clock: string
  readonly fraction: string
  readonly offset: string
}

function partsOf(text: string): Parts | null {
  if (text.length > 64) return null
  const match = rfc3339.exec(text)
  if (match === null || text.includes("t") || text.includes("z") || text.includes(",")) return null
  const [, year, month, day, hour, minute, second, fraction = "", zone] = match as unknown as string[]
  const isLeap = Number(year) % 4 === 0 && (Number(year) % 100 !== 0 || Number(year) % 400 === 0)
  const days = (monthDays[Number(month) - 1] ?? 0) + (month === "02" && isLeap ? 1 : 0)
  if (Number(day) < 1 || Number(day) > days || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59)
    return null
  const isOffset = zone !== "Z"
  if (isOffset && (Number(zone!.slice(1, 3)) > 24 || Number(zone!.slice(4)) > 59)) return null
  return {
    date: `${year}-${month}-${day}`,
    clock: `${hour}:${minute}:${second}`,
    fraction: fraction.slice(0, 9).replace(/0+$/, ""),
    // Go prints a zero offset as Z, whatever its sign was.
    offset: isOffset && !/^[+-]00:00$/.test(zone!) ? zone! : "Z",
  }
}

/**
 * Canonical text of a `time` scalar, as Go's RFC3339Nano prints it: no trailing zeros in the fraction, `Z` for a
 * zero offset.
 *
 * @returns `null` when the text is not strict RFC 3339
 */
export function canonicalTime(text: string): string | null {
  const parts = partsOf(text)
  if (parts === null) return null
  return `${parts.date}T${parts.clock}${parts.fraction === "" ? "" : `.${parts.fraction}`}${parts.offset}`
}

/** In the spelling of `timestamp`, on a day that every month has: nearly all dates of metadata. */
const usual = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/

/** The same to whole seconds: the AAD of the MAC is `lastmodified` in this spelling. */
export function wholeSeconds(text: string): string | null {
  if (usual.test(text)) return text
  const parts = partsOf(text)
  return parts === null ? null : `${parts.date}T${parts.clock}${parts.offset}`
}

/** `lastmodified` and `created_at` of now: UTC, whole seconds. */
export function timestamp(now: Date): string {
  return `${now.toISOString().slice(0, 19)}Z`
}
