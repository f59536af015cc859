const blanks = " \t\r\n"

/**
 * Splits a command into words as upstream does, without a shell: blanks, single quotes, double quotes with
 * backslashes, backslashes, and comments from a "#" at the start of a word. Nothing is expanded.
 *
 * @returns `null` when a quote is not closed or the text ends in a backslash
 * @see github.com/google/shlex, Split
 */
export function splitWords(command: string): string[] | null {
  const words: string[] = []
  let word: string | null = null
  let quote: string | null = null
  const characters = Array.from(command)
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i]!
    if (quote !== "'" && character === "\\") {
      const next = characters[++i]
      if (next === undefined) return null
      word = (word ?? "") + next
    } else if (quote !== null) {
      if (character === quote) quote = null
      else word = (word ?? "") + character
    } else if (character === "'" || character === '"') {
      quote = character
      word ??= ""
    } else if (blanks.includes(character)) {
      if (word !== null) words.push(word)
      word = null
    } else if (character === "#" && word === null) {
      const end = characters.indexOf("\n", i)
      if (end === -1) break
      i = end
    } else {
      word = (word ?? "") + character
    }
  }
  if (quote !== null) return null
  if (word !== null) words.push(word)
  return words
}
