import { kindsInFile } from "../../keys/kinds.ts"
import { compileSelectors } from "../../config/re2.ts"
import { type CommentPolicy, staysClear } from "../../core/comments.ts"
import {
  checkReadable,
  type Leaf,
  type Opened,
  readSealed,
  type SealedDocument,
  type Unverified,
  type Warning,
} from "../../core/document.ts"
import { type FormatName } from "../../core/format.ts"
import { Cipher } from "../../core/gcm.ts"
import { acceptUnverified, open, openUnverified } from "../../core/open.ts"
import { type SecretBytes } from "../../core/secret.ts"
import { type CompiledSelectors } from "../../core/select.ts"
import { equalBytes, hasUtf16Mark, utf8 } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { type FileStat } from "../../host/file-system.ts"
import { type HostFile, letGo, readFile } from "../../host/files.ts"
import { tuned } from "../../host/engine.ts"
import { unwrapDataKey } from "../../keys/unwrap.ts"
import { servicesOf } from "../recipients/key-services.ts"
import { fileLimits, keyContext } from "../machine.ts"
import { type CommonOptions, type OrderOptions, type Source } from "../options.ts"
import { formatByName, isForeignJson, readAs, readAsSops } from "./read-as.ts"
import { sniffSealed } from "../../formats/registry.ts"
import { type Session } from "../session.ts"
import { entryNames } from "../recipients/entry-names.ts"
import { readLoosely, readText } from "./read-text.ts"
import { type FileSettings, loadSettings } from "../settings.ts"
import { sayWarnings } from "../report/warnings.ts"

export interface OpenRequest extends CommonOptions, OrderOptions {
  readonly source: Source
  readonly inputType: FormatName | undefined
  readonly filenameOverride?: string | undefined
  /** Only values are wanted: the plain text is not built. */
  readonly valuesOnly?: boolean
  /** The plain text is about to be sealed again, which takes its scan. */
  readonly wantsScan?: boolean
  /** The file is about to be sealed again, and its MAC does not count. As `sops` only. */
  readonly ignoreMac?: boolean | undefined
  /** As `sops`: a text that is not of the stated type may be read as what it is. */
  readonly isForgiving?: boolean | undefined
  /** For the audit log. */
  readonly isRotation?: boolean
  /** The text may be of any bytes: nothing of it is shown or written. */
  readonly ofAnyBytes?: boolean | undefined
}

/** A sealed file that was read; nothing is opened yet. */
export interface LoadedFile {
  /** As it was named; `null` for standard input. */
  readonly file: string | null
  /** The name that chooses format and rules. */
  readonly name: string | null
  /** The bytes that were read, to know them again before they are overwritten. */
  readonly original: () => Uint8Array
  /** `null` for a stream. */
  readonly facts: FileStat | null
  readonly document: SealedDocument
  /** The text is a JSON document that is read as YAML: its layout is not that of the requested type. */
  readonly isForeign: boolean
  readonly settings: FileSettings
  /** What was said of its line ends. */
  readonly told: string | null
}

/** A sealed file with its data key. The key belongs to its owner, who wipes it with `wipe`. */
export interface OpenedFile<T = Opened> extends LoadedFile {
  readonly opened: T
  readonly dataKey: SecretBytes
  readonly cipher: Cipher
  readonly compiled: CompiledSelectors
}

/**
 * Reads a sealed file and its metadata. Needs no key.
 *
 * @param known - the same file, read before in this run by the same request
 * @throws {AppError} with the name of the file
 */
export async function loadSealed(
  session: Session,
  request: Omit<OpenRequest, "decryptionOrder">,
  known?: LoadedFile,
): Promise<LoadedFile> {
  const file = request.source
  const name = request.filenameOverride ?? file
  return withFile(file, async () => {
    const settings = await loadSettings(session, name, request.config)
    const { bytes, facts } = await readSource(session, file)
    if (known !== undefined && equalBytes(known.original(), bytes)) return { ...known, facts, settings }
    if (file === null && bytes.length === 0 && session.dialect.files.explainsDamage) throw new AppError("INPUT_EMPTY")
    const named = formatByName(name, request.inputType, settings.rule.inputType)
    const found =
      request.ofAnyBytes === true
        ? readLoosely(bytes, named)
        : readText(session, bytes, { file, format: named, exit: 1 })
    if (found === null) throw await whyNoText(session, bytes)
    const { text, told } = found.includes("\r")
      ? await (await lineEnds()).withSealedLineEnds(session, { text: found, file, format: named })
      : { text: found, told: null }
    session.meter?.begin(bytes.length)
    const isGuess = named === "binary" && request.inputType === undefined
    const read = (content: string): Promise<SealedDocument> =>
      session.dialect.files.sealedType === "told"
        ? readAsSops(content, { format: named, name, isForgiving: request.isForgiving ?? false })
        : isGuess
          ? readGuessed(content)
          : readAs(named, content)
    const format = isGuess ? sniffSealed(text) : named
    const document = await read(text).catch(async (error: unknown) =>
      (await lineEnds()).withOtherLineEnds(session, { text, file, format, told }, error, read),
    )
    session.meter?.end()
    const isForeign = request.inputType === "yaml" && (await isForeignJson(text, name))
    const isItsText = request.ofAnyBytes !== true && !hasUtf16Mark(bytes)
    const original = isItsText ? encoded(found) : held(bytes)
    if (isItsText && facts !== null) letGo(bytes)
    return { file, name, original, facts, document: asAsked(session, document), isForeign, settings, told }
  })
}

