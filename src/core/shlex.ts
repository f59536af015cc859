/**
 * Splits a command into words as sops does, without a shell: spaces separate; `'...'` is literal; in `"..."` and
 * outside of quotes a backslash makes any next character literal; `#` at the start of a word begins a
 * comment up to the end of the line. Nothing is expanded.
 *
 * @returns `null` for a quote without its end, or a backslash at the very end
 * @see spec of the sops command line, section 10.3; github.com/google/shlex
 */
export function splitWords(text: string): string[] | null {
  const words: string[] = []
  let word: string | null = null
  let quote: '"' | "'" | null = null
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!
    if (quote === "'" || (quote === '"' && character !== "\\")) {
      if (character === quote) quote = null
      else word = (word ?? "") + character
    } else if (character === "\\") {
      at++
      if (at === text.length) return null
      word = (word ?? "") + text[at]!
    } else if (character === '"' || character === "'") {
      quote = character
      word ??= ""
    } else if (isBlank(character)) {
      if (word !== null) words.push(word)
      word = null
    } else if (character === "#" && word === null) {
      at = endOfLine(text, at)
    } else {
      word = (word ?? "") + character
    }
  }
  if (quote !== null) return null
  if (word !== null) words.push(word)
  return words
}

function isBlank(character: string): boolean {
  return character === " " || character === "\t" || character === "\r" || character === "\n"
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf("\n", at)
  return end === -1 ? text.length : end
}
