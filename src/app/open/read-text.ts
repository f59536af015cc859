import { tokenMark } from "../../core/token.ts"
import { type FormatName } from "../../core/format.ts"
import { decodeFile, decodeText, decodeUtf16, hasUtf16Mark, utf8 } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { type Source } from "../options.ts"
import { type Session } from "../session.ts"

/**
 * The text of a file. UTF-16 with a BOM, as PowerShell's `>` makes it, is read too, with a notice, since nothing writes
 * it; as `sops` in YAML alone, whose parser knows it there.
 *
 * @param options.exit - what upstream ends with there
 * @returns `null` for bytes that are not text at all
 * @throws {AppError} `NOT_UTF8` for a text in another encoding, with the way out
 */
export function readText(
  session: Session,
  bytes: Uint8Array,
  { file, format, exit }: { readonly file: Source; readonly format: FormatName; readonly exit?: number },
): string | null {
  const knowsUtf16 = session.dialect.files.utf16 === "read" || format === "yaml"
  const text = knowsUtf16 ? decodeFile(bytes) : decodeText(bytes)
  const isOther = isWide(bytes) || (text === null && (hasUtf16Mark(bytes) || holdsToken(bytes)))
  if (isOther || (encodingOf(bytes) === "UTF-32" && format !== "binary"))
    throw new AppError("NOT_UTF8", {}, { exit, hint: conversion(bytes) })
  if (hasUtf16Mark(bytes) && session.dialect.warns) {
    session.notice(`${file ?? "standard input"} is UTF-16 text: it is read, and what is written is UTF-8`)
  }
  return text
}

/**
 * A file that is to be sealed, in UTF-8, even if the author's text was not. As `sops` only what its parser knows is
 * another encoding, and the rest is a fault of syntax.
 *
 * @throws {AppError} `NOT_UTF8`, as `readText`
 */
export function readPlain(
  session: Session,
  bytes: Uint8Array,
  asked: { readonly file: Source; readonly format: FormatName },
): Uint8Array {
  if (asked.format === "binary") return bytes
  const isOther =
    decodeUtf16(bytes) !== null ||
    (session.dialect.files.utf16 === "read" && (hasUtf16Mark(bytes) || encodingOf(bytes) === "UTF-32" || isWide(bytes)))
  if (!isOther) return bytes
  const text = readText(session, bytes, asked)
  if (text === null) throw notUtf8(bytes)
  return utf8.encode(text)
}

/**
 * The text of a file of which only the metadata counts. Upstream's parsers take any bytes there, but for that of YAML.
 *
 * @throws {AppError} `NOT_UTF8`
 */
export function readLoosely(bytes: Uint8Array, format: FormatName): string {
  const text = format === "yaml" ? decodeFile(bytes) : utf8.decode(bytes)
  if (text === null) throw new AppError("NOT_UTF8", {}, { exit: 1 })
  return text
}

/** Whether it is text in an encoding of which UTF-8 makes no error, but a NUL behind every letter. */
export function isWideText(bytes: Uint8Array): boolean {
  return isWide(bytes) || encodingOf(bytes) === "UTF-32"
}

/** Of bytes that are to be text, with the way out that fits them. */
export function notUtf8(bytes: Uint8Array): AppError {
  const isNamed = isWideText(bytes) || hasUtf16Mark(bytes)
  // Letters of a set of bytes, beside what every text has. What else there is in other files, no text has.
  const mayBeText = !bytes.some((byte) => byte < 0x20 && byte !== 9 && byte !== 10 && byte !== 13)
  if (!isNamed && !mayBeText) return new AppError("NOT_UTF8")
  const hint = isNamed
    ? conversion(bytes)
    : `if it is text, ${conversion(bytes)}; if not, treat it as binary: --input-type binary`
  return new AppError("NOT_UTF8", {}, { hint })
}

function conversion(bytes: Uint8Array): string {
  return `convert it: iconv -f ${encodingOf(bytes)} -t UTF-8, or in PowerShell \`Set-Content -Encoding utf8\``
}

/** Every second character is NUL. */
export function isUnmarkedUtf16(text: string): boolean {
  return /^(?:[^\0]\0){4}|^(?:\0[^\0]){4}/.test(text)
}

function isWide(bytes: Uint8Array): boolean {
  return isUnmarkedUtf16(String.fromCharCode(...bytes.subarray(0, 8)))
}

/** As iconv has it: by the NULs of the first character, or by the mark before it. */
function encodingOf(bytes: Uint8Array): string {
  const first = String.fromCharCode(...bytes.subarray(0, 4))
  if (/^(?:\0\0\xfe\xff|\xff\xfe\0\0|\0\0\0[^\0]|[^\0]\0\0\0)$/.test(first)) return "UTF-32"
  return hasUtf16Mark(bytes) || first.includes("\0") ? "UTF-16" : "ISO-8859-1"
}

function holdsToken(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(tokenMark, 0, "latin1")
}
