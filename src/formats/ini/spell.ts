import { formatF, formatUpperG } from "../../core/gonumber.ts"
import { type Scalar, scalarText as textOf } from "../../core/scalar.ts"
import { utf8 } from "../../core/text.ts"
import { type Quote, readValue } from "./read-value.ts"
import { trim } from "./space.ts"

/**
 * The text of a scalar as upstream prints it in INI: everything is text there.
 *
 * @see sops v3.13.2 stores/stores.go, `ValToString`
 */
export function printIniScalar(scalar: Scalar): string {
  const { kind } = scalar
  if (kind === "str" || kind === "comment") return textOf(scalar)
  const text = utf8.decode(scalar.bytes)
  switch (kind) {
    case "bool":
      return text === "True" ? "true" : "false"
    case "float": {
      const number = Number(text)
      if (!Number.isFinite(number)) return text
      const printed = formatUpperG(number)
      return printed.includes(".") || printed.includes("E") ? printed : `${formatF(number)}.0`
    }
    case "time":
      return withoutFraction(text)
    case "int":
    case "bytes":
      return text
  }
}

function withoutFraction(time: string): string {
  const dot = time.indexOf(".")
  if (dot === -1) return time
  let end = dot + 1
  while (end < time.length && time.charCodeAt(end) >= 0x30 && time.charCodeAt(end) <= 0x39) end++
  return time.slice(0, dot) + time.slice(end)
}

/**
 * A value as upstream prints it.
 *
 * @see ini.v1 v1.67.3 file.go, `writeToBuffer`
 */
export function printIniValue(text: string): string {
  if (text.includes("\n") || text.includes("`")) return `"""${text}"""`
  if (text.includes("#") || text.includes(";")) return `\`${text}\``
  return trim(text).length === text.length ? text : `"${text}"`
}

/** A key as upstream prints it. */
export function printKey(key: string): string {
  if (key.includes('"') || key.includes("=") || key.includes(":")) return `\`${key}\``
  return key.includes("`") ? `"""${key}"""` : key
}

/** Which of the two readings has to give back the text: ours for content, upstream's for metadata. */
type Reader = "value" | "upstream"

/**
 * Spells a value in the quotes that are there if they can hold it, else as upstream prints it. Upstream prints some
 * values so that nobody reads them back (quotes at both ends, a backslash at the end); those get quotes that hold them.
 *
 * @param rest - what follows on the line
 */
export function spellValue(text: string, quote: Quote, rest: string, reader: Reader): string {
  if (quote === "" && isSimple(text)) return text
  const printed = text === "" ? '""' : printIniValue(text)
  if (quote !== "") {
    const kept = quote + text + quote
    if (readsBack(kept, text, rest, reader)) return kept
  }
  const raw = [`"""${text}"""`, `\`${text}\``]
  const closed = [`"${text}"`, `'${text}'`, text]
  // A comment after the value may hold what ends raw quotes, and it may still be a token now.
  const isAlone = trim(rest) === ""
  const candidates = isAlone ? [printed, ...raw, ...closed] : [...closed, ...raw]
  if (!isAlone && !raw.includes(printed)) candidates.unshift(printed)
  return candidates.find((spelled) => readsBack(spelled, text, rest, reader)) ?? printed
}

/**
 * No part of it has a special meaning in any reading. The common case, so it must cost little: one expression, which
 * takes more signs for white space than a reader does.
 */
export function isSimple(text: string): boolean {
  return simple.test(text)
}

const simple = /^(?![\s\x85"'])[^\n`#;]*[^\s\x85\\\n`#;]$/

function readsBack(spelled: string, text: string, rest: string, reader: Reader): boolean {
  // After a space, as in most files: there a mark would start a comment.
  const line = ` ${spelled}${rest}\n`
  try {
    const reading = readValue(line, 0, line.indexOf("\n"), 1)
    const { start, end } = reading.span
    return reading[reader] === text && start === 1 && end === 1 + spelled.length && reading.next === line.length
  } catch {
    // A quote that does not close: it cannot hold the text.
    return false
  }
}
