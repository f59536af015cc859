const shownMax = 200

// Everything that moves the cursor, turns the reading direction, or takes no room: C0, C1 and DEL, format characters
// (bidi marks and overrides, zero-width joiners, tags), line separators, lone surrogates, and fillers that print nothing.
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u

const short: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }

/**
 * Text from a file, a service or the command line, as it may be shown to a person: on one line, with every character
 * that a terminal or a log would act upon escaped, and cut at 200 characters. A backslash stays as it is, so the
 * result is for reading and not for parsing (security rule S20).
 */
export function display(text: string, charactersMax = shownMax): string {
  let shown = ""
  let count = 0
  for (const character of text) {
    const piece = unseen.test(character) ? escaped(character) : character
    count += piece.length
    if (count > charactersMax) return `${shown}…`
    shown += piece
  }
  return shown
}

/** A key path for people: `db.users[0]["odd key"]`. */
export function displayPath(path: readonly (string | number)[]): string {
  const parts = path.map((part, index) => {
    if (typeof part === "number") return `[${part}]`
    if (!/^[\w-]{1,100}$/.test(part)) return `["${display(part, 100)}"]`
    return index === 0 ? part : `.${part}`
  })
  return display(parts.join(""))
}

function escaped(character: string): string {
  const named = short[character]
  if (named !== undefined) return named
  const code = character.codePointAt(0) ?? 0
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, "0")}`
  return `\\u{${code.toString(16)}}`
}
