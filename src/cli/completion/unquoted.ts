/**
 * A word of a line as bash has it for completion: with the quotes that were typed, of which the last may be open yet.
 *
 * @returns what the word would be; substitutions stay as they stand
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
