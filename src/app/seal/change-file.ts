import { type OpenRequest, type OpenedFile, openFile, withFile } from "../open/open-file.ts"
import { formatByName } from "../open/read-as.ts"
import { type TreePath } from "../open/tree-path.ts"
import { type ClearOptions } from "../options.ts"
import { clearNames, saySealed } from "../report/sealed-line.ts"
import { guardClear } from "./clear-guard.ts"
import { knownScan, sealOver } from "./seal-over.ts"
import { type Outcome, type Session } from "../session.ts"
import { type Format, type Scan } from "../../core/format.ts"
import { scalarText } from "../../core/scalar.ts"
import { splice } from "../../core/splice.ts"
import { type Edit, equalBytes, utf8 } from "../../core/text.ts"
import { type Told, type ToldValues, toldKey } from "../../core/told.ts"
import { type CommentEntry, type Tree } from "../../core/tree.ts"
import { AppError } from "../../errors/app-error.ts"
import { tunedPlain } from "../../host/engine.ts"
import { writeAtomic } from "../../host/write-atomic.ts"

interface ChangeRequest extends Omit<OpenRequest, "source" | "valuesOnly" | "wantsScan">, ClearOptions {
  readonly file: string
  readonly followLinks: boolean
}

export interface ValueEdits {
  readonly edits: readonly Edit[]
  /** What the changed values hold, which their text may not tell. */
  readonly told?: ToldValues
}

const noValues: ToldValues = new Map()

/**
 * Opens a file, changes its plain text, and seals it again in its place.
 *
 * @param change - the edits to make; `null` leaves the file untouched, and so does what changes nothing, except where
 *   the dialect renews it
 */
export async function changeFile(
  session: Session,
  request: ChangeRequest,
  change: (scan: Scan, file: OpenedFile) => Promise<ValueEdits | null>,
): Promise<Outcome> {
  const file = await openFile(session, {
    ...request,
    source: request.file,
    inputType: changedAs(session, request),
    wantsScan: true,
  })
  try {
    return await withFile(request.file, async () => {
      const { format } = file.document
      if (format.isWhole === true) {
        throw new AppError("PATH_IN_BINARY", {}, { exit: 1 })
      }
      const plain = utf8.decode(file.opened.bytes)
      const scan = knownScan(file.opened, plain) ?? tunedPlain(plain, () => format.scan(plain))
      const made = await change(scan, file)
      const renewsMac = made !== null && session.dialect.changes.renewsUnchanged
      const { edits, told = noValues } = made ?? { edits: [] }
      const changed = utf8.encode(splice(plain, edits))
      const isSameText = equalBytes(changed, file.opened.bytes)
      if (isSameText && told.size === 0 && request.ignoreMac !== true && !renewsMac) return {}
      const sealed = await sealOver(session, file, changed, { ...request, told, renewsMac }).catch(ownMetadata)
      const { text } = sealed
      if (isSameText && text === file.document.scan.source) return {}
      await guardClear(session, request.file, sealed.opened, request, file.opened)
      await writeAtomic(session.io, request.file, utf8.encode(text), {
        mode: "kept",
        opened: file.facts === null ? undefined : file.original(),
        followLinks: request.followLinks,
      })
      await saySealed(session, request.file, sealed, file.settings, { before: clearNames(file.opened) })
      return {}
    })
  } finally {
    file.dataKey.wipe()
  }
}

/** Upstream's container of a binary file is a JSON document to commands that change it. */
function changedAs(
  { dialect }: Session,
  { file, filenameOverride, inputType }: ChangeRequest,
): ChangeRequest["inputType"] {
  const isBinary = formatByName(filenameOverride ?? file, inputType, null) === "binary"
  return isBinary && dialect.files.binaryContainer === "json" ? "json" : inputType
}

/** The text to seal was just opened, so what looks like metadata in it comes from the user. */
function ownMetadata(error: unknown): never {
  throw error instanceof AppError && error.code === "ALREADY_SEALED" ? new AppError("RESERVED_KEY") : error
}

/**
 * The texts of a value that is about to be spelled in a format: sealing keeps what was given, byte for byte, and
 * `run` gives a child the same.
 */
export function toldValues(format: Format, path: TreePath, value: Tree): ToldValues {
  const found = new Map<string, Told>()
  collect(format, path, value, found)
  return found
}

function collect(format: Format, path: TreePath, value: Tree, found: Map<string, Told>): void {
  switch (value.type) {
    case "null":
      return
    case "scalar": {
      const { scalar } = value
      const isVerbatim = format.valueForReaders !== undefined && format.valueForReaders(scalar) !== scalarText(scalar)
      if (scalar.kind === "str") found.set(toldKey(path), { scalar, isVerbatim })
      return
    }
    case "map":
      for (const entry of value.entries) {
        if (entry.type === "entry") collect(format, [...path, entry.key], entry.value, found)
      }
      return
    case "list":
      for (const [index, item] of value.items.filter(isTree).entries()) collect(format, [...path, index], item, found)
  }
}

function isTree(item: Tree | CommentEntry): item is Tree {
  return item.type !== "comment"
}
