import { tokenMark, parseToken } from "../../core/token.ts"
import { conflictIn } from "../../core/conflict.ts"
import { readSealed, type SealedDocument } from "../../core/document.ts"
import { type FormatName } from "../../core/format.ts"
import { checkVersion } from "../../core/metadata.ts"
import { limits } from "../../core/limits.ts"
import { decodeFile, hasUtf16Mark, lineAt } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { detectPlainFormat } from "../../formats/plain-name.ts"
import { loadFormat, sniffSealed } from "../../formats/registry.ts"
import { formatByName, readNamed } from "../open/read-as.ts"
import { isUnmarkedUtf16 } from "../open/read-text.ts"
import { kindsInFile } from "../../keys/kinds.ts"
import { type Finding, finding } from "./finding.ts"

/** What the bytes of a file turn out to be, without a key. */
export type Inspected =
  | {
      readonly state: "sealed"
      readonly text: string
      readonly document: SealedDocument
      /** The file has others than it was sealed with; `text` is as it was sealed. */
      readonly hasOtherLineEnds: boolean
      /** How it was encoded after it was sealed, where sops cannot read that; `null`: as sops writes it. */
      readonly encoding: string | null
    }
  /** It was sealed once, and cannot be read any more. `null`: it is not UTF-8. */
  | { readonly state: "broken"; readonly text: string | null; readonly findings: readonly Finding[] }
  /** `null`: it is not UTF-8. */
  | { readonly state: "plain"; readonly text: string | null }
  | { readonly state: "large" }

/** As for `textconv` and the merge driver: people keep no secrets in larger files. */
export const checkedBytesMax = 64 * 1024 * 1024

/** Every sealed file holds one of these: a token, or the date in its metadata. */
export const sealedMarks = [tokenMark, "lastmodified"] as const

/**
 * Tells whether a file is sealed, and reads what can be read without a key.
 *
 * @param configured - the format that its rule names
 */
export async function inspect(file: string, bytes: Uint8Array, configured: FormatName | null): Promise<Inspected> {
  if (bytes.length > checkedBytesMax) return { state: "large" }
  const text = decodeFile(bytes)
  const named = formatByName(file, undefined, configured)
  if (text === null || isUnmarkedUtf16(text)) return inspectOtherEncoding(file, bytes, text, named)
  if (!sealedMarks.some((mark) => text.includes(mark))) return { state: "plain", text }
  const asSealed = (await loadFormat(named)).sealedLineEnds?.(text) ?? text
  try {
    const document = await readNamed(named, asSealed)
    const encoding = encodingFault(bytes, document)
    return { state: "sealed", text: asSealed, document, hasOtherLineEnds: asSealed !== text, encoding }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const isSealed = looksSealed(file, named, text, error) || (named === "binary" && (await isConflictOfSealed(text)))
    return isSealed ? { state: "broken", text, findings: [faultOf(file, text, error)] } : { state: "plain", text }
  }
}

/** A sealed file that was written anew in another encoding, or has bytes that are no text. */
function inspectOtherEncoding(file: string, bytes: Uint8Array, text: string | null, named: FormatName): Inspected {
  const ascii = asciiOf(bytes)
  const isSealed = ascii.includes(tokenMark) && hasMetadataOrContainer(file, named, ascii)
  if (!isSealed) return { state: "plain", text }
  return { state: "broken", text, findings: [finding("SYNTAX", { file }, { subject: "it is not UTF-8 text" })] }
}

/** What is ASCII in it can be found, whether letters of another set stand around it or UTF-16 puts NULs between. */
function asciiOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1").replaceAll("\0", "")
}

/** The text in which keys are looked for: in any encoding, and in bytes that are no text as a whole. */
export function searchable(bytes: Uint8Array, inspected: Inspected): string {
  const text = inspected.state === "large" ? "" : inspected.text
  return text === null || isUnmarkedUtf16(text) ? asciiOf(bytes) : text
}

/** sops reads UTF-16 in YAML alone, and a mark in front of all but JSON. */
function encodingFault(bytes: Uint8Array, { format }: SealedDocument): string | null {
  if (hasUtf16Mark(bytes)) return format.name === "yaml" ? null : "it is UTF-16, which sops cannot read"
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  return hasMark && (format.name === "json" || format.name === "binary")
    ? "a byte order mark is in front of it, and sops cannot read that"
    : null
}

