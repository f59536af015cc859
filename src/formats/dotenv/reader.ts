import { type Scalar, scalarText } from "../../core/scalar.ts"
import { printScalar } from "./print.ts"

const doubleQuoted: Readonly<Record<string, string>> = { n: "\n", r: "\r", '"': '"', "\\": "\\", $: "$" }

/** The name of a line as the usual readers of `.env` files see it: without `export`, spaces and a BOM. */
export function nameForReaders(key: string): string {
  return key
    .replace(/^[\s\uFEFF]+/, "")
    .replace(/^export\s+/, "")
    .trimEnd()
}

/**
 * The value of a line as the usual readers of `.env` files see it: quotes are not part of it, and without them a
 * comment ends it. What is in single quotes or backquotes is literal; in double quotes `\n`, `\r`, `\"`,
 * `\\` and `\$` mean something. docs/dotenv.md has the table of what which reader does.
 *
 * In one point it follows sops: a backslash with an `n` outside of quotes is a line break.
 */
export function valueForReaders(scalar: Scalar): string {
  const text = printScalar(scalar).trim()
  const quote = text[0]
  if (quote === "'" || quote === '"' || quote === "`") {
    const end = closingQuote(text, quote)
    if (end !== -1) {
      const inner = text.slice(1, end)
      return quote === '"' ? inner.replace(/\\([nr"\\$])/g, (_, letter: string) => doubleQuoted[letter]!) : inner
    }
  }
  const value = withoutBlanks(scalarText(scalar))
  const comment = commentAt(value)
  return comment === -1 ? value : withoutBlanks(value.slice(0, comment))
}

/** Whether readers take the end of an unquoted value for a comment. */
export function isCutByReaders(scalar: Scalar): boolean {
  const text = withoutBlanks(scalarText(scalar))
  return !/^['"`]/.test(text) && commentAt(text) !== -1
}

function commentAt(text: string): number {
  return text.search(/[^\S\n]#/)
}

/** A line break is not a space: on the line it is a backslash with an `n`. */
function withoutBlanks(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isBlank(text.charAt(start))) start++
  while (end > start && isBlank(text.charAt(end - 1))) end--
  return text.slice(start, end)
}

function isBlank(character: string): boolean {
  return character !== "\n" && character.trim() === ""
}

/** Where the value ends, if nothing but a comment follows; otherwise the quotes are part of the text. */
function closingQuote(text: string, quote: string): number {
  for (let at = 1; at < text.length; at++) {
    if (quote === '"' && text[at] === "\\") at++
    else if (text[at] === quote) return /^\s*(?:#.*)?$/s.test(text.slice(at + 1)) ? at : -1
  }
  return -1
}
