import { base64 } from "../../../core/base64.ts"
import { formatG, parseFloat64 } from "../../../core/gonumber.ts"
import { type Scalar } from "../../../core/scalar.ts"
import { decodeText, utf8 } from "../../../core/text.ts"
import { doubleQuoted, shapeOf, singleQuoted } from "./quote.ts"
import { isBreak } from "../scan/chars.ts"
import { resolvesToString } from "../resolve/resolve.ts"

/** The place of a scalar, as far as its spelling depends on it. */
export interface Carrier {
  /** `block`: a value in block context. `flow`: inside brackets or braces. `key`: a mapping key on one line. */
  readonly context: "block" | "flow" | "key"
  /** Spaces before the lines of a literal block. */
  readonly indent: number
  /** How many of these spaces are deeper than the parent: the indentation hint, if one is needed. */
  readonly hint: number
  /** Line end of the file. Only literal blocks hold any. */
  readonly eol: "\n" | "\r\n"
  /** The text goes on after the scalar on its line, or there is no line end, so that no block can follow. */
  readonly oneLine?: boolean
}

export const flowPlace: Carrier = { context: "flow", indent: 0, hint: 0, eol: "\n" }
export const keyPlace: Carrier = { context: "key", indent: 0, hint: 0, eol: "\n" }

/**
 * Spells a scalar as sops prints it. A literal block comes without its final line end, which is the one that ends
 * the line in any case.
 *
 * Numbers and booleans can change their kind when the text is read again, as in upstream: the float 1.0 is printed `1`.
 *
 * @see go-yaml v3.0.4 encode.go, which picks a style, and emitterc.go, which may refuse it
 */
export function spellScalar(scalar: Scalar, place: Carrier): string {
  switch (scalar.kind) {
    case "int":
    case "time":
    case "comment":
      return utf8.decode(scalar.bytes)
    case "bool":
      return scalar.bytes[0] === 0x54 ? "true" : "false"
    case "float":
      return spellFloat(utf8.decode(scalar.bytes))
    case "str":
    case "bytes":
      return spellString(scalar.bytes, place)
  }
}

function spellFloat(text: string): string {
  const name = formatG(parseFloat64(text) ?? Number.NaN)
  if (name === "NaN") return ".nan"
  if (name === "+Inf") return ".inf"
  return name === "-Inf" ? "-.inf" : name
}

/** Bytes that are not UTF-8 become a tagged `!!binary`, as in go-yaml. */
export function spellString(bytes: Uint8Array, place: Carrier): string {
  const text = decodeText(bytes)
  return text === null ? `!!binary ${spellText(base64Lines(bytes), place)}` : spellText(text, place)
}

/** As `spellString`, for text. */
export function spellText(text: string, place: Carrier): string {
  // The words that mean a merge get their tag, so that upstream reads them back as a string.
  if (text === "<<") return "!!merge <<"
  const shape = shapeOf(text)
  if (text.includes("\n")) {
    const endsOdd = isBreak(text.charCodeAt(text.length - 1)) && !text.endsWith("\n")
    const isBlock = place.context === "block" && place.oneLine !== true && shape.blockAllowed && !endsOdd
    return isBlock ? literal(text, place) : doubleQuoted(text)
  }
  if (!mayBePlain(text)) return doubleQuoted(text)
  if (place.context === "flow" ? shape.flowPlainAllowed : shape.blockPlainAllowed) return text
  if (!shape.singleQuotedAllowed) return doubleQuoted(text)
  if (!shape.hasBreak) return singleQuoted(text)
  if (place.context !== "block" || place.oneLine === true) return doubleQuoted(text)
  return singleQuoted(indentAfterBreaks(text, " ".repeat(place.indent)))
}

/** Whether a text without quotes is read back as this string, by this library and by those of YAML 1.1. */
function mayBePlain(text: string): boolean {
  return resolvesToString(text) && !isOldBool(text) && !isBase60(text)
}

function isOldBool(text: string): boolean {
  if (text.length > 3) return false
  switch (text) {
    case "y":
    case "Y":
    case "yes":
    case "Yes":
    case "YES":
    case "on":
    case "On":
    case "ON":
    case "n":
    case "N":
    case "no":
    case "No":
    case "NO":
    case "off":
    case "Off":
    case "OFF":
      return true
    default:
      return false
  }
}

/** Sexagesimal numbers of YAML 1.1, such as 12:30:45. */
function isBase60(text: string): boolean {
  const first = text.charCodeAt(0)
  const isNumberLike = first === 0x2b || first === 0x2d || (first >= 0x30 && first <= 0x39)
  return isNumberLike && text.includes(":") && /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/.test(text)
}

function literal(text: string, { indent, hint, eol }: Carrier): string {
  const first = text.charCodeAt(0)
  const last = text.charCodeAt(text.length - 1)
  const parts = ["|"]
  // Upstream writes no hint before a tab, cannot read that back, and in the end prints null for such a text.
  if (first === 0x20 || first === 0x09 || isBreak(first)) parts.push(String(hint))
  if (!isBreak(last)) parts.push("-")
  else if (text.length === 1 || isBreak(text.charCodeAt(text.length - 2))) parts.push("+")
  const margin = " ".repeat(indent)
  const body = last === 0x0a ? text.slice(0, -1) : text
  for (const line of body.split("\n")) parts.push(eol, indented(line, margin))
  return parts.join("")
}

function indented(line: string, margin: string): string {
  if (line === "") return ""
  return (isBreak(line.charCodeAt(0)) ? "" : margin) + indentAfterBreaks(line, margin)
}

/** Indents what follows the line breaks that only YAML 1.1 knows. */
function indentAfterBreaks(text: string, margin: string): string {
  if (!text.includes("\u2028") && !text.includes("\u2029")) return text
  return text.replaceAll(/[\u2028\u2029](?=[^\u2028\u2029])/g, `$&${margin}`)
}

function base64Lines(bytes: Uint8Array): string {
  const LINE = 70
  const text = base64(bytes)
  if (text.length < LINE) return text
  const lines: string[] = []
  for (let at = 0; at < text.length; at += LINE) lines.push(text.slice(at, at + LINE))
  return `${lines.join("\n")}\n`
}
