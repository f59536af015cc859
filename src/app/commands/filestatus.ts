import { type FormatName } from "../../core/format.ts"
import { AppError } from "../../errors/app-error.ts"
import { loadSealed } from "../open/open-file.ts"
import { type CommonOptions, type Source } from "../options.ts"
import { type Cell, table, tableStyle } from "../report/table.ts"
import { type Outcome, type Session } from "../session.ts"

interface FileStatusOptions {
  readonly file: Source
  readonly inputType: FormatName | undefined
  /** As `sops`: a text that is not UTF-8 is read as far as it goes. */
  readonly ofAnyBytes?: boolean
}

/** `filestatus`: into a pipe what upstream prints, at a terminal a row for people. */
export async function fileStatus(
  session: Session,
  options: FileStatusOptions & CommonOptions & { readonly json: boolean },
): Promise<Outcome> {
  const encrypted = await isSealedFile(session, options)
  if (options.json || !session.io.stdout.isTty) return { output: `${JSON.stringify({ encrypted })}\n` }
  const state: Cell = encrypted ? ["sealed", "good"] : ["not sealed", "warning"]
  return { output: table([[[options.file ?? "standard input", "name"], state]], tableStyle(session.io)) }
}

/**
 * The question of `filestatus`: whether a file is sealed. It opens nothing and asks for no key.
 *
 * @returns true when the metadata can be read and holds a version and a MAC
 */
export async function isSealedFile(
  session: Session,
  { file, inputType, ofAnyBytes, ...rest }: FileStatusOptions & Partial<CommonOptions>,
): Promise<boolean> {
  try {
    const { document } = await loadSealed(session, { source: file, inputType, ofAnyBytes, config: rest.config })
    return document.metadata.version !== "" && document.metadata.mac !== ""
  } catch (error) {
    if (error instanceof AppError && error.code === "NOT_SEALED") return false
    throw error
  }
}
