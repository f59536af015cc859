import { utf8 } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { openLoaded } from "../open/open-file.ts"
import { type Session } from "../session.ts"
import { loadSettings } from "../settings.ts"
import { type CheckCode, type Finding, finding, type Words } from "./finding.ts"
import { type SealedFile } from "./judge.ts"

const codes: ReadonlyMap<string, CheckCode> = new Map([
  ["MAC_MISMATCH", "MAC_MISMATCH"],
  ["MAC_INVALID", "MAC_MISMATCH"],
  ["STRUCTURE_CHANGED", "STRUCTURE_CHANGED"],
  ["VALUE_NOT_OPENED", "VALUE_NOT_OPENED"],
  ["VALUE_TYPE", "VALUE_NOT_OPENED"],
])
/** Reported without a key already. */
const known: ReadonlySet<string> = new Set([
  "TOKEN_INVALID",
  "TRAILING_TEXT",
  "MAC_MISSING",
  "METADATA_INVALID",
  "NO_KEYS",
])

/**
 * Opens what was judged, which need not be what the work tree holds, and reports what does not hold. For `--verify`
 * alone: it needs an identity, and may ask its owner.
 */
export async function verifyFindings(
  session: Session,
  path: string,
  { file, text, document }: SealedFile,
  config?: string,
): Promise<Finding[]> {
  try {
    const settings = await loadSettings(session, path, config)
    const loaded = {
      file: path,
      name: path,
      original: () => utf8.encode(text),
      facts: null,
      isForeign: false,
      told: null,
    }
    const request = { valuesOnly: true, decryptionOrder: [] }
    const opened = await openLoaded(session, { ...loaded, document, settings }, request)
    opened.dataKey.wipe()
    return []
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    if (known.has(error.code)) return []
    const { line, path: place } = error.where
    const code = codes.get(error.code)
    if (code !== undefined) return [finding(code, { file, line, path: place }, wordsOf(error))]
    return [finding("NOT_VERIFIED", { file }, { subject: error.code === "DATA_KEY" ? undefined : error.title })]
  }
}

/** What is known of the change, and what reverts it. */
function wordsOf({ detail: { notes = [] }, hint }: AppError): Words {
  const subject = notes.join("; ").replace(":; ", ": ")
  return { subject: subject === "" ? undefined : subject, hint }
}
