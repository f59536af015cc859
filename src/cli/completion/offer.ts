import { type Offer } from "../../app/commands/complete.ts"
import { type Session } from "../../app/session.ts"
import { commands } from "../commands.ts"
import { findCommand } from "../find-command.ts"
import { globalOptions } from "../global-options.ts"
import { argumentsSoFar } from "../words.ts"
import { type ArgumentSpecs, type Completes, longName, type OptionSpecs } from "../spec.ts"
import { type Shell, shells } from "./facts.ts"

const lineBytesMax = 256 * 1024

/**
 * `__complete`, which help does not show. What a completion script asks: which key paths and names may be at the cursor. The words of the line come by
 * standard input, each ended by a NUL, since a value that is being set may be among them and everybody sees arguments.
 *
 * @param words - the shell, and the place of the word at the cursor
 * @returns a line for each candidate, with what is to be said of it behind a tab; a line that is only a tab where names
 *   of files may stand, too. Nothing for a line that makes no sense yet: never an error
 */
export async function offer(session: Session, words: readonly string[]): Promise<string> {
  try {
    if (session.io.stdin.isTty) return ""
    const [name, place = ""] = words
    const shell = shells.find((each) => each === name)
    const line = Buffer.from(await session.io.stdin.readAll(lineBytesMax))
      .toString("utf8")
      .split("\0")
      .slice(0, -1)
    const at = /^\d{1,5}$/.test(place) ? Number(place) : line.length
    if (shell === undefined || at > line.length) return ""
    const quiet: Session = { ...session, notice() {} }
    return await answer(quiet, shell, { before: line.slice(0, at), current: line[at] ?? "", after: line.slice(at + 1) })
  } catch {
    // Whoever types has not asked anything, and sees the line that they type.
    return ""
  }
}

interface Cursor {
  readonly before: readonly string[]
  readonly current: string
  readonly after: readonly string[]
}

async function answer(session: Session, shell: Shell, raw: Cursor): Promise<string> {
  const plain = (word: string): string => withHome(session, shell === "bash" ? unquoted(word) : word)
  const cursor = {
    before: withoutEquals(raw.before.map(plain)),
    current: raw.current === "=" ? "" : plain(raw.current),
    after: raw.after.map(plain),
  }
  const { entry, rest } = await findCommand(commands, cursor.before)
  if (entry === null) return ""
  const command = await entry.load()
  const option = optionAt({ ...command.options, ...globalOptions }, rest, cursor.current)
  const before = option === null || option.isInWord ? rest : rest.slice(0, -1)
  const { words, config } = argumentsSoFar(command, before)
  const what = option === null ? completesAt(command.arguments, words.length) : option.completes
  const start = option?.isInWord === true ? cursor.current.slice(cursor.current.indexOf("=") + 1) : cursor.current
  const all = argumentsSoFar(command, [...before, ...(what === "key path" ? cursor.after : [])]).words
  const found = await candidatesFor(session, what, { start, config, file: all[fileAt(command.arguments)] })
  const lines = found
    .filter(({ text }) => text.startsWith(start) && isTypeable(text))
    .map(({ text, about }) => `${text}\t${aboutText(about)}\n`)
  return `${lines.join("")}${what === "file" || what === "file or member" ? "\t\n" : ""}`
}

interface Situation {
  readonly start: string
  readonly config: string | undefined
  readonly file: string | undefined
}

async function candidatesFor(session: Session, what: Completes, { start, config, file }: Situation): Promise<Offer[]> {
  if (what === null || what === "file" || typeof what !== "string") return []
  const { configNames, keyPaths } = await import("../../app/commands/complete.ts")
  switch (what) {
    case "key path":
      return file === undefined ? [] : keyPaths(session, file, start)
    case "member":
    case "file or member":
      return configNames(session, config, "members")
    case "pending":
      return configNames(session, config, "pending")
    case "member or pending":
      return configNames(session, config, "both")
  }
}

/** The option whose value is being typed: it stands before the cursor, or in the same word. */
function optionAt(
  specs: OptionSpecs,
  before: readonly string[],
  current: string,
): { readonly completes: Completes; readonly isInWord: boolean } | null {
  const inWord = /^(--[a-z-]+)=/.exec(current)?.[1]
  const last = before.at(-1) ?? ""
  const found = Object.entries(specs).find(
    ([key, { short, kind }]) =>
      kind !== "flag" &&
      (longName(key) === (inWord ?? last) || (inWord === undefined && short !== undefined && last === `-${short}`)),
  )
  if (found === undefined) return null
  return { completes: found[1].value === "PATH" ? "key path" : null, isInWord: inWord !== undefined }
}

function completesAt(specs: ArgumentSpecs, at: number): Completes {
  const all = Object.values(specs)
  const last = all.at(-1)
  const spec = all[at] ?? (last?.kind === "many" || last?.kind === "some" ? last : undefined)
  return spec?.completes ?? null
}

function fileAt(specs: ArgumentSpecs): number {
  return Object.values(specs).findIndex(({ completes }) => completes === "file")
}

/** bash takes `--extract=x` for three words. */
function withoutEquals(words: readonly string[]): string[] {
  return words.filter((word, at) => word !== "=" || words[at - 1]?.startsWith("--") !== true)
}

function withHome({ io }: Session, word: string): string {
  return word.startsWith("~/") ? `${io.home}${word.slice(1)}` : word
}

/** What a shell or a terminal would act upon, and what stands for a character that cannot be shown, is not offered. */
function isTypeable(text: string): boolean {
  return !/[\p{Cc}\p{Cs}\u2028\u2029\ufffd]/u.test(text)
}

const aboutMax = 60

function aboutText(text: string): string {
  const safe = text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, " ")
  return safe.length > aboutMax ? `${safe.slice(0, aboutMax - 1)}…` : safe
}

/**
 * A word of a line as bash has it for completion: with the quotes that were typed, of which the last may be open yet.
 *
 * @returns what the word would be; substitutions stay as they are
 */
export function unquoted(word: string): string {
  let text = ""
  let quote = ""
  for (let at = 0; at < word.length; at++) {
    const sign = word[at]!
    if (quote === "" && (sign === "'" || sign === '"')) quote = sign
    else if (sign === quote) quote = ""
    else if (sign === "\\" && quote !== "'" && isEscape(word[at + 1], quote)) text += word[++at] ?? ""
    else text += sign
  }
  return text
}

/** Between double quotes a backslash stays before most characters. */
function isEscape(next: string | undefined, quote: string): boolean {
  return quote === "" || (next !== undefined && '$`"\\'.includes(next))
}
