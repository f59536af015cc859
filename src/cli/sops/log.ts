import { type LogEntry } from "../../app/session.ts"
import { type Io } from "../../host/io.ts"

export type Level = LogEntry["level"] | "fatal"

export interface LogLine {
  readonly level: Level
  readonly logger: LogEntry["logger"]
  readonly text: string
  readonly fields?: Readonly<Record<string, string>> | undefined
}

type LogHost = Pick<Io, "stdout" | "stderr" | "now" | "clock">

/**
 * One line of upstream's log, with the final newline.
 *
 * @see sops v3.13.2 logging/logging.go; logrus v1.9.4 text_formatter.go
 */
export function logLine(io: LogHost, { level, logger, text, fields = {} }: LogLine): string {
  const name = io.stdout.hasColor ? `\x1b[1m[${logger}]\x1b[0m` : `[${logger}]`
  const line = io.stderr.isTty ? forTerminal(io, level, text, fields) : forPipe(io, level, text, fields)
  return `${name}\t ${line}\n`
}

function forPipe({ now }: LogHost, level: Level, text: string, fields: Readonly<Record<string, string>>): string {
  const parts = [`time="${localTime(now())}"`, `level=${level}`, `msg=${quoted(text)}`]
  return [...parts, ...Object.entries(fields).map(([key, value]) => `${key}=${quoted(value)}`)].join(" ")
}

const colors: Readonly<Record<Level, number>> = { debug: 37, info: 36, warning: 33, error: 31, fatal: 31 }

const textColumns = 44

function forTerminal({ clock }: LogHost, level: Level, text: string, fields: Readonly<Record<string, string>>): string {
  const color = `\x1b[${colors[level]}m`
  const seconds = String(Math.floor(clock() / 1000)).padStart(4, "0")
  const parts = Object.entries(fields).map(([key, value]) => ` ${color}${key}\x1b[0m=${quoted(value)}`)
  const shown = visible(text).padEnd(textColumns)
  return `${color}${level.slice(0, 4).toUpperCase()}\x1b[0m[${seconds}] ${shown} ${parts.join("")}`
}

/** RFC 3339 with the offset of this place. */
function localTime(date: Date): string {
  const offset = -date.getTimezoneOffset()
  const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, 19)
  if (offset === 0) return `${local}Z`
  const two = (number: number): string => String(Math.trunc(number)).padStart(2, "0")
  return `${local}${offset < 0 ? "-" : "+"}${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`
}

/** Text of plain letters stands as it is, everything else as Go quotes it. */
function quoted(text: string): string {
  if (/^[\w\-./@^+]*$/.test(text)) return text
  const inner = [...text].map((character) =>
    character === '"' || character === "\\" ? `\\${character}` : visible(character),
  )
  return `"${inner.join("")}"`
}

const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

const short: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }

/** Control and direction characters as Go escapes them: none of them reaches the terminal. */
export function visible(text: string): string {
  if (!unseen.test(text)) return text
  return [...text].map((character) => (unseen.test(character) ? escaped(character) : character)).join("")
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0
  const hex = code.toString(16)
  const long =
    code < 0x80
      ? `\\x${hex.padStart(2, "0")}`
      : code < 0x10000
        ? `\\u${hex.padStart(4, "0")}`
        : `\\U${hex.padStart(8, "0")}`
  return short[character] ?? long
}

/** A text as Go's `%q` has it. */
export function goQuoted(text: string): string {
  const inner = [...text].map((character) =>
    character === '"' || character === "\\" ? `\\${character}` : visible(character),
  )
  return `"${inner.join("")}"`
}
