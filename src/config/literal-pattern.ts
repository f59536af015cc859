import { type Pattern } from "../core/select.ts"

/** One of the words that a pattern spells out, and the ends of the text that it is bound to. */
interface Word {
  readonly atStart: boolean
  readonly text: string
  readonly atEnd: boolean
}

const wordsMax = 64
const depthMax = 20
const caseInsensitive = "(?i)"

/**
 * Reads a pattern that only spells out words: `^(data|stringData)$`, `password$`, `(?i)token`, `^spec\.key$`.
 * Nearly all patterns in real configs are of this kind, and they need no regular expression engine.
 *
 * @returns a pattern that is exactly equal to the RE2 one, or `null` when it needs the engine (or is not valid)
 */
export function literalPattern(pattern: string): Pattern | null {
  const ignoresCase = pattern.startsWith(caseInsensitive)
  const reader = { text: ignoresCase ? pattern.slice(caseInsensitive.length) : pattern, at: 0 }
  const words = alternatives(reader, 0)
  if (words === null || reader.at < reader.text.length) return null
  if (!ignoresCase) return { test: (subject) => words.some((word) => matches(word, subject)) }
  if (words.some(({ text }) => !isAscii(text))) return null
  const folded = words.map((word) => ({ ...word, text: fold(word.text) }))
  return {
    test: (subject) => {
      const text = fold(subject)
      return folded.some((word) => matches(word, text))
    },
  }
}

function matches({ atStart, text, atEnd }: Word, subject: string): boolean {
  if (atStart && atEnd) return subject === text
  if (atStart) return subject.startsWith(text)
  if (atEnd) return subject.endsWith(text)
  return subject.includes(text)
}

interface Reader {
  readonly text: string
  at: number
}

function alternatives(reader: Reader, depth: number): Word[] | null {
  if (depth > depthMax) return null
  const all: Word[] = []
  for (;;) {
    const words = sequence(reader, depth)
    if (words === null) return null
    all.push(...words)
    if (all.length > wordsMax) return null
    if (reader.text[reader.at] !== "|") return all
    reader.at++
  }
}

function sequence(reader: Reader, depth: number): Word[] | null {
  let words: Word[] = [{ atStart: false, text: "", atEnd: false }]
  while (reader.at < reader.text.length) {
    const char = reader.text[reader.at]
    if (char === "|" || char === ")") return words
    const next = item(reader, depth)
    if (next === null) return null
    const joined = product(words, next)
    if (joined === null) return null
    words = joined
  }
  return words
}

function item(reader: Reader, depth: number): Word[] | null {
  const char = reader.text[reader.at++]!
  switch (char) {
    case "^":
      return [{ atStart: true, text: "", atEnd: false }]
    case "$":
      return [{ atStart: false, text: "", atEnd: true }]
    case "\\": {
      const escaped = reader.text[reader.at++]
      // RE2 gives letters and digits after a backslash a meaning; all other ASCII characters stand for themselves.
      if (escaped === undefined || !isAscii(escaped) || /[0-9A-Za-z]/.test(escaped)) return null
      return [{ atStart: false, text: escaped, atEnd: false }]
    }
    case "(": {
      if (reader.text.startsWith("?:", reader.at)) reader.at += 2
      const words = alternatives(reader, depth + 1)
      if (reader.text[reader.at] !== ")") return null
      reader.at++
      return words
    }
    default:
      return isOrdinary(char) ? [{ atStart: false, text: char, atEnd: false }] : null
  }
}

/** Every word of `left` followed by every word of `right`; `null` when an anchor stands inside a word, or too many. */
function product(left: readonly Word[], right: readonly Word[]): Word[] | null {
  if (left.length * right.length > wordsMax) return null
  const words: Word[] = []
  for (const a of left) {
    for (const b of right) {
      if ((b.atStart && (a.text !== "" || a.atEnd)) || (a.atEnd && b.text !== "")) return null
      words.push({ atStart: a.atStart || b.atStart, text: a.text + b.text, atEnd: a.atEnd || b.atEnd })
    }
  }
  return words
}

function isOrdinary(char: string): boolean {
  // Halves of a surrogate pair are left to the engine, which compares whole characters.
  return !".+*?()[]{}|^$\\".includes(char) && !(char >= "\ud800" && char <= "\udfff")
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false
  return true
}

/**
 * Folds what is equal to an ASCII letter without regard to case. That is Unicode's simple folding, as RE2 has it:
 * besides the letters only the Kelvin sign (k) and the long s (s). `toLowerCase` would fold more.
 */
function fold(text: string): string {
  let folded = ""
  let from = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    const letter = foldedLetter(code)
    if (letter === null) continue
    folded += text.slice(from, i) + letter
    from = i + 1
  }
  return from === 0 ? text : folded + text.slice(from)
}

function foldedLetter(code: number): string | null {
  if (code >= 0x41 && code <= 0x5a) return String.fromCharCode(code + 0x20)
  if (code === 0x212a) return "k"
  if (code === 0x17f) return "s"
  return null
}
