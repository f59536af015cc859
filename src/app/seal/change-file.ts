import { type Edit, equalBytes, utf8 } from "../../core/text.ts"
import { type Scan } from "../../core/format.ts"
import { splice } from "../../core/splice.ts"
import { AppError } from "../../errors/app-error.ts"
import { writeAtomic } from "../../host/write-atomic.ts"
import { openFile, type OpenedFile, type OpenRequest, withFile } from "../open/open-file.ts"
import { type ClearOptions } from "../options.ts"
import { sealOver } from "./seal-over.ts"
import { type Outcome, type Session } from "../session.ts"
import { formatByName } from "../open/read-as.ts"

export interface ChangeRequest extends Omit<OpenRequest, "source" | "valuesOnly">, ClearOptions {
  readonly file: string
  readonly followLinks: boolean
}

/**
 * Opens a file, changes its plain text, and seals it again in its place.
 *
 * @param change - the edits to make; no edits leave the file untouched
 */
export async function changeFile(
  session: Session,
  request: ChangeRequest,
  change: (scan: Scan, file: OpenedFile) => Promise<Edit[]>,
): Promise<Outcome> {
  const file = await openFile(session, { ...request, source: request.file, inputType: changedAs(session, request) })
  try {
    return await withFile(request.file, async () => {
      const { format } = file.document
      if (format.name === "binary") {
        throw new AppError("PATH_IN_BINARY", {}, { exit: 1 })
      }
      const plain = utf8.decode(file.opened.bytes)
      const scan = format.scan(plain)
      const changed = utf8.encode(splice(plain, await change(scan, file)))
      if (equalBytes(changed, file.opened.bytes) && request.ignoreMac !== true) return {}
      const { text } = await sealOver(session, file, changed, request).catch(ownMetadata)
      await writeAtomic(session.io, request.file, utf8.encode(text), {
        mode: "kept",
        opened: file.facts === null ? undefined : file.original,
        followLinks: request.followLinks,
      })
      return {}
    })
  } finally {
    file.dataKey.wipe()
  }
}

/** Upstream's container of a binary file is a JSON document to everybody who changes it. */
function changedAs(
  { dialect }: Session,
  { file, filenameOverride, inputType }: ChangeRequest,
): ChangeRequest["inputType"] {
  const isBinary = formatByName(filenameOverride ?? file, inputType, null) === "binary"
  return isBinary && dialect.files.binaryContainer === "json" ? "json" : inputType
}

/** The text that is sealed was just opened, so what looks like metadata in it is what the user has put there. */
function ownMetadata(error: unknown): never {
  throw error instanceof AppError && error.code === "ALREADY_SEALED" ? new AppError("RESERVED_KEY") : error
}