function held(bytes: Uint8Array): () => Uint8Array {
  return () => bytes
}

/** UTF-8 that was read strictly comes back from its text, so that a long file is not in memory twice. */
function encoded(text: string): () => Uint8Array {
  return () => utf8.encode(text)
}

const lineEnds = () => import("./line-ends.ts")

/** Stock sops does not see entries of kinds that it does not know. @throws {AppError} `NO_KEYS` */
function asAsked({ dialect }: Session, document: SealedDocument): SealedDocument {
  const { groups } = document.metadata
  const isAnyUnknown = groups.flat().some(({ recipient }) => recipient.type === "unknown")
  if (!isAnyUnknown || dialect.recipients.unknownKinds === "kept") return document
  const known = groups.map((group) => group.filter(({ recipient }) => recipient.type !== "unknown"))
  if (known.length === 1 && known[0]!.length === 0) throw new AppError("NO_KEYS")
  return { ...document, metadata: { ...document.metadata, groups: known } }
}

/** Reads a file that has to exist. If it does not, upstream says that it cannot be read, with status 2. */
export async function readSource(session: Session, file: Source): Promise<HostFile> {
  if (file === null && session.io.stdin.isTty && session.dialect.files.explainsDamage)
    session.notice("waiting for standard input: Ctrl-D ends it, Ctrl-C gives up; a file can be named instead")
  try {
    return await readFile(session.io, file ?? "/dev/stdin", fileLimits)
  } catch (error) {
    const exit = session.dialect.files.missingExit
    if (exit === undefined || !(error instanceof AppError) || error.code !== "FILE_MISSING") throw error
    throw new AppError(error.code, error.where, { ...error.detail, exit })
  }
}

/** Under a name that says nothing a text that is not even JSON was never sealed, whatever else may be wrong with it. */
async function readGuessed(text: string): Promise<SealedDocument> {
  const format = sniffSealed(text)
  try {
    return await readAs(format, text)
  } catch (error) {
    if (format !== "binary" || !(error instanceof AppError) || error.code !== "SYNTAX") throw error
    throw await (await import("./damage.ts")).whyNotSealed(text, format)
  }
}

async function whyNoText({ dialect }: Session, bytes: Uint8Array): Promise<AppError> {
  return dialect.files.explainsDamage ? (await import("./damage.ts")).whyNoText(bytes) : new AppError("NOT_SEALED")
}

/** Opens a sealed file: data key, values, MAC and structure. @throws {AppError} with the name of the file */
export async function openFile(session: Session, request: OpenRequest): Promise<OpenedFile> {
  const loaded = await loadSealed(session, request)
  if (request.isRotation === true) await session.audit?.("rotate", loaded.file)
  if (request.ignoreMac !== true) return openLoaded(session, loaded, request)
  const file = await openLoadedUnverified(session, loaded, request)
  return { ...file, opened: acceptUnverified(file.opened) }
}

export async function openLoaded(
  session: Session,
  loaded: LoadedFile,
  request: Pick<OpenRequest, "decryptionOrder" | "valuesOnly" | "wantsScan">,
): Promise<OpenedFile> {
  return withKey(session, loaded, request, (document, cipher, compiled) =>
    open(document, {
      cipher,
      selectors: compiled,
      requireStructure: loaded.settings.rule.structure === "required",
      valuesOnly: request.valuesOnly ?? false,
      wantsScan: request.wantsScan ?? false,
      meter: session.meter?.tick,
    }),
  )
}

/** For `--ignore-mac`. */
export async function openFileUnverified(session: Session, request: OpenRequest): Promise<OpenedFile<Unverified>> {
  return openLoadedUnverified(session, await loadSealed(session, request), request)
}

