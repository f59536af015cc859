import { COLON, COMMA, DASH, DOT, PLUS, SPACE, ZERO, isDigit } from "../scan/chars.ts"

/**
 * Reads a date as go-yaml does, with Go's `time.Parse` and four layouts: a date alone; date, `T` or `t`, clock and zone;
 * date, spaces and clock without zone. Months, days and clock fields may have one digit, fractions a comma.
 *
 * @returns RFC 3339 as it is sealed and hashed; `"unsupported"` for an offset of 24 hours and more, which Go reads and
 *   cannot print; `null` when the text is not a date
 * @see go-yaml v3.0.4 resolve.go, parseTimestamp; Go's time/format.go, parse
 */
export function readTimestamp(text: string): string | null {
  if (text.length < 8 || text.charCodeAt(4) !== DASH) return null
  for (let at = 0; at < 4; at++) if (!isDigit(text.charCodeAt(at))) return null
  const month = number(text, 5)
  if (month === null || text.charCodeAt(month.end) !== DASH) return null
  const day = number(text, month.end + 1)
  if (day === null || !isDate(Number(text.slice(0, 4)), month.value, day.value)) return null
  const date = `${text.slice(0, 4)}-${two(month.value)}-${two(day.value)}`
  if (day.end === text.length) return `${date}T00:00:00Z`

  const letter = text.charCodeAt(day.end)
  const hasZone = letter === 0x54 || letter === 0x74
  if (!hasZone && letter !== SPACE) return null
  let at = day.end + 1
  while (!hasZone && text.charCodeAt(at) === SPACE) at++
  const clock = readClock(text, at)
  if (clock === null) return null
  if (!hasZone) return clock.end === text.length ? `${date}T${clock.text}Z` : null
  const zone = readZone(text, clock.end)
  if (zone === null || zone === "unsupported") return zone
  return `${date}T${clock.text}${zone}`
}

function readClock(text: string, start: number): { text: string; end: number } | null {
  const hour = number(text, start)
  if (hour === null || hour.value > 23 || text.charCodeAt(hour.end) !== COLON) return null
  const minute = number(text, hour.end + 1)
  if (minute === null || minute.value > 59 || text.charCodeAt(minute.end) !== COLON) return null
  const second = number(text, minute.end + 1)
  if (second === null || second.value > 59) return null
  const clock = `${two(hour.value)}:${two(minute.value)}:${two(second.value)}`
  const mark = text.charCodeAt(second.end)
  if ((mark !== DOT && mark !== COMMA) || !isDigit(text.charCodeAt(second.end + 1)))
    return { text: clock, end: second.end }
  let end = second.end + 1
  while (isDigit(text.charCodeAt(end))) end++
  let last = Math.min(end, second.end + 10)
  while (text.charCodeAt(last - 1) === ZERO) last--
  const fraction = text.slice(second.end + 1, last)
  return { text: fraction === "" ? clock : `${clock}.${fraction}`, end }
}

/** `Z`, or a sign and `hh:mm` up to the end of the text. */
function readZone(text: string, start: number): string | null {
  const sign = text.charCodeAt(start)
  if (sign === 0x5a) return text.length === start + 1 ? "Z" : null
  if (text.length !== start + 6 || (sign !== PLUS && sign !== DASH) || text.charCodeAt(start + 3) !== COLON) return null
  for (const at of [1, 2, 4, 5]) if (!isDigit(text.charCodeAt(start + at))) return null
  const hours = Number(text.slice(start + 1, start + 3))
  const minutes = Number(text.slice(start + 4, start + 6))
  if (hours > 24 || minutes > 60) return null
  const total = hours * 60 + minutes
  if (total === 0) return "Z"
  if (total >= 24 * 60) return "unsupported"
  return `${text.charAt(start)}${two(Math.floor(total / 60))}:${two(total % 60)}`
}

/** One or two digits. */
function number(text: string, at: number): { value: number; end: number } | null {
  const first = text.charCodeAt(at)
  if (!isDigit(first)) return null
  const second = text.charCodeAt(at + 1)
  if (!isDigit(second)) return { value: first - ZERO, end: at + 1 }
  return { value: (first - ZERO) * 10 + second - ZERO, end: at + 2 }
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

function isDate(year: number, month: number, day: number): boolean {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const days = monthDays[month - 1]
  return days !== undefined && day >= 1 && day <= (month === 2 && isLeap ? 29 : days)
}
