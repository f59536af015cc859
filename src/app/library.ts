import { compileSelectors } from "../config/re2.ts"
import { buildTrees } from "../core/build-tree.ts"
import { checkReadable, type SealedDocument } from "../core/document.ts"
import { type FormatName } from "../core/format.ts"
import { Cipher } from "../core/gcm.ts"
import { open as openDocument } from "../core/open.ts"
import { type Recipient, type RecipientType } from "../core/recipient.ts"
import { defaultSuffix, noSelectors, type Selectors } from "../core/select.ts"
import { decodeFile, utf8 } from "../core/text.ts"
import { AppError } from "../errors/app-error.ts"
import { readFile } from "../host/files.ts"
import { type Io, realIo } from "../host/io.ts"
import { makeIdentity } from "../keys/generate.ts"
import { parseRecipients } from "../keys/parse-recipient.ts"
import { unwrapDataKey } from "../keys/unwrap.ts"
import { usableThreshold } from "../keys/wrap.ts"
import { defaultSettings } from "../config/defaults.ts"
import { sottoDialect } from "./dialect.ts"
import { fileLimits, keyContext } from "./machine.ts"
import { noteNamed } from "./named-by-user.ts"
import { refuseDamaged, whyNoText } from "./open/damage.ts"
import { formatByName, readAs, readNamed } from "./open/read-as.ts"
import { makeDataKey, optionsOver, sealNew, sealAs } from "./seal/seal-new.ts"
import { RunEnd } from "./run-end.ts"
import { type Session } from "./session.ts"
import { toValues, type Value } from "./open/values.ts"
import { recipientName } from "../keys/kinds.ts"

/** Where keys come from, and who gets the notices that do not stop the work. */
export interface MachineOptions {
  /** Instead of `process.env`: `SOPS_AGE_KEY`, `SOPS_AGE_KEY_FILE` and all other variables of the command line. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** One line for people. By default it is dropped. */
  readonly onNotice?: (text: string) => void
  /** Ends waiting for keys. */
  readonly signal?: AbortSignal
}

export interface OpenTextOptions extends MachineOptions {
  /** Default: what the sealed text itself shows. */
  readonly format?: FormatName
  /** A file without a structure digest, such as one by sops itself, is refused. */
  readonly requireStructure?: boolean
}

/**
 * What a caller says that a file holds. Like `JSON.parse`, the library cannot know: without a type argument it is
 * `any`.
 */
// oxlint-disable-next-line typescript/no-explicit-any
export type Unchecked = any

/** An opened document. Its MAC and its structure held. */
export interface OpenedText<T = Unchecked> {
  readonly format: FormatName
  /** The plain file, byte for byte as it was sealed. */
  readonly bytes: Uint8Array
  /** The same as text; for a binary file read as UTF-8. */
  readonly text: string
  /** The first document as plain values, see `Value` for what they can be. */
  readonly values: T
  /** All documents of a YAML file. */
  readonly documents: readonly Value[]
}

export interface SealTextOptions extends MachineOptions {
  readonly format: FormatName
  /** By kind: `{ age: ["age1..."], kms: ["arn:aws:kms:..."] }`. Each one opens the file alone. */
  readonly recipients: Readonly<Partial<Record<RecipientType, string | readonly string[]>>>
  /** At most one; without one, everything is sealed but keys that end in `_unencrypted`. */
  readonly selectors?: Partial<Selectors>
  readonly macOnlyEncrypted?: boolean
}

export interface ReSealOptions extends MachineOptions {
  readonly format?: FormatName
}

/** What a sealed text says about itself, without any key. None of it is authenticated before the text is opened. */
export interface FileMetadata {
  readonly format: FormatName
  readonly version: string
  /** RFC 3339. */
  readonly lastModified: string
  /** Each group is a list of recipients as `kind` and name. */
  readonly groups: readonly (readonly { readonly kind: RecipientType | "unknown"; readonly recipient: string }[])[]
  /** How many groups are needed. */
  readonly threshold: number
  readonly selectors: Selectors
  readonly macOnlyEncrypted: boolean
  /** It was sealed by sotto, so that its structure is authenticated too. */
  readonly hasStructure: boolean
}

/**
 * Opens a sealed text with the keys of this machine.
 *
 * @throws {AppError} with a `code`: `NOT_SEALED`, `DATA_KEY`, `MAC_MISMATCH` and the like; it never holds a value
 */