export async function openLoadedUnverified(
  session: Session,
  loaded: LoadedFile,
  request: Pick<OpenRequest, "decryptionOrder">,
): Promise<OpenedFile<Unverified>> {
  return withKey(session, loaded, request, (document, cipher, selectors) =>
    openUnverified(document, { cipher, selectors, requireStructure: false, meter: session.meter?.tick }),
  )
}

async function withKey<T extends Opened | Unverified>(
  session: Session,
  loaded: LoadedFile,
  { decryptionOrder }: Pick<OpenRequest, "decryptionOrder">,
  work: (document: SealedDocument, cipher: Cipher, compiled: CompiledSelectors) => T,
): Promise<OpenedFile<T>> {
  return withFile(loaded.file, async () => {
    const { document } = loaded
    checkReadable(document)
    const compiled = await compileSelectors(document.metadata.selectors, { refuseInvalid: false })
    const dataKey = await unwrapDataKey(document.metadata.groups, document.metadata.threshold, {
      context: keyContext(session, [loaded.file]),
      services: servicesOf(session),
      decryptionOrder: decryptionOrder.length === 0 ? null : decryptionOrder,
      nameOf: entryNames(document.metadata.groups, loaded.settings.personOf),
    })
    session.log?.({ level: "info", logger: "SOPS", text: "Data key recovered successfully" })
    try {
      await session.audit?.("decrypt", loaded.file)
      const cipher = new Cipher(dataKey)
      const opened = await opening(session, loaded, (content) =>
        tuned(content.scan.source.length, () => work(content, cipher, compiled)),
      )
      session.meter?.end()
      warn(session, loaded, opened.content)
      return { ...loaded, document: opened.document, opened: opened.content, dataKey, cipher, compiled }
    } catch (error) {
      throw await explained(session, loaded, { dataKey, selectors: compiled }, error).finally(() => dataKey.wipe())
    } finally {
      session.meter?.end()
    }
  })
}

/** The same failure, with what is known of a text that was changed after it was sealed. */
async function explained(
  session: Session,
  loaded: LoadedFile,
  { dataKey, selectors }: { readonly dataKey: SecretBytes; readonly selectors: CompiledSelectors },
  error: unknown,
): Promise<unknown> {
  if (!session.dialect.files.explainsDamage) return error
  const { explainTampering, isTampering } = await import("./tampering.ts")
  if (!isTampering(error)) return error
  return explainTampering(session, loaded, { cipher: new Cipher(dataKey), selectors }, error)
}

/** Opens a document. If it does not open as it is, tries the line ends that it may have been sealed with. */
async function opening<T>(
  session: Session,
  { document, file, told }: LoadedFile,
  work: (document: SealedDocument) => T,
): Promise<{ document: SealedDocument; content: T }> {
  try {
    return { document, content: work(document) }
  } catch (error) {
    const { scan, format } = document
    const { withOtherLineEnds } = await lineEnds()
    return withOtherLineEnds(session, { text: scan.source, file, format: format.name, told }, error, (text) => {
      const other = readSealed(format, text, kindsInFile)
      return { document: other, content: work(other) }
    })
  }
}

/** Reports what was left as it is. Anybody may have added comments that are not sealed. */
function warn(session: Session, { file, settings }: LoadedFile, { warnings: all, leaves }: Opened | Unverified): void {
  const warnings = withoutAllowed(all, leaves, settings.rule.comments)
  const lines = warnings.filter(({ code }) => code === "COMMENT_NOT_SEALED").map(({ line }) => line)
  if (!session.dialect.warns) {
    const text =
      "Found possibly unencrypted comment in file: it stays as it is. Very old releases did not encrypt comments."
    for (const line of lines) {
      session.log?.({ level: "warning", logger: "SOPS", text, fields: { line: String(line) } })
    }
    return
  }
  sayWarnings(session, file, warnings)
}

/** Comments that the rule leaves in the clear need no warning. */
function withoutAllowed(
  warnings: readonly Warning[],
  leaves: readonly Leaf[],
  policy: CommentPolicy,
): readonly Warning[] {
  if (warnings.length === 0 || policy === "follow") return warnings
  const isAllowed = staysClear(policy, [])
  const allowed = new Set(leaves.filter(({ site }) => isAllowed(site)).map(({ site }) => site.line))
  return warnings.filter(({ code, line }) => code !== "COMMENT_NOT_SEALED" || !allowed.has(line!))
}

/** Adds the name of the file to whatever goes wrong with it. */
export async function withFile<T>(file: string | null, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof AppError ? error.at({ file: file ?? "standard input" }) : error
  }
}
