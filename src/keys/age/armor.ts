import { broken } from "./broken.ts"
import { decodeBase64 } from "../../core/base64.ts"

const begin = "-----BEGIN AGE ENCRYPTED FILE-----"
const end = "-----END AGE ENCRYPTED FILE-----"
const lineBytes = 48
const lineColumns = 64
const blanksMax = 1024

/** The text form of an age file, as every release of sops writes it: 64 columns, LF, and a final newline. */
export function encodeArmor(file: Uint8Array): string {
  const lines = [begin]
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  for (let at = 0; at < bytes.length; at += lineBytes) lines.push(bytes.toString("base64", at, at + lineBytes))
  lines.push(end, "")
  return lines.join("\n")
}

/**
 * Reads the text form, as strictly as age does: full lines but the last, canonical base64, nothing around it but
 * up to 1,024 blank characters. Lines may end in CRLF.
 *
 * @throws {AppError} `STANZA_INVALID`, also when the text is longer than `charsMax`
 */
export function decodeArmor(text: string, charsMax: number): Uint8Array {
  if (text.length > charsMax) throw broken("armor", `longer than ${charsMax} characters`)
  const lines = trimBlanks(text).split("\n")
  for (const [index, line] of lines.entries()) if (line.endsWith("\r")) lines[index] = line.slice(0, -1)
  if (lines.shift() !== begin || lines.pop() !== end) throw broken("armor")

  const parts: Uint8Array[] = []
  for (const [index, line] of lines.entries()) {
    const part = decodeBase64(line, { isPadded: true })
    const isLast = index === lines.length - 1
    if (part === null || line.length > lineColumns || part.length === 0) throw broken("armor")
    if (!isLast && part.length !== lineBytes) throw broken("armor")
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/** Blank lines before and spaces after are no part of the armor; spaces in the first line are. */
function trimBlanks(text: string): string {
  let start = 0
  let lineStart = 0
  while (start < text.length && isBlank(text.charCodeAt(start))) {
    if (text[start] === "\n") lineStart = start + 1
    start++
  }
  let stop = text.length
  while (stop > start && isBlank(text.charCodeAt(stop - 1))) stop--
  // What follows the last line on the line itself is not blank space around the file.
  const lineEnd = text.indexOf("\n", stop)
  const rest = text.slice(stop, lineEnd === -1 ? text.length : lineEnd)
  if (rest !== "" && rest !== "\r") throw broken("armor")
  if (lineStart > blanksMax || text.length - stop > blanksMax) throw broken("armor")
  return text.slice(lineStart, stop)
}

function isBlank(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d)
}
