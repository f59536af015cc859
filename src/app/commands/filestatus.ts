import { type FormatName } from "../../core/format.ts"
import { AppError } from "../../errors/app-error.ts"
import { loadSealed } from "../open/open-file.ts"
import { type Source } from "../options.ts"
import { type Session } from "../session.ts"

export interface FileStatusOptions {
  readonly file: Source
  readonly inputType: FormatName | undefined
}

/**
 * `filestatus`: whether a file is sealed. Nothing is opened and no key is asked for.
 *
 * @returns true when the metadata can be read and holds a version and a MAC
 */
export async function isSealedFile(
  session: Session,
  { file, inputType, ...rest }: FileStatusOptions & { config?: string | undefined },
): Promise<boolean> {
  try {
    const { document } = await loadSealed(session, { source: file, inputType, config: rest.config })
    return document.metadata.version !== "" && document.metadata.mac !== ""
  } catch (error) {
    if (error instanceof AppError && error.code === "NOT_SEALED") return false
    throw error
  }
}