/** A file of an unknown kind that can be read but for conflict markers. */
async function isConflictOfSealed(text: string): Promise<boolean> {
  if (conflictIn(text)?.isWhole !== true) return false
  try {
    readSealed(await loadFormat(sniffSealed(text)), ourSide(text), kindsInFile)
    return true
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
}

const metadataStart = /^(?:sops:[ \t\r]*$|sops_\w{1,200}=|\[sops\])|"sops"[ \t\r\n]*:[ \t\r\n]*\{/m
/** How the binary container begins, with marks of a conflict around its lines or without. */
const containerStart = /(?<![\s\S])\ufeff?(?:\s|^[<=>|]{7}.*$)*\{(?:\s|^[<=>|]{7}.*$)*"data"\s*:\s*"ENC\[AES256_GCM,/m

/** Prose that shows a token, and data with a key called sops, are not sealed. */
function looksSealed(file: string, named: FormatName, text: string, { code }: AppError): boolean {
  if (!text.includes(tokenMark)) return false
  if (named === "binary") {
    if (code === "METADATA_INVALID" || code === "NO_KEYS") return true
  } else {
    if (code === "METADATA_LOST") return true
    // `sops: 1` among tokens.
    if (code === "METADATA_INVALID" && tokenLine.test(text)) return true
  }
  return code !== "NOT_SEALED" && hasMetadataOrContainer(file, named, text)
}

/** A value that is a token, whatever stands around it. A line is searched once, whatever ends it. */
const tokenLine = /^[^\n\r\u2028\u2029#]{0,1000}[:=][ \t]{0,100}["']?ENC\[AES256_GCM,/m

/** Names such as `.env.production` tell their kind to people alone. */
function hasMetadataOrContainer(file: string, named: FormatName, text: string): boolean {
  if (containerStart.test(text)) return true
  return (named !== "binary" || detectPlainFormat(file) !== "binary") && metadataStart.test(text)
}

/** 1-based line of the metadata; `undefined` when it is not where it usually is. */
export function metadataLine(text: string): number | undefined {
  const at = text.search(metadataStart)
  return at === -1 ? undefined : lineAt(text, at)
}

function faultOf(file: string, text: string, error: AppError): Finding {
  const place = { file, line: error.where.line ?? metadataLine(text), path: error.where.path }
  const { subject } = error.detail
  switch (error.code) {
    case "METADATA_INVALID":
    case "NO_KEYS":
      return finding(error.code, place, { subject })
    case "METADATA_LOST":
      return finding("METADATA_INVALID", place, { subject: "it is gone, and tokens are left" })
    case "CONFLICT_MARKERS":
      return finding("CONFLICT_MARKERS", place, { subject, hint: error.detail.hint?.replaceAll("{file}", file) })
    case "TOO_LARGE":
      return finding("TOO_LARGE", place, { subject })
    default:
      return finding("SYNTAX", place, { subject: subject ?? error.title })
  }
}

/** What is wrong with metadata that could be read. */
export function metadataFindings(
  file: string,
  { text, document }: { readonly text: string; readonly document: SealedDocument },
): Finding[] {
  const { metadata } = document
  const place = { file, line: metadataLine(text) }
  const found: Finding[] = []
  try {
    checkVersion(metadata.version)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    found.push(finding("METADATA_INVALID", place, { subject: error.detail.subject }))
  }
  if (metadata.mac === "") found.push(finding("MAC_MISSING", place))
  else if (typeof parseToken(metadata.mac, limits.nonce_bytes_max) === "string")
    found.push(finding("METADATA_INVALID", place, { subject: "mac is not a token" }))
  return found
}

/** The text as one side of a conflict has it. */
function ourSide(text: string): string {
  let side: "both" | "ours" | "other" = "both"
  const kept: string[] = []
  for (const line of text.split("\n")) {
    if (line.startsWith("<<<<<<<")) side = "ours"
    else if (side !== "both" && line.startsWith(">>>>>>>")) side = "both"
    else if (side !== "both" && /^(?:={7}\r?$|\|{7})/.test(line)) side = "other"
    else if (side !== "other") kept.push(line)
  }
  return kept.join("\n")
}
