import { type LogEntry } from "../../app/session.ts"
import { reportAsSops } from "../report.ts"
import { AppError } from "../../errors/app-error.ts"
import { type Code } from "../../errors/catalog.ts"
import { isPrintable } from "../../errors/display.ts"
import { type Io } from "../../host/io.ts"

/** Upstream's words around ours, or in their place, where callers look for them. */
const words: Partial<Readonly<Record<Code, (error: AppError) => string>>> = {
  FILE_MISSING: (error) => `${reading(error)}open ${fileOf(error)}: ${noSuchFile}`,
  FILE_UNREADABLE: (error) => `${reading(error)}open ${fileOf(error)}: ${reasonOf(error)}`,
  FILE_UNWRITABLE: (error) => `${writing(error)}: open ${fileOf(error)}: ${reasonOf(error)}`,
  FOLDER_UNUSABLE: (error) => `getwd: ${reasonOf(error)}`,
  CONFIG_UNREADABLE: (error) => `could not read config file: open ${fileOf(error)}: ${reasonOf(error, noSuchFile)}`,
  CONFIG_INVALID: configWords,
  NOT_SEALED: () => "sops metadata not found",
  ALREADY_SEALED: () => alreadySealed,
  RESERVED_KEY: () => alreadySealed,
  NO_DOCUMENT: () => "File cannot be completely empty, it must contain at least one document",
  NO_RECIPIENT: () =>
    "config file not found, or has no creation rules, and no keys provided through command line options",
  CONTEXT_INVALID: () => "Invalid KMS encryption context format",
  KEY_GROUPS_INVALID: ({ detail, title }) => `Could not generate data key: [${detail.subject ?? title}]`,
  WRAP_FAILED: ({ detail, title }) => `Could not generate data key: [${(detail.notes ?? [title]).join(" ")}]`,
  PATH_INVALID: (error) =>
    error.exit === 91 ? `error parsing --extract path: ${error.title}` : "Invalid set index format",
  KEY_NOT_FOUND: ({ where }) => {
    const last = where.path?.at(-1) ?? ""
    return typeof last === "number" ? `Index ${last} out of bounds` : `Key not found: ${last}`
  },
  VALUE_INVALID: () => "Value for --set is not valid JSON",
  NO_EDITOR: (error) => `Could not run editor: ${ours(error)}`,
  EDITOR_INVALID: (error) => `Could not run editor: ${ours(error)}`,
  EDITOR_FAILED: (error) => `Could not run editor: ${editorEnd(error) ?? ours(error)}`,
  NOT_CHANGED: ({ title }) => title,
  EDIT_INTERRUPTED: () => "User canceled operation",
  KEYSERVICE_LISTEN: ({ title }) => title,
  FILENAME_OUTSIDE: () => "The provided filename is not a local path.",
  MAC_INVALID: (error) => `Cannot decrypt MAC: ${ours(error)}`,
}

/** What stands before our words, by the status: the step of upstream that fails with it. */
const prefixes: ReadonlyMap<number, string> = new Map([
  [2, "Error unmarshalling file: "],
  [4, "Error dumping file: "],
  [23, "Error encrypting tree: "],
  [25, "Error decrypting tree: "],
])

const alreadySealed = `The file you have provided contains a top-level entry called 'sops' (or names
beginning with 'sops_'), which is where the metadata goes: it looks encrypted already.

Change an encrypted file with \`sops edit FILE\`; in a plain one, rename that entry.`

/** What a failed call says on standard error, without the final newline. */
export async function explained(error: AppError): Promise<string> {
  const dataKey = error.code === "DATA_KEY" ? await dataKeyWords(error) : undefined
  return dataKey === undefined ? wordsFor(error) : lines(dataKey)
}

/** The same, for all but a data key that cannot be had. */
export function wordsFor(error: AppError): string {
  const text = error.detail.asUpstream ?? words[error.code]?.(error)
  return text === undefined ? (prefixes.get(error.exit) ?? "") + ours(error) : lines(text)
}

function lines(text: string): string {
  return text.split("\n").map(visible).join("\n")
}

async function dataKeyWords(error: AppError): Promise<string | undefined> {
  const { dataKeyText } = await import("../../keys/data-key-as-upstream.ts")
  return dataKeyText(error) ?? undefined
}

/** Upstream names the step at which it cannot read the text into its types. Some of what it judges later stands alone. */
function configWords(error: AppError): string {
  const subject = error.detail.subject ?? ""
  const text = ours(error)
  if (/^(?:invalid |no destination)/.test(subject)) return text.replace(/^error loading config: /, "")
  const isJudged = error.exit !== 1 || /^(?:cannot use |a destination rule )/.test(subject)
  return isJudged ? text : text.replace(": ", ": Could not unmarshal config file: ")
}

function editorEnd({ detail }: AppError): string | undefined {
  const status = /^it ended with status (\d+)$/.exec(detail.notes?.[0] ?? "")?.[1]
  return status === undefined ? undefined : `exit status ${status}`
}

function ours(error: AppError): string {
  return reportAsSops(error).trimEnd()
}

function fileOf({ where }: AppError): string {
  return where.file ?? "the file"
}

const noSuchFile = "no such file or directory"

function reasonOf({ detail, title }: AppError, usual = title): string {
  return detail.notes?.[0] ?? usual
}

function writing({ detail }: AppError): string {
  const isTemporary = detail.notes?.[0] === "no private folder can be made"
  return isTemporary ? "Could not create temporary directory" : "Could not open in-place file for writing"
}

/** Files beside the document have no words of their own. */
function reading({ exit }: AppError): string {
  return exit === 1 ? "" : "Error reading file: "
}

/** A mistake on the command line that upstream has words for. */
export function failure(code: Code, exit: number, asUpstream: string): AppError {
  return new AppError(code, {}, { exit, asUpstream })
}

export const noFile = (): AppError => failure("ARGUMENT_MISSING", 100, "Error: no file specified")

export const twoTargets = (): AppError =>
  failure("OPTIONS_CONFLICT", 8, "Error: cannot operate on both --output and --in-place")

export const nonExistent = (path: string): AppError =>
  failure("FILE_MISSING", 100, `Error: cannot operate on non-existent file ${goQuoted(path)}`)

type Level = LogEntry["level"] | "fatal"

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

const short: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }

/** Control and direction characters as Go escapes them: none of them reaches the terminal. */
export function visible(text: string): string {
  if (isPrintable(text)) return text
  const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u
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
