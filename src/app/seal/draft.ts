import { readSealed } from "../../core/document.ts"
import { type MetaMap } from "../../core/format.ts"
import { Cipher } from "../../core/gcm.ts"
import { isKeyField } from "../../core/metadata-keys.ts"
import { open } from "../../core/open.ts"
import { noSelectors, ruleOf } from "../../core/select.ts"
import { decodeText, utf8 } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { loadFormat } from "../../formats/registry.ts"
import { saveDraft } from "../../host/drafts.ts"
import { kindsInFile } from "../../keys/kinds.ts"
import { unwrapDataKey } from "../../keys/unwrap.ts"
import { servicesOf } from "../recipients/key-services.ts"
import { keyContext } from "../machine.ts"
import { type Session } from "../session.ts"
import { sealAs, sealOptions } from "./seal-new.ts"

/** What a draft is sealed with: the data key and the recipients of its file. */
export interface Draftable {
  readonly file: string
  /** The file as it was when the work began. */
  readonly base: Uint8Array | null
  readonly cipher: Cipher
  /** The file's metadata. */
  readonly tree: MetaMap
}

const compiled = { ...ruleOf(noSelectors), pattern: null }

/** Keeps an edited text in the user's state folder, sealed whole: it may be anything, and need not be valid. */
export async function keepDraft(
  session: Session,
  { file, base, cipher, tree }: Draftable,
  edited: Uint8Array,
): Promise<void> {
  const keys: MetaMap = new Map([...tree].filter(([name, value]) => isKeyField(name, value, kindsInFile)))
  const options = sealOptions(session, { cipher, keys, selectors: noSelectors, compiled, layoutMemo: false })
  const { text } = await sealAs({ bytes: edited, format: "binary" }, options)
  await saveDraft(session.io, file, { sealed: utf8.encode(text), base })
}

/** @throws {AppError} `DRAFT_INVALID` when it is damaged; `DATA_KEY` when no identity here opens it */
export async function openDraft(session: Session, file: string, sealed: Uint8Array): Promise<Uint8Array> {
  const text = decodeText(sealed)
  if (text === null) throw new AppError("DRAFT_INVALID")
  const document = readSealed(await loadFormat("binary"), text, kindsInFile)
  const { groups, threshold } = document.metadata
  const dataKey = await unwrapDataKey(groups, threshold, {
    context: keyContext(session, [file]),
    services: servicesOf(session),
  })
  try {
    return open(document, { cipher: new Cipher(dataKey), selectors: compiled, requireStructure: true }).bytes
  } catch (error) {
    throw error instanceof AppError ? new AppError("DRAFT_INVALID", error.where, { notes: [error.title] }) : error
  } finally {
    dataKey.wipe()
  }
}
