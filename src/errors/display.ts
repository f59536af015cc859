// Every way in which text that others wrote becomes safe to show (security rule S20).

const shownMax = 200

// Everything that moves the cursor, turns the reading direction, or takes no room: C0, C1 and DEL, format characters
// (bidi marks and overrides, zero-width joiners, tags), line separators, lone surrogates, and fillers that print nothing.
// To read these classes takes V8 half a millisecond, at the place where they stand: most texts do without.
const unseen = (): RegExp => /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu
const printable = /^[ -~]*$/

/** Whether a text is of ASCII that can be seen, and so needs no look at those classes. */
export function isPrintable(text: string): boolean {
  return printable.test(text)
}

const short: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }

/**
 * Text from a file, a service or the command line, as it is in an error or a notice: on one line, with unseen
 * characters escaped, and cut at 200 characters. A backslash stays as it is, so the result is for reading and not for
 * parsing.
 */
export function display(text: string, charactersMax = shownMax): string {
  if (isPrintable(text)) return text.length > charactersMax ? `${text.slice(0, charactersMax)}…` : text
  const pattern = unseen()
  let shown = ""
  let count = 0
  for (const character of text) {
    const piece = character.replace(pattern, escaped)
    count += piece.length
    if (count > charactersMax) return `${shown}…`
    shown += piece
  }
  return shown
}

/** A key path for people: `db.users[0]["odd key"]`. */
export function displayPath(path: readonly (string | number)[]): string {
  return display(pathText(path, (key) => display(key, 100)))
}

/** Names of files and recipients in a report or a question, whole: unseen characters become U+FFFD. */
export function shown(text: string): string {
  return isPrintable(text) ? text : text.replace(unseen(), "\u{fffd}")
}

/** A key path as `sotto get` takes it, whole. */
export function shownKeyPath(path: readonly (string | number)[]): string {
  return pathText(path, shown)
}

function pathText(path: readonly (string | number)[], keyText: (key: string) => string): string {
  const parts = path.map((part, index) => {
    if (typeof part === "number") return `[${part}]`
    if (!/^[\w-]{1,100}$/.test(part)) return `["${keyText(part)}"]`
    return index === 0 ? part : `.${part}`
  })
  return parts.join("")
}

function escaped(character: string): string {
  const named = short[character]
  if (named !== undefined) return named
  const code = character.codePointAt(0) ?? 0
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, "0")}`
  return `\\u{${code.toString(16)}}`
}

// A plugin that was handed an identity may quote it.
const identity = /AGE-(PLUGIN|SECRET-KEY)-[^\s"']+/gi

/** What a plugin, a program or a service says, as it may be in a question or an error: one line, at most 200 characters. */
export function oneLine(text: string): string {
  const plain = text
    .replace(/[\p{C}\s]+/gu, " ")
    .trim()
    .replace(identity, "[identity]")
  const characters = Array.from(plain)
  return characters.length > shownMax ? `${characters.slice(0, shownMax).join("")}…` : plain
}

/** A name as a word of a shell's command line, in quotes where it needs them. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** The same for the name of a file, which no program takes for an option. */
export function fileWord(file: string): string {
  return shellWord(file.startsWith("-") ? `./${file}` : file)
}

/**
 * The text of a document as it may go to a pager: every control character but newline and tab is written as `\xNN`. A CR
 * at the end of a line is part of a line end and stays.
 */
export function withoutControls(text: string): string {
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, (character, at: number) => {
    if (character === "\r" && text[at + 1] === "\n") return character
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`
  })
}

/** The same for bytes that are no UTF-8; what is beyond ASCII in them stays. */
export function bytesWithoutControls(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1")
  const shown = text.replace(/[\x80-\x9f]+|[^\x80-\x9f]+/g, (part) =>
    part < "\x80" || part > "\x9f" ? withoutControls(part) : part,
  )
  return Buffer.from(shown, "latin1")
}
