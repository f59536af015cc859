import { type FormatName } from "../../core/format.ts"
import { AppError } from "../../errors/app-error.ts"
import { findInTree, refuseShadowed, withoutEmptyTop, parsePath, type TreePath } from "../open/tree-path.ts"
import { loadSealed, openLoaded, openLoadedUnverified, type OpenRequest, withFile } from "../open/open-file.ts"
import {
  type CommonOptions,
  type IndentOptions,
  type OrderOptions,
  type Source,
  type TargetOptions,
  type TypeOptions,
} from "../options.ts"
import { type AnyFile, emitOptions, keepsLayout, outputFormat, printAs, treesOf, valueBytes } from "../open/print.ts"
import { readAsSops } from "../open/read-as.ts"
import { putResult } from "../report/put-result.ts"
import { forEachFile } from "../each-file.ts"
import { type Outcome, type Session } from "../session.ts"

interface DecryptOptions extends CommonOptions, TypeOptions, IndentOptions, TargetOptions, OrderOptions {
  readonly files: readonly Source[]
  readonly extract: string | undefined
  readonly ignoreMac: boolean
  /** Permission bits of a new plaintext file; 0600 when `undefined`. */
  readonly mode: number | undefined
}

/** `decrypt`: the plain text of sealed files, or a part of it. */
export async function decryptFiles(session: Session, options: DecryptOptions): Promise<Outcome> {
  const path = options.extract === undefined || options.extract === "" ? null : parsePath(session, options.extract, 91)
  return forEachFile(session, "opening", options.files, async (inner, source) => {
    const file = await openAny(inner, source, options)
    try {
      const bytes = await withFile(file.file, () => plainBytes(inner, file, options, path))
      const outcome = await putResult(inner, options, {
        content: bytes,
        file: source,
        original: file.facts === null ? null : file.original,
        mode: options.mode ?? "private",
      })
      if (outcome.output === undefined) closeOpened(inner, source, options)
      return outcome
    } finally {
      file.dataKey.wipe()
    }
  })
}

/** Plaintext is on the disk now. */
function closeOpened({ close }: Session, source: Source, { inPlace, output }: DecryptOptions): void {
  const file = source ?? "standard input"
  const isHere = inPlace && source !== null
  const place = isHere ? "" : ` into ${output}`
  close?.({ what: "opened", file, for: place, about: ": it is in the clear there", clearCount: 0 })
}

async function openAny(session: Session, source: Source, options: DecryptOptions): Promise<AnyFile> {
  const loaded = await loadSealed(session, { ...options, source, isForgiving: true })
  const isPart = options.extract !== undefined && options.extract !== ""
  const request: Pick<OpenRequest, "decryptionOrder" | "valuesOnly"> = {
    decryptionOrder: options.decryptionOrder,
    valuesOnly: isPart || (loaded.document.format.isWhole !== true && !keepsLayout(session, loaded)),
  }
  return options.ignoreMac ? openLoadedUnverified(session, loaded, request) : openLoaded(session, loaded, request)
}

async function plainBytes(
  session: Session,
  file: AnyFile,
  options: DecryptOptions,
  path: TreePath | null,
): Promise<Uint8Array> {
  const to = outputFormat(session, file, options.outputType)
  if (path !== null) return extract(session, file, path, to, options.indent)
  try {
    return await printAs(session, file, to, options.indent)
  } catch (error) {
    // Upstream takes the output type of a name that says nothing for `binary`, and then cannot print the document. An
    // explicit input type is the output type too.
    await refuseForgiven(session, file, options)
    if (!(error instanceof AppError) || to !== "binary" || options.inputType === undefined) throw error
    if (session.dialect.files.outputType !== "by name" || options.outputType !== undefined) throw error
    return printAs(session, file, options.inputType, options.indent)
  }
}

/**
 * What was read as something else than it was said to be was read for being printed: where that fails, it is what
 * upstream says of the text.
 */
async function refuseForgiven(
  { dialect }: Session,
  { document }: AnyFile,
  { inputType }: DecryptOptions,
): Promise<void> {
  if (dialect.files.sealedType !== "told" || inputType === undefined || inputType === document.format.name) return
  await readAsSops(document.scan.source, { format: inputType, name: null, isForgiving: false })
}

async function extract(
  session: Session,
  file: AnyFile,
  path: TreePath,
  to: FormatName,
  indent: number | undefined,
): Promise<Uint8Array> {
  const { refusesTwice } = session.dialect.files
  if (refusesTwice) refuseShadowed(file.opened, path)
  const [all] = treesOf(session, file)
  const root = refusesTwice ? withoutEmptyTop(all!, file.document.format) : all!
  const found = findInTree(root, path, { countsComments: session.dialect.files.commentsCount })
  return valueBytes(found, to, await emitOptions(file, to, indent))
}
