import { compileSelectors } from "../../config/re2.ts"
import { checkReadable, type Opened, type SealedDocument } from "../../core/document.ts"
import { Cipher } from "../../core/gcm.ts"
import { limits } from "../../core/limits.ts"
import { monotonicMs } from "../../core/monotonic.ts"
import { leavesByToken, open } from "../../core/open.ts"
import { type SecretBytes } from "../../core/secret.ts"
import { type CompiledSelectors } from "../../core/select.ts"
import { deriveContext, type KeyContext } from "../../keys/provider.ts"
import { unwrapDataKey } from "../../keys/unwrap.ts"
import { keyContext } from "../machine.ts"
import { type Session } from "../session.ts"

/** An opened document. The data key belongs to its owner, who wipes it. */
export interface OpenedAlone {
  readonly document: SealedDocument
  readonly opened: Opened
  readonly dataKey: SecretBytes
  readonly cipher: Cipher
  readonly compiled: CompiledSelectors
}

/** How far the search for identities may go. */
export type Reach = "offline" | "online"

/**
 * Opens a document that nobody has looked at yet, for git: only with identities of the environment and of files.
 * Nothing is asked, started or connected to, and no config is read.
 *
 * @throws {AppError} `DATA_KEY` when no identity here opens it; what is broken in it
 */
export async function openAlone(
  session: Session,
  document: SealedDocument,
  options?: OpenWithOptions,
): Promise<OpenedAlone> {
  return openWith(document, await dataKeyOf(session, document, "offline"), options)
}

/**
 * The data key of a document. Offline nothing is asked and nothing runs: identities of the environment and of files, and
 * SSH keys that need no passphrase. Git calls the merge driver on content that nobody has looked at.
 *
 * @param until - by `monotonicMs()`: when looking for it ends; offline it always does
 * @throws {AppError} `DATA_KEY`
 */
export async function dataKeyOf(
  session: Session,
  document: SealedDocument,
  reach: Reach,
  until?: number,
): Promise<SecretBytes> {
  checkReadable(document)
  const { groups, threshold } = document.metadata
  const localUntil = until ?? (reach === "offline" ? monotonicMs() + limits.keys_alone_ms_max : undefined)
  return unwrapDataKey(groups, threshold, { context: contextFor(session, reach), localUntil })
}

/** What such an opening may use of the machine. */
export function contextFor(session: Session, reach: Reach): KeyContext {
  const context = keyContext(session, [])
  return reach === "online" ? context : deriveContext(context, { effort: "silent", isAlone: true })
}

interface OpenWithOptions {
  /** Another version of the document; what both have alike is opened once where the data key is the same. */
  readonly other?: Pick<OpenedAlone, "opened" | "dataKey"> | undefined
  /** Nobody looks at the plain text. */
  readonly valuesOnly?: boolean
}

/**
 * Opens a document with its data key, which it owns from now on.
 *
 * @throws {AppError} what is broken in it
 */
export async function openWith(
  document: SealedDocument,
  dataKey: SecretBytes,
  { other, valuesOnly = false }: OpenWithOptions = {},
): Promise<OpenedAlone> {
  try {
    const compiled = await compileSelectors(document.metadata.selectors, { refuseInvalid: false })
    const cipher = new Cipher(dataKey)
    const openedBefore = other?.dataKey.equals(dataKey) === true ? leavesByToken(other.opened.leaves) : undefined
    const opened = open(document, { cipher, selectors: compiled, requireStructure: false, openedBefore, valuesOnly })
    return { document, opened, dataKey, cipher, compiled }
  } catch (error) {
    dataKey.wipe()
    throw error
  }
}
