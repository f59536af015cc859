import { compileSelectors } from "../../config/re2.ts"
import { checkReadable, type Opened, type SealedDocument } from "../../core/document.ts"
import { Cipher } from "../../core/gcm.ts"
import { open } from "../../core/open.ts"
import { type SecretBytes } from "../../core/secret.ts"
import { deriveContext } from "../../keys/derive-context.ts"
import { unwrapDataKey } from "../../keys/unwrap.ts"
import { keyContext } from "../machine.ts"
import { type Session } from "../session.ts"

/**
 * Opens a document that nobody has looked at yet, for git: with identities of the environment and of files alone.
 * Nothing is asked, started or connected to, and no config is read.
 *
 * @returns with the data key, which the caller owns and wipes
 * @throws {AppError} `DATA_KEY` when no identity here opens it; what is broken in it
 */
export async function openAlone(
  session: Session,
  document: SealedDocument,
): Promise<{ opened: Opened; dataKey: SecretBytes }> {
  checkReadable(document)
  const { groups, threshold, selectors } = document.metadata
  const compiled = await compileSelectors(selectors, { refuseInvalid: false })
  const context = deriveContext(keyContext(session, []), { effort: "silent", isAlone: true })
  const dataKey = await unwrapDataKey(groups, threshold, { context })
  try {
    const opened = open(document, { cipher: new Cipher(dataKey), selectors: compiled, requireStructure: false })
    return { opened, dataKey }
  } catch (error) {
    dataKey.wipe()
    throw error
  }
}
