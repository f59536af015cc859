import { buildTrees } from "../core/build-tree.ts"
import { type Opened, type Unverified } from "../core/document.ts"
import { type EmitOptions, type FormatName } from "../core/format.ts"
import { utf8 } from "../core/text.ts"
import { type Tree } from "../core/tree.ts"
import { AppError } from "../errors/app-error.ts"
import { loadFormat } from "../formats/registry.ts"
import { findInTree } from "./find-in-tree.ts"
import { openFile, openFileUnverified, type OpenedFile, type OpenRequest, withFile } from "./open-file.ts"
import { type DecryptOptions, type Source } from "./options.ts"
import { forEachFile, putResult } from "./put-result.ts"
import { type Outcome, type Session } from "./session.ts"
import { parseTreePath, type TreePath } from "./tree-path.ts"

/** `decrypt`: the plain text of sealed files, or a part of it. */
export async function decryptFiles(session: Session, options: DecryptOptions): Promise<Outcome> {
  const path = options.extract === undefined || options.extract === "" ? null : parseTreePath(options.extract, 91)
  return forEachFile(options.files, async (source) => {
    const file = await openAny(session, source, options)
    try {
      const bytes = await withFile(file.file, () => plainBytes(file, options, path))
      return await putResult(session, options, {
        bytes,
        file: source,
        original: file.facts === null ? null : file.original,
        mode: options.mode ?? "private",
      })
    } finally {
      file.dataKey.wipe()
    }
  })
}

async function openAny(
  session: Session,
  source: Source,
  options: DecryptOptions,
): Promise<OpenedFile<Opened | Unverified>> {
  const request: OpenRequest = {
    ...options,
    source,
    valuesOnly: options.extract !== undefined && options.extract !== "",
  }
  return options.ignoreMac ? openFileUnverified(session, request) : openFile(session, request)
}

type AnyFile = OpenedFile<Opened | Unverified>

async function plainBytes(file: AnyFile, options: DecryptOptions, path: TreePath | null): Promise<Uint8Array> {
  const from = file.document.format.name
  const to = options.outputType ?? from
  if (path !== null) return extract(file, path, to, options.indent)
  return to === from && options.outputType !== "binary" ? file.opened.bytes : convert(file, to, options.indent)
}

/** Another format, or a part, needs the data; layout is left behind. */
async function convert(file: AnyFile, to: FormatName, indent: number | undefined): Promise<Uint8Array> {
  if (to === "binary" && file.document.format.name === "binary") return file.opened.bytes
  const trees = buildTrees(file.opened.leaves, file.document.scan.documents)
  if (to === "binary") return binaryBytes(trees)
  return utf8.encode((await loadFormat(to)).emit(trees, emitOptions(file, to, indent)))
}

/** A tree is a binary file only when it is the one string `data`. */
function binaryBytes([root]: readonly Tree[]): Uint8Array {
  const entry =
    root?.type === "map" ? root.entries.find((each) => each.type === "entry" && each.key === "data") : undefined
  if (entry?.type === "entry" && entry.value.type === "scalar" && entry.value.scalar.kind === "str")
    return entry.value.scalar.bytes
  throw new AppError(
    "EMIT_IMPOSSIBLE",
    {},
    {
      subject: "a document without the one text entry `data` is no binary file",
      hint: "choose another format with --output-type",
    },
  )
}

/**
 * One value: text as it is, without a newline; anything else as the output format writes it.
 */
async function extract(file: AnyFile, path: TreePath, to: FormatName, indent: number | undefined): Promise<Uint8Array> {
  const [root] = buildTrees(file.opened.leaves, file.document.scan.documents)
  const found = findInTree(root!, path)
  return valueBytes(found, to, emitOptions(file, to, indent))
}

export async function valueBytes(value: Tree, to: FormatName, options: EmitOptions): Promise<Uint8Array> {
  if (value.type === "scalar" && value.scalar.kind === "str") return value.scalar.bytes
  const format = await loadFormat(to)
  if (value.type === "map") return utf8.encode(format.emit([value], options))
  return utf8.encode(format.emitValue(value, options))
}

/** `--indent`, else the config's for that format, else upstream's. */
export function emitOptions(
  { settings }: Pick<AnyFile, "settings">,
  format: FormatName,
  indent: number | undefined,
): EmitOptions {
  const { stores } = settings.rule
  if (indent !== undefined) return { indent }
  if (format === "yaml") return { indent: stores.yamlIndent }
  if (format === "json") return { indent: stores.jsonIndent }
  return { indent: format === "binary" ? stores.jsonBinaryIndent : undefined }
}
