import { type Pattern } from "../core/select.ts"

/** One character of a word, or a run of such characters. */
interface Item {
  /** The character itself, or what it can be. */
  readonly char: string | ((char: string) => boolean)
  readonly isOptional: boolean
  /** Any number of them, none too. */
  readonly repeats: boolean
}

/** One of the words that a pattern spells out, and the ends of the text that it is bound to. */
interface Word {
  readonly atStart: boolean
  readonly items: readonly Item[]
  readonly atEnd: boolean
}

const wordsMax = 64
const depthMax = 20
const caseInsensitive = "(?i)"

/**
 * Reads a pattern that spells out words, with gaps: `^(data|stringData)$`, `(?i)token`, `^secrets/.*\\.ya?ml$`,
 * `[^/]+\\.env$`. Nearly all patterns of real configs are of this kind, and they need no regular expression engine.
 *
 * @returns a pattern that is exactly equal to the RE2 one, or `null` when it needs the engine (or is not valid)
 */
export function simplePattern(pattern: string): Pattern | null {
  const ignoresCase = pattern.startsWith(caseInsensitive)
  const reader = { text: ignoresCase ? pattern.slice(caseInsensitive.length) : pattern, at: 0 }
  const words = alternatives(reader, 0)
  if (words === null || reader.at < reader.text.length) return null
  if (!ignoresCase) {
    const tests = words.map(testOf)
    return { test: (subject) => tests.some((test) => test(subject)) }
  }
  const folded: ((text: string) => boolean)[] = []
  for (const word of words) {
    const text = textOf(word)
    if (text === null || !isAscii(text)) return null
    folded.push(testOfText(word, fold(text)))
  }
  return {
    test: (subject) => {
      const text = fold(subject)
      return folded.some((test) => test(text))
    },
  }
}

/** The text of a word that has no gaps. */
function textOf({ items }: Word): string | null {
  let text = ""
  for (const { char, isOptional } of items) {
    if (typeof char !== "string" || isOptional) return null
    text += char
  }
  return text
}

function testOf(written: Word): (subject: string) => boolean {
  const word = withoutLooseEnds(written)
  const text = textOf(word)
  return text === null ? (subject) => walk(word, subject) : testOfText(word, text)
}

/** A search that may begin and end anywhere needs nothing of what is optional at its ends: `.*x` finds what `x` finds. */
function withoutLooseEnds({ atStart, items, atEnd }: Word): Word {
  let from = 0
  let to = items.length
  while (!atStart && from < to && items[from]!.isOptional) from++
  while (!atEnd && from < to && items[to - 1]!.isOptional) to--
  return { atStart, items: items.slice(from, to), atEnd }
}

function testOfText({ atStart, atEnd }: Word, text: string): (subject: string) => boolean {
  if (atStart && atEnd) return (subject) => subject === text
  if (atStart) return (subject) => subject.startsWith(text)
  if (atEnd) return (subject) => subject.endsWith(text)
  return (subject) => subject.includes(text)
}

/** Goes through the subject once, in every place of the word at the same time: no pattern makes it go back. */
function walk({ atStart, items, atEnd }: Word, subject: string): boolean {
  const end = items.length
  let here = new Uint8Array(end + 1)
  let next = new Uint8Array(end + 1)
  here[0] = 1
  skipOptional(items, here)
  for (const char of subject) {
    if (here[end] === 1 && !atEnd) return true
    let isAlive = !atStart
    next.fill(0)
    if (!atStart) next[0] = 1
    for (let i = 0; i < end; i++) {
      if (here[i] === 0) continue
      const { char: expected, repeats } = items[i]!
      if (typeof expected === "string" ? expected !== char : !expected(char)) continue
      next[repeats ? i : i + 1] = 1
      isAlive = true
    }
    if (!isAlive) return false
    skipOptional(items, next)
    ;[here, next] = [next, here]
  }
  return here[end] === 1
}