export function open<T = Unchecked>(
  sealed: string | Uint8Array,
  options: OpenTextOptions = {},
): Promise<OpenedText<T>> {
  return outside(async () => {
    const session = sessionFor(options)
    const { document } = await read(sealed, options.format, null)
    return opened(session, document, options)
  })
}

/** Opens a sealed file; its name tells the format, or its text where the name does not. */
export function openFile<T = Unchecked>(path: string, options: OpenTextOptions = {}): Promise<OpenedText<T>> {
  return outside(async () => {
    const session = sessionFor(options)
    const { bytes } = await readFile(session.io, path, fileLimits)
    const { document } = await read(bytes, options.format, path)
    return opened(session, document, options)
  }, path)
}

/**
 * The values of a sealed file, for the start of a server: `const config = await decryptFile<Config>("secrets.yaml")`.
 *
 * Numbers, booleans and nulls keep their type; integers that a JavaScript number cannot hold are `bigint`, dates are
 * `Date`, and a binary file is a `Uint8Array`.
 */
export async function decryptFile<T = Unchecked>(
  path: string,
  format?: FormatName,
  options: OpenTextOptions = {},
): Promise<T> {
  return (await openFile<T>(path, format === undefined ? options : { ...options, format })).values
}

/**
 * Seals a plain text for recipients. The layout stays: only values are replaced, and the metadata added.
 *
 * @returns the sealed text, which was opened again and compared first
 * @throws {AppError} `RECIPIENT_INVALID`, `WRAP_FAILED`, `SYNTAX`, `ALREADY_SEALED`, `NOTHING_TO_SEAL` and the like
 */
export function seal(plain: string | Uint8Array, options: SealTextOptions): Promise<string> {
  return outside(() => sealText(plain, options))
}

async function sealText(plain: string | Uint8Array, options: SealTextOptions): Promise<string> {
  const session = sessionFor(options)
  const selectors: Selectors = { ...noSelectors, ...options.selectors }
  if (Object.values(selectors).filter((text) => text !== "").length > 1) {
    throw new AppError("OPTIONS_CONFLICT", {}, { subject: "more than one rule selects what is encrypted" })
  }
  const recipients = recipientList(options.recipients)
  noteNamed(session, () => recipients)
  const groups = [recipients]
  const plan = {
    groups,
    threshold: usableThreshold(groups, 0),
    selectors,
    compiled: await compileSelectors(selectors, { refuseInvalid: true }),
    macOnlyEncrypted: options.macOnlyEncrypted ?? false,
    rule: defaultSettings,
  }
  const file = {
    bytes: toBytes(plain),
    format: options.format,
    container: null,
    indent: undefined,
    allowClearAlias: false,
    allowEmptySelection: false,
  }
  if (file.format !== "binary") await refuseDamaged({ ...file, isOpaque: false })
  const key = await makeDataKey(session, plan, null)
  try {
    return (await sealNew(session, plan, file, key)).text
  } finally {
    key.dataKey.wipe()
  }
}

/**
 * Seals a changed plain text over the sealed text that it came from: same data key, recipients and selectors. What did
 * not change keeps its token; when nothing changed the sealed text comes back as it was.
 */
export function reseal(
  plain: string | Uint8Array,
  sealed: string | Uint8Array,
  options: ReSealOptions = {},
): Promise<string> {
  return outside(() => sealTextOver(plain, sealed, options))
}

async function sealTextOver(
  plain: string | Uint8Array,
  sealed: string | Uint8Array,
  options: ReSealOptions,
): Promise<string> {
  const session = sessionFor(options)
  const { document } = await read(sealed, options.format, null)
  const dataKey = await keyOf(session, document)
  try {
    const { metadata, format } = document
    const cipher = new Cipher(dataKey)
    const compiled = await compileSelectors(metadata.selectors, { refuseInvalid: false })
    const opened = openDocument(document, { cipher, selectors: compiled, requireStructure: false })
    const options = optionsOver(session, { document, opened }, { cipher, compiled })
    return (await sealAs({ bytes: toBytes(plain), format: format.name }, options)).text
  } finally {
    dataKey.wipe()
  }
}

/** A new age identity: keep `identity` secret (`SOPS_AGE_KEY` takes it), and seal for `recipient`. */
export async function generateIdentity({ postQuantum = false }: { readonly postQuantum?: boolean } = {}): Promise<{
  readonly identity: string
  readonly recipient: string
}> {
  const { keyFile, recipient } = await makeIdentity({ isPostQuantum: postQuantum, now: realIo().now() })
  return { identity: keyFile.split("\n").find((line) => line.startsWith("AGE-SECRET-KEY-"))!, recipient }
}

