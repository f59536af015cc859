import { mayHoldConflict } from "../../core/conflict.ts"
import { type SealedDocument, readSealed } from "../../core/document.ts"
import { type Format, type FormatName } from "../../core/format.ts"
import { kindsInFile } from "../../keys/kinds.ts"
import { AppError } from "../../errors/app-error.ts"
import { tuned } from "../../host/engine.ts"
import { detectFormat, loadFormat, sniffSealed } from "../../formats/registry.ts"
import { detectPlainFormat } from "../../formats/plain-name.ts"
import { type Session } from "../session.ts"

/**
 * Reads a sealed text as the format that its name tells. A text that is whole in the binary container is known by
 * its mark, whatever its suffix says.
 *
 * @throws {AppError} `CONFLICT_MARKERS`, `METADATA_LOST`, `NOT_SEALED`, and the faults of the format
 */
export async function readAs(format: FormatName, text: string): Promise<SealedDocument> {
  if (mayHoldConflict(text)) (await import("./damage.ts")).refuseConflict(text)
  try {
    return await readTold(format, text)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "NOT_SEALED") throw error
    throw await (await import("./damage.ts")).whyNotSealed(text, format)
  }
}

/**
 * The same by the name, or by the content where the name says nothing.
 *
 * @param named - what options, config or name say
 */
export function readNamed(named: FormatName, text: string): Promise<SealedDocument> {
  return readAs(named === "binary" ? sniffSealed(text) : named, text)
}

/**
 * The same for a text whose name may not say what it is: git keeps what people rename. Then the content
 * counts.
 *
 * @throws {AppError} what the reading by name found, when the text cannot be read in any way
 */
export async function readByContent(text: string, name: string | null): Promise<SealedDocument> {
  const named = formatByName(name, undefined, null)
  try {
    return await readNamed(named, text)
  } catch (error) {
    const seen = sniffSealed(text)
    if (!(error instanceof AppError) || named === "binary" || seen === named || seen === "binary") throw error
    return readAs(seen, text).catch(() => Promise.reject(error))
  }
}

async function readTold(name: FormatName, text: string): Promise<SealedDocument> {
  // The container is JSON, which some formats cannot read at all.
  const format = await loadFormat(name)
  if (format.readsJson === undefined && text.startsWith("{")) {
    const container = await readContainer(text)
    if (container !== null) return container
  }
  const document = read(format, text)
  if (format.isWhole === true || document.metadata.container === "") return document
  return read(await loadFormat("binary"), text)
}

function read(format: Format, text: string): SealedDocument {
  return tuned(text.length, () => readSealed(format, text, kindsInFile))
}

async function readContainer(text: string): Promise<SealedDocument | null> {
  try {
    const document = read(await loadFormat("binary"), text)
    return document.metadata.container === "" ? null : document
  } catch (error) {
    if (error instanceof AppError) return null
    throw error
  }
}

/**
 * The format of a file: what the user asks for, else what the config says, else by the suffix of its name.
 *
 * @param name - the file or the name that replaces it; `null` for standard input
 */
export function formatByName(
  name: string | null,
  asked: FormatName | undefined,
  configured: FormatName | null,
): FormatName {
  return asked ?? configured ?? (name === null ? "binary" : detectFormat(name))
}

/** The same for a file to seal, as the face of the program reads names. */
export function plainFormatByName(
  { dialect }: Pick<Session, "dialect">,
  name: string | null,
  asked: FormatName | undefined,
  configured: FormatName | null,
): FormatName {
  const format = formatByName(name, asked, configured)
  const isTold = format !== "binary" || asked !== undefined || configured !== null || name === null
  return isTold || dialect.files.sealedType === "told" ? format : detectPlainFormat(name)
}

interface Told {
  readonly format: FormatName
  readonly name: string | null
  /** What was sealed as another type than it is read as may come back as what it is. */
  readonly isForgiving: boolean
}

/** Reads a sealed text as the type that options and name say, as upstream does. */
export async function readAsSops(text: string, { format, name, isForgiving }: Told): Promise<SealedDocument> {
  if (format === "binary") return readBinary(text)
  try {
    return read(await loadFormat(format), text)
  } catch (error) {
    // With `--input-type` alone upstream seals a file whose name says nothing as JSON, and then cannot read it back.
    const isByName = formatByName(name, undefined, null) === "binary"
    if (!isForgiving || !isByName || format === "json" || !text.startsWith("{")) throw error
    return read(await loadFormat("json"), text)
  }
}

/** Upstream's container is any JSON document. Only one with the one entry `data` is a binary file to us. */
async function readBinary(text: string): Promise<SealedDocument> {
  const document = read(await loadFormat("binary"), text)
  return isContainer(document) ? document : read(await loadFormat("json"), text)
}

/** Whether the one value of the document is `data`, as in a container that holds a file whole. */
export function isContainer({ scan }: SealedDocument): boolean {
  const [site, more] = scan.sites
  return more === undefined && site?.item.key === "data" && site.item.parent?.parent === null
}

/** All JSON is YAML too. A JSON text whose name does not say YAML was not written as YAML, even if it is read as that. */
export async function isForeignJson(text: string, name: string | null): Promise<boolean> {
  if (!text.trimStart().startsWith("{") || formatByName(name, undefined, null) === "yaml") return false
  try {
    ;(await loadFormat("json")).scan(text)
    return true
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
}
