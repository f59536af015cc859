import { compileSelectors } from "../../config/re2.ts"
import { checkReadable, type Opened, type SealedDocument } from "../../core/document.ts"
import { type FormatName } from "../../core/format.ts"
import { Cipher } from "../../core/gcm.ts"
import { open } from "../../core/open.ts"
import { type SecretBytes } from "../../core/secret.ts"
import { type CompiledSelectors } from "../../core/select.ts"
import { decodeFile } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { deriveContext } from "../../keys/derive-context.ts"
import { type KeyContext } from "../../keys/provider.ts"
import { unwrapDataKey } from "../../keys/unwrap.ts"
import { keyContext } from "../machine.ts"
import { formatByName, readAs } from "../open/read-as.ts"
import { sniffSealed } from "../../formats/registry.ts"
import { type Session } from "../session.ts"

export type SideName = "base" | "ours" | "theirs"

/** One version of a file, as it was read; nothing is opened yet. */
export type Side =
  | { readonly kind: "plain"; readonly bytes: Uint8Array }
  | { readonly kind: "sealed"; readonly bytes: Uint8Array; readonly document: SealedDocument }
  /** It looks sealed and cannot be read. */
  | { readonly kind: "broken"; readonly bytes: Uint8Array; readonly error: AppError }

/** A version that was opened. The data key belongs to whoever has this, and is wiped by them. */
export interface OpenedSide {
  readonly document: SealedDocument
  readonly opened: Opened
  readonly dataKey: SecretBytes
  readonly cipher: Cipher
  readonly compiled: CompiledSelectors
}

/** What is in the versions, once they are open. */
export interface OpenedVersions {
  readonly base: OpenedSide | Uint8Array | null
  readonly ours: OpenedSide
  readonly theirs: OpenedSide | Uint8Array
}

export function isOpened(side: OpenedSide | Uint8Array | null): side is OpenedSide {
  return side !== null && "opened" in side
}

/**
 * Reads a version of a file. What it is, is told by its content; its format by the name of the file, and by the content
 * where that says nothing.
 */
export async function readSide(bytes: Uint8Array, path: string | null): Promise<Side> {
  const text = decodeFile(bytes)
  if (text === null) return { kind: "plain", bytes }
  const named = formatByName(path, undefined, null)
  try {
    return { kind: "sealed", bytes, document: await readNamed(named, text) }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    if (error.code === "NOT_SEALED" || !looksSealed(text)) return { kind: "plain", bytes }
    return { kind: "broken", bytes, error }
  }
}

async function readNamed(named: FormatName, text: string): Promise<SealedDocument> {
  const seen = sniffSealed(text)
  if (named === "binary") return readAs(seen, text)
  try {
    return await readAs(named, text)
  } catch (error) {
    if (!(error instanceof AppError) || seen === named || seen === "binary") throw error
    // A name that says something else than the content: the content counts.
    return readAs(seen, text).catch(() => Promise.reject(error))
  }
}

function looksSealed(text: string): boolean {
  return text.includes("ENC[AES256_GCM,") || sniffSealed(text) !== "binary"
}

/** How far the search for identities may go. */
export type Reach = "offline" | "online"

/**
 * The data key of a version. Offline nothing is asked and nothing runs: identities of the environment and of files, and
 * SSH keys that need no passphrase. Git calls the merge driver on content that nobody has looked at.
 *
 * @throws {AppError} `DATA_KEY`
 */
export async function dataKeyOf(session: Session, document: SealedDocument, reach: Reach): Promise<SecretBytes> {
  checkReadable(document)
  const { groups, threshold } = document.metadata
  return unwrapDataKey(groups, threshold, { context: contextFor(session, reach) })
}

/** The machine as far as a merge may use it. */
export function contextFor(session: Session, reach: Reach): KeyContext {
  const context = keyContext(session, [])
  return reach === "online" ? context : deriveContext(context, { effort: "silent", isAlone: true })
}

/** Opens a version with its data key, which it owns from now on. @throws {AppError} what is broken in it */
export async function openSide(document: SealedDocument, dataKey: SecretBytes): Promise<OpenedSide> {
  try {
    const compiled = await compileSelectors(document.metadata.selectors, { refuseInvalid: false })
    const cipher = new Cipher(dataKey)
    const opened = open(document, { cipher, selectors: compiled, requireStructure: false })
    return { document, opened, dataKey, cipher, compiled }
  } catch (error) {
    dataKey.wipe()
    throw error
  }
}