/** Reads the metadata of a sealed text. Needs no key and asks for none. @throws {AppError} `NOT_SEALED` and the like */
export async function readMetadata(
  sealed: string | Uint8Array,
  options: { format?: FormatName } = {},
): Promise<FileMetadata> {
  const { document } = await outside(() => read(sealed, options.format, null))
  const { metadata } = document
  return {
    format: document.format.name,
    version: metadata.version,
    lastModified: metadata.lastModified,
    groups: metadata.groups.map((group) =>
      group.map(({ recipient }) => ({ kind: recipient.type, recipient: recipientName(recipient) })),
    ),
    threshold:
      metadata.groups.length === 1 ? 1 : metadata.threshold === 0 ? metadata.groups.length : metadata.threshold,
    selectors: isDefault(metadata.selectors)
      ? { ...noSelectors, unencryptedSuffix: defaultSuffix }
      : metadata.selectors,
    macOnlyEncrypted: metadata.macOnlyEncrypted,
    hasStructure: metadata.structure !== "",
  }
}

/** What a caller sees of a failure: all that is known, without the lines of our own code in the stack. */
async function outside<T>(work: () => Promise<T>, file?: string): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    throw (await withFittingHint(error.at({ file }))).towards((frame) => frame.includes(ownFolder()))
  }
}

async function withFittingHint(error: AppError): Promise<AppError> {
  const { withFittingHints, withoutGitHint } = await import("./git/fitting-hint.ts")
  if (error.where.file === undefined) return withoutGitHint(error)
  const [fitting = error] = await withFittingHints(realIo(), [error])
  return fitting
}

/** The folder of the chunk that this is in, as stacks name it. */
function ownFolder(): string {
  const [, frame = ""] = (new Error("where").stack ?? "").split("\n")
  return /[^( ]*[\\/]/.exec(frame.replace(/^ {4}at /, ""))?.[0] ?? "\0"
}

function isDefault(selectors: Selectors): boolean {
  return Object.values(selectors).every((text) => text === "")
}

function toBytes(text: string | Uint8Array): Uint8Array {
  return typeof text === "string" ? utf8.encode(text) : text
}

async function read(
  sealed: string | Uint8Array,
  asked: FormatName | undefined,
  path: string | null,
): Promise<{ document: SealedDocument }> {
  const text = typeof sealed === "string" ? sealed : decodeFile(sealed)
  if (text === null) throw whyNoText(toBytes(sealed))
  return {
    document:
      asked === undefined ? await readNamed(formatByName(path, undefined, null), text) : await readAs(asked, text),
  }
}

async function opened<T>(
  session: Session,
  document: SealedDocument,
  { requireStructure = false }: OpenTextOptions,
): Promise<OpenedText<T>> {
  checkReadable(document)
  const selectors = await compileSelectors(document.metadata.selectors, { refuseInvalid: false })
  const dataKey = await keyOf(session, document)
  try {
    const { bytes, leaves } = openDocument(document, { cipher: new Cipher(dataKey), selectors, requireStructure })
    const format = document.format.name
    const documents = format === "binary" ? [bytes] : buildTrees(leaves, document.scan.documents).map(toValues)
    return { format, bytes, text: utf8.decode(bytes), values: documents[0]! as T, documents }
  } finally {
    dataKey.wipe()
  }
}

function keyOf(session: Session, { metadata }: SealedDocument): ReturnType<typeof unwrapDataKey> {
  return unwrapDataKey(metadata.groups, metadata.threshold, { context: keyContext(session, []) })
}

function recipientList(byKind: SealTextOptions["recipients"]): Recipient[] {
  return Object.entries(byKind).flatMap(([kind, texts]) =>
    [texts ?? []].flat().flatMap((text) => parseRecipients(kind as RecipientType, text)),
  )
}

/** The machine without its terminal: a library must not ask the person at it. */
function sessionFor({ env, onNotice, signal }: MachineOptions): Session {
  const real = realIo()
  const io: Io = Object.create(real, {
    terminal: { value: { ask: async () => null, confirm: async () => null } },
    ...(env === undefined
      ? {}
      : {
          env: {
            value: new Map(Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined)),
          },
        }),
  }) as Io
  return {
    io,
    dialect: sottoDialect,
    end: new RunEnd(signal),
    memory: {},
    notice: onNotice ?? (() => {}),
  }
}
