import { tokenMark, looksLikeToken } from "../../core/token.ts"
import { type MarkedConflict, conflictIn } from "../../core/conflict.ts"
import { type FormatName } from "../../core/format.ts"
import { scalarText } from "../../core/scalar.ts"
import { shownPath, type Site } from "../../core/site.ts"
import { decodeText, isUtf8 } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { loadFormat, sniffSealed } from "../../formats/registry.ts"

/**
 * What is wrong with a text that should be sealed and has no metadata. "Seal it" is the wrong advice for a text that
 * holds tokens, or that another tool has encrypted: nobody can open what is sealed twice.
 */
export async function whyNotSealed(text: string, format: FormatName): Promise<AppError> {
  return (await lostMetadata(text, format)) ?? foreign(text, "NOT_SEALED") ?? new AppError("NOT_SEALED")
}

/** The same for bytes that are not text at all. */
export function whyNoText(bytes: Uint8Array): AppError {
  return foreign(startOf(bytes), "NOT_SEALED") ?? new AppError("NOT_SEALED")
}

const startBytes = 100

function startOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, startBytes)).toString("latin1")
}

interface Plain {
  readonly bytes: Uint8Array
  readonly format: FormatName
  /** The user says that these are bytes of no format, so nothing in them has a meaning. */
  readonly isOpaque: boolean
}

/**
 * Refuses to seal what was sealed before, and what somebody has to fix first.
 *
 * @throws {AppError} `CONFLICT_MARKERS`, `METADATA_LOST`, `ALREADY_SEALED`
 */
export async function refuseDamaged({ bytes, format, isOpaque }: Plain): Promise<void> {
  const mayBe = mayBeText(bytes)
  if (mayBe && !isSuspect(bytes)) return
  const text = mayBe ? decodeText(bytes) : null
  if (text === null) {
    const other = isOpaque ? null : foreign(startOf(bytes), "ALREADY_SEALED")
    if (other !== null) throw other
    return
  }
  const conflict = isOpaque ? null : conflictIn(text)
  if (conflict !== null && (format !== "binary" || conflict.isWhole)) throw conflictError(conflict, text)
  if (format === "binary" && holdsTokens(text)) refuseWhole(text)
  if (isOpaque) return
  const other = foreign(text, "ALREADY_SEALED")
  if (other !== null) throw other
  const lost = await lostMetadata(text, format)
  if (lost !== null) throw lost
}

const headBytes = 4096

/** Bytes that are no text are so near their start, mostly: of a large file, that is a look at a small part. */
function mayBeText(bytes: Uint8Array): boolean {
  if (bytes.length <= headBytes) return true
  // Up to a sign that is whole.
  let end = headBytes
  while (end > 0 && (bytes[end - 1]! & 0xc0) === 0x80) end--
  if (end > 0 && bytes[end - 1]! >= 0xc0) end--
  return isUtf8(bytes.subarray(0, end))
}

/** Cheap, since hardly any plain text holds one of these. */
function isSuspect(bytes: Uint8Array): boolean {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const start = startOf(bytes)
  return suspects.some((mark) => view.includes(mark)) || starts.some((mark) => start.startsWith(mark))
}

/** A sealed file under a name that says nothing would be sealed a second time. */
function refuseWhole(text: string): void {
  if (sniffSealed(text) !== "binary" || /"mac"\s*:\s*"ENC\[AES256_GCM,/.test(text)) throw new AppError("ALREADY_SEALED")
}

/** @throws {AppError} `CONFLICT_MARKERS` */
export function refuseConflict(text: string): void {
  const conflict = conflictIn(text)
  if (conflict !== null) throw conflictError(conflict, text)
}

function conflictError({ line, ours, theirs, count }: MarkedConflict, text: string): AppError {
  const [mine, other] = [ours || "one side", theirs || "the other side"]
  const hint = holdsTokens(text)
    ? `decide it by value: sotto resolve {file}; or keep one side whole: git checkout --ours {file} (${mine}), or --theirs (${other})`
    : "choose between the two in your editor, and remove the lines with <<<<<<<, ======= and >>>>>>>"
  const notes = count > 1 ? [`in ${count} places`] : undefined
  return new AppError("CONFLICT_MARKERS", { line }, { subject: `${mine} and ${other}`, notes, hint })
}

function holdsTokens(text: string): boolean {
  return text.includes(tokenMark)
}

async function lostMetadata(text: string, format: FormatName): Promise<AppError | null> {
  if (!holdsTokens(text)) return null
  const site = await tokenSite(text, format)
  if (site !== null) return new AppError("METADATA_LOST", { line: site.line, path: shownPath(site.item) })
  // Prose that shows a token in passing was never sealed; a line that is an entry with one was.
  const line = format === "binary" ? entryLine(text) : null
  return line === null ? null : new AppError("METADATA_LOST", { line })
}

/** The first value or comment that is a token, in a text without metadata. */
async function tokenSite(text: string, format: FormatName): Promise<Site | null> {
  try {
    const { sites, metadata } = (await loadFormat(format)).scan(text)
    if (metadata !== null) return null
    return sites.find(({ scalar }) => scalar !== null && looksLikeToken(scalarText(scalar))) ?? null
  } catch (error) {
    if (error instanceof AppError) return null
    throw error
  }
}

const entry = /^[ \t]*(?:- )?["']?[\w.-]{1,200}["']?[ \t]{0,100}[:=][ \t]{0,100}["']?ENC\[AES256_GCM,data:/

function entryLine(text: string): number | null {
  for (let at = 0, line = 1; at < text.length; line++) {
    const newline = text.indexOf("\n", at)
    if (entry.test(text.slice(at, at + 500))) return line
    if (newline === -1) return null
    at = newline + 1
  }
  return null
}

/** How the files of other tools begin, and what opens them. */
const others: readonly { readonly starts: readonly string[]; readonly tool: string; readonly opens: string }[] = [
  { starts: ["$ANSIBLE_VAULT;"], tool: "ansible-vault", opens: "ansible-vault decrypt {file}" },
  { starts: ["\0GITCRYPT\0"], tool: "git-crypt", opens: "git-crypt unlock" },
  {
    starts: ["age-encryption.org/v1\n", "-----BEGIN AGE ENCRYPTED FILE-----"],
    tool: "age",
    opens: "age --decrypt -i KEYS {file}",
  },
  { starts: ["-----BEGIN PGP MESSAGE-----"], tool: "gpg", opens: "gpg --decrypt {file}" },
]

const suspects = [tokenMark, "<<<<<<<", ">>>>>>>", "encrypted:"]
const starts = others.flatMap((other) => other.starts)

/** A file that is encrypted, but not by sops. */
function foreign(text: string, code: "NOT_SEALED" | "ALREADY_SEALED"): AppError | null {
  const found = others.find(({ starts }) => starts.some((start) => text.startsWith(start)))
  if (found !== undefined) {
    return new AppError(code, {}, { subject: `${found.tool} encrypted it`, hint: `open it with: ${found.opens}` })
  }
  if (!/^[ \t]*(?:export )?[\w.-]+=["']?encrypted:[\w+/]{40}/m.test(text)) return null
  return new AppError(code, {}, { subject: "dotenvx encrypted it", hint: "open it with: dotenvx decrypt -f {file}" })
}