function skipOptional(items: readonly Item[], places: Uint8Array): void {
  for (let i = 0; i < items.length; i++) if (places[i] === 1 && items[i]!.isOptional) places[i + 1] = 1
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

const empty: Word = { atStart: false, items: [], atEnd: false }

function sequence(reader: Reader, depth: number): Word[] | null {
  let words: Word[] = [empty]
  while (reader.at < reader.text.length) {
    const char = reader.text[reader.at]
    if (char === "|" || char === ")") return words
    const next = part(reader, depth)
    if (next === null) return null
    const joined = product(words, next)
    if (joined === null) return null
    words = joined
  }
  return words
}

function part(reader: Reader, depth: number): Word[] | null {
  const char = reader.text[reader.at]!
  switch (char) {
    case "^":
    case "$":
      reader.at++
      return isRepeated(reader) ? null : [{ ...empty, atStart: char === "^", atEnd: char === "$" }]
    case "(": {
      reader.at++
      if (reader.text.startsWith("?:", reader.at)) reader.at += 2
      const words = alternatives(reader, depth + 1)
      if (reader.text[reader.at] !== ")") return null
      reader.at++
      return words === null || isRepeated(reader) ? null : words
    }
    default: {
      const one = character(reader)
      const items = one === null ? null : repeated(reader, one)
      return items === null ? null : [{ ...empty, items }]
    }
  }
}

/** What stands for one character. */
function character(reader: Reader): Item["char"] | null {
  const char = reader.text[reader.at++]!
  switch (char) {
    case ".":
      return (each) => each !== "\n"
    case "[":
      return oneOf(reader)
    case "\\":
      return escaped(reader)
    default:
      return isOrdinary(char) ? char : null
  }
}

/** RE2 gives letters and digits after a backslash a meaning; all other ASCII characters stand for themselves. */
function escaped(reader: Reader): string | null {
  const char = reader.text[reader.at++]
  return char === undefined || !isAscii(char) || /[0-9A-Za-z]/.test(char) ? null : char
}

/** The characters of a class in brackets: ASCII ones and their ranges; what has a meaning of its own there is not taken. */
function oneOf(reader: Reader): Item["char"] | null {
  const isNegated = reader.text[reader.at] === "^"
  if (isNegated) reader.at++
  const ranges: { readonly from: string; readonly to: string }[] = []
  for (;;) {
    if (reader.text[reader.at] === "]") break
    if (reader.text[reader.at] === "-" && (ranges.length === 0 || reader.text[reader.at + 1] === "]")) {
      reader.at++
      if (reader.text[reader.at] === "-") return null
      ranges.push({ from: "-", to: "-" })
      continue
    }
    const from = classChar(reader)
    if (from === null) return null
    const isRange = reader.text[reader.at] === "-" && reader.text[reader.at + 1] !== "]"
    if (isRange) reader.at++
    const to = isRange ? classChar(reader) : from
    if (to === null || to < from) return null
    ranges.push({ from, to })
  }
  reader.at++
  if (ranges.length === 0) return null
  return (char) => ranges.some(({ from, to }) => char >= from && char <= to && char.length === 1) !== isNegated
}

function classChar(reader: Reader): string | null {
  const char = reader.text[reader.at++]
  if (char === "\\") return escaped(reader)
  return char === undefined || !isAscii(char) || "[]^-".includes(char) ? null : char
}

function isRepeated({ text, at }: Reader): boolean {
  return at < text.length && "*+?{".includes(text[at]!)
}

function repeated(reader: Reader, char: Item["char"]): Item[] | null {
  const once = { char, isOptional: false, repeats: false }
  const sign = reader.text[reader.at]
  if (sign === "{") return null
  if (sign !== "*" && sign !== "+" && sign !== "?") return [once]
  reader.at++
  // A second sign makes the run as short as can be, which changes nothing for whether there is a match, or is no RE2.
  if (reader.text[reader.at] === "?") reader.at++
  if (isRepeated(reader)) return null
  const many = { char, isOptional: true, repeats: true }
  if (sign === "*") return [many]
  return sign === "+" ? [once, many] : [{ ...once, isOptional: true }]
}

/** Every word of `left` followed by every word of `right`; `null` when an anchor stands inside a word, or too many. */
function product(left: readonly Word[], right: readonly Word[]): Word[] | null {
  if (left.length * right.length > wordsMax) return null
  const words: Word[] = []
  for (const a of left) {
    for (const b of right) {
      if ((b.atStart && (a.items.length > 0 || a.atEnd)) || (a.atEnd && b.items.length > 0)) return null
      words.push({ atStart: a.atStart || b.atStart, items: [...a.items, ...b.items], atEnd: a.atEnd || b.atEnd })
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
