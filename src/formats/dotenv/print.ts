import { formatUpperG, parseFloat64 } from "../../core/gonumber.ts"
import { type Scalar, scalarText } from "../../core/scalar.ts"
import { utf8 } from "../../core/text.ts"
import { type MapEntry, type Tree } from "../../core/tree.ts"
import { AppError } from "../../errors/app-error.ts"

/**
 * A document as sops prints it.
 *
 * @throws {AppError} `NOT_PRINTABLE` for a value that is a mapping or list, and for a name that would be read as another
 */
export function printDotenv(tree: Tree): string {
  if (tree.type !== "map") throw notPrintable("the root is not a mapping")
  return tree.entries
    .map((entry) =>
      entry.type === "comment" ? `#${utf8.decode(entry.text).replaceAll("\n", "\n#")}\n` : `${printLine(entry)}\n`,
    )
    .join("")
}

export function printLine({ key, value }: Pick<MapEntry, "key" | "value">): string {
  if (key.startsWith("#")) throw notPrintable("a name begins like a comment", key)
  if (key.includes("=") || key.includes("\n")) throw notPrintable("a name holds an equal sign or a line break", key)
  return `${key}=${printDotenvValue(key, value)}`
}

/** The text of a value; upstream prints a null as Go does. */
export function printDotenvValue(key: string, value: Tree): string {
  if (value.type === "map" || value.type === "list") throw notPrintable("a value is a mapping or list", key)
  return value.type === "null" ? "<nil>" : printDotenvScalar(value.scalar)
}

/**
 * A value on its line. The line breaks of a text become a backslash with an `n`, which is the only escape; all
 * other kinds look as sops' ValToString prints them, so dates lose their fraction.
 *
 * @see sops v3.13.2 stores/stores.go, ValToString
 */
export function printDotenvScalar(scalar: Scalar): string {
  const text = scalarText(scalar)
  switch (scalar.kind) {
    case "str":
    case "bytes":
      return text.includes("\n") ? text.replaceAll("\n", "\\n") : text
    case "bool":
      return text.toLowerCase()
    case "float":
      return formatUpperG(parseFloat64(text) ?? NaN)
    case "time":
      return withoutFraction(text)
    case "int":
    case "comment":
      return text
  }
}

/** RFC 3339 without the digits after the seconds. */
function withoutFraction(time: string): string {
  const point = time.indexOf(".")
  if (point === -1) return time
  let end = point + 1
  while (end < time.length && time.charCodeAt(end) >= 0x30 && time.charCodeAt(end) <= 0x39) end++
  return time.slice(0, point) + time.slice(end)
}

function notPrintable(subject: string, key?: string): AppError {
  return new AppError("NOT_PRINTABLE", key === undefined ? {} : { path: [key] }, { subject })
}

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
  const text = printDotenvScalar(scalar).trim()
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
