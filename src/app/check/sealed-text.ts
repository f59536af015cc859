import { tokenMark, parseToken } from "../../core/token.ts"
import { conflictIn } from "../../core/conflict.ts"
import { readSealed, type SealedDocument } from "../../core/document.ts"
import { type FormatName } from "../../core/format.ts"
import { checkVersion } from "../../core/metadata.ts"
import { limits } from "../../core/limits.ts"
import { decodeFile, lineAt } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { loadFormat, sniffSealed } from "../../formats/registry.ts"
import { formatByName, readNamed } from "../open/read-as.ts"
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
    }
  /** It was sealed once, and cannot be read any more. */
  | { readonly state: "broken"; readonly text: string; readonly findings: readonly Finding[] }
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
  if (text === null || !sealedMarks.some((mark) => text.includes(mark))) return { state: "plain", text }
  const named = formatByName(file, undefined, configured)
  const asSealed = (await loadFormat(named)).sealedLineEnds?.(text) ?? text
  try {
    const document = await readNamed(named, asSealed)
    return { state: "sealed", text: asSealed, document, hasOtherLineEnds: asSealed !== text }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const isSealed =
      named === "binary" ? await isSealedAside(text, error) : error.code !== "NOT_SEALED" && looksSealed(text, error)
    return isSealed ? { state: "broken", text, findings: [faultOf(file, text, error)] } : { state: "plain", text }
  }
}

/**
 * A file of an unknown kind was sealed only if it can be read up to its metadata, or if only conflict markers prevent
 * that.
 */
async function isSealedAside(text: string, { code }: AppError): Promise<boolean> {
  if (code === "METADATA_INVALID" || code === "NO_KEYS") return text.includes(tokenMark)
  if (conflictIn(text)?.isWhole !== true) return false
  try {
    readSealed(await loadFormat(sniffSealed(text)), ourSide(text), kindsInFile)
    return true
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
}

const metadataStart = /^(?:sops:[ \t\r]*$|sops_(?:version|mac|lastmodified)=|\[sops\])|"sops"[ \t\r\n]*:[ \t\r\n]*\{/m

/** Prose that shows a token, and data with a key called sops, are not sealed. */
function looksSealed(text: string, { code }: AppError): boolean {
  return text.includes(tokenMark) && (code === "METADATA_LOST" || metadataStart.test(text))
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
      return finding("SYNTAX", place, { subject: subject ?? error.fault })
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
