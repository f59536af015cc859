import { buildTrees } from "../../core/build-tree.ts"
import { type Opened, type Unverified } from "../../core/document.ts"
import { type EmitOptions, type FormatName } from "../../core/format.ts"
import { utf8 } from "../../core/text.ts"
import { type Tree } from "../../core/tree.ts"
import { AppError } from "../../errors/app-error.ts"
import { loadFormat } from "../../formats/registry.ts"
import { type LoadedFile, type OpenedFile } from "./open-file.ts"
import { formatByName } from "./read-as.ts"
import { type Session } from "../session.ts"

export type AnyFile = OpenedFile<Opened | Unverified>

/**
 * Whether the file has a layout of its own to come back to. As `sops` a file that upstream sealed is printed as upstream
 * prints it, since callers compare.
 */
export function keepsLayout({ dialect }: Session, { document, isForeign }: LoadedFile): boolean {
  if (isForeign) return false
  const { metadata } = document
  const isOurs = metadata.structure !== "" || metadata.layout !== "" || metadata.container !== ""
  return isOurs || dialect.files.stockLayout === "kept"
}

/** The data of an opened file, one tree a document. */
export function treesOf({ dialect }: Session, { opened, document }: AnyFile): Tree[] {
  return buildTrees(opened.leaves, document.scan.documents, dialect.files)
}

/**
 * The whole plain text in its own format: what `decrypt` prints, and what an editor and `exec-file` show.
 *
 * @throws {AppError} `EMIT_IMPOSSIBLE`
 */
export async function printWhole(session: Session, file: AnyFile, indent: number | undefined): Promise<Uint8Array> {
  const { format } = file.document
  if (format.isWhole === true || keepsLayout(session, file)) return file.opened.bytes
  return utf8.encode(format.emit(treesOf(session, file), await emitOptions(file, format.name, indent)))
}

/** The plain text in a format: the layout is lost when it is not the file's own. */
export async function printAs(
  session: Session,
  file: AnyFile,
  to: FormatName,
  indent: number | undefined,
): Promise<Uint8Array> {
  if (to === file.document.format.name) return printWhole(session, file, indent)
  const trees = treesOf(session, file)
  if (to === "binary") return binaryBytes(trees)
  return utf8.encode((await loadFormat(to)).emit(trees, await emitOptions(file, to, indent)))
}

/** The format to print in without `--output-type`: what the input is, or what its name says. */
export function outputFormat(
  { dialect }: Session,
  { name, document }: AnyFile,
  outputType: FormatName | undefined,
): FormatName {
  if (outputType !== undefined) return outputType
  return dialect.files.outputType === "by name" ? formatByName(name, undefined, null) : document.format.name
}

/** One value: text as it is, without a newline; anything else as the output format writes it. */
export async function valueBytes(value: Tree, to: FormatName, options: EmitOptions): Promise<Uint8Array> {
  if (value.type === "scalar" && value.scalar.kind === "str") return value.scalar.bytes
  if (value.type === "map" && to === "binary") return binaryBytes([value])
  const format = await loadFormat(to)
  if (value.type === "map") return utf8.encode(format.emit([value], options))
  return utf8.encode(format.emitValue(value, options))
}

/** `--indent`, else the config's for that format, else upstream's. */
export async function emitOptions(
  { settings }: Pick<AnyFile, "settings">,
  format: FormatName,
  indent: number | undefined,
): Promise<EmitOptions> {
  const { indents } = await loadFormat(format)
  if (indents === undefined) return { indent: undefined }
  const wanted = indent ?? settings.rule.stores[indents.setting]
  if (wanted !== undefined && wanted < indents.least)
    throw new AppError("NOT_PRINTABLE", {}, { subject: indents.fault })
  return { indent: wanted === indents.least && indents.leastIs !== undefined ? undefined : wanted }
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
      subject: "a document without the one text entry `data` is not a binary file",
      hint: "choose another format with --output-type",
    },
  )
}
