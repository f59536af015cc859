import { type ValueChange, compareEntries, type DiffEntry, entriesOfLeaves, entriesOfScan } from "./compare.ts"
import { type FilePair, type DiffVersion } from "./pairs.ts"
import { type OpenedAlone, openAlone } from "../open/open-alone.ts"
import { readByContent } from "../open/read-as.ts"
import { namesInVersions } from "../recipients/entry-names.ts"
import { type Session } from "../session.ts"
import { type SealedDocument } from "../../core/document.ts"
import { type FormatName, type Scan } from "../../core/format.ts"
import { selectorFields } from "../../core/metadata.ts"
import { type Recipient } from "../../core/recipient.ts"
import { runSlot } from "../../core/run-memory.ts"
import { decodeText } from "../../core/text.ts"
import { tokenMark } from "../../core/token.ts"
import { AppError } from "../../errors/app-error.ts"
import { detectPlainFormat } from "../../formats/plain-name.ts"
import { loadFormat } from "../../formats/registry.ts"
import { recipientName } from "../../keys/kinds.ts"

/** What differs between two versions of one file. */
export interface FileDiff {
  /** The new name, or the old one of a file that is gone. */
  readonly file: string
  readonly oldFile: string | null
  readonly state: "changed" | "added" | "removed" | "renamed"
  readonly sealed: readonly [before: boolean, after: boolean]
  /** Values were compared, not tokens. */
  readonly isOpened: boolean
  /** What does not hold, on at least one side. */
  readonly fault: "MAC mismatch" | "not readable" | null
  readonly changes: readonly ValueChange[]
  /** What to print for one of `recipients`. */
  recipientName(recipient: Recipient): string
  readonly recipients: { readonly added: readonly Recipient[]; readonly removed: readonly Recipient[] }
  readonly metadata: readonly MetadataChange[]
  readonly dataKey: "same" | "new" | "unknown"
  /** The wrapped keys are new ones, for the same recipients. */
  readonly isRewrapped: boolean
}

interface MetadataChange {
  readonly field: string
  readonly from: string
  readonly to: string
}

/** One version, as far as it can be read. */
interface Reading {
  readonly document: SealedDocument | null
  /** Of a plain text; `null` for what no format can read. */
  readonly scan: Scan | null
  readonly alone: OpenedAlone | null
  readonly fault: FileDiff["fault"]
  /** No identity here opens it. */
  readonly error: AppError | null
}

/** @returns `null` when neither version is sealed, or there is nothing to report */
export async function diffFile(
  session: Session,
  { before, after }: FilePair,
  { needsKey }: { readonly needsKey: boolean },
): Promise<FileDiff | null> {
  if (!isSealed(before) && !isSealed(after)) return null
  const a = await read(session, before, after, null)
  try {
    const b = await read(session, after, before, a)
    try {
      return compare({ before, after }, a, b, { needsKey })
    } finally {
      b?.alone?.dataKey.wipe()
    }
  } finally {
    a?.alone?.dataKey.wipe()
  }
}

function compare(
  { before, after }: FilePair,
  a: Reading | null,
  b: Reading | null,
  { needsKey }: { readonly needsKey: boolean },
): FileDiff | null {
  const sides = [a, b].filter((each) => each !== null)
  if (sides.every(({ document, fault }) => document === null && fault === null)) return null
  const [missing] = sides.flatMap(({ error }) => error ?? [])
  if (needsKey && missing !== undefined) throw missing.at({ file: (after ?? before)!.path })
  // Values are compared with values only.
  const isOpened = sides.every(({ document, alone }) => document === null || alone !== null)
  const changes = compareEntries(entriesOf(a, isOpened), entriesOf(b, isOpened))
  const diff: FileDiff = {
    file: (after ?? before)!.path,
    oldFile: before !== null && after !== null && before.path !== after.path ? before.path : null,
    state: stateOf(before, after),
    sealed: [isRead(a), isRead(b)],
    isOpened,
    fault: a?.fault ?? b?.fault ?? null,
    changes,
    ...metadataDiff(a?.document ?? null, b?.document ?? null),
    dataKey: dataKeyDiff(a, b),
  }
  return isSaid(diff, before, after) ? diff : null
}

function isRead(reading: Reading | null): boolean {
  return reading !== null && reading.document !== null
}

function stateOf(before: DiffVersion | null, after: DiffVersion | null): FileDiff["state"] {
  if (before === null) return "added"
  if (after === null) return "removed"
  return before.path === after.path ? "changed" : "renamed"
}

/** Only date and MAC differ: an edit without a change. */
function isSaid(diff: FileDiff, before: DiffVersion | null, after: DiffVersion | null): boolean {
  if (diff.state !== "changed" || hasContent(diff)) return true
  return layoutOf(before) !== layoutOf(after)
}

export function hasContent({ changes, recipients, metadata, dataKey, isRewrapped, sealed, fault }: FileDiff): boolean {
  const hasRecipients = recipients.added.length + recipients.removed.length > 0
  const isOther = changes.length + metadata.length > 0 || dataKey === "new" || isRewrapped
  return isOther || hasRecipients || sealed[0] !== sealed[1] || fault !== null
}

/** The text without its tokens and without the fields of the metadata that change each time. */
function layoutOf(version: DiffVersion | null): string {
  const text = Buffer.from(version?.bytes ?? []).toString("latin1")
  return text
    .replace(/ENC\[AES256_GCM,[^\]]*\]/g, "ENC")
    .replace(/lastmodified[^\n]{0,100}/g, "lastmodified")
    .replace(/sotto_(?:layout|structure)[^\n]{0,20}/g, "")
}

function isSealed(version: DiffVersion | null): boolean {
  return (
    version !== null &&
    Buffer.from(version.bytes.buffer, version.bytes.byteOffset, version.bytes.length).includes(tokenMark)
  )
}

/** @param known - the other version, where it was read before: what both have alike is opened once */
async function read(
  session: Session,
  version: DiffVersion | null,
  other: DiffVersion | null,
  known: Reading | null,
): Promise<Reading | null> {
  if (version === null) return null
  const nothing = { document: null, scan: null, alone: null, fault: null, error: null }
  const text = decodeText(version.bytes)
  if (text === null) return nothing
  try {
    const document = await readByContent(text, version.path)
    return await openReading(session, document, known)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    if (error.code !== "NOT_SEALED") return { ...nothing, fault: "not readable" }
    return { ...nothing, scan: await plainScan(text, version, other) }
  }
}

async function openReading(session: Session, document: SealedDocument, known: Reading | null): Promise<Reading> {
  const reading = { document, scan: document.scan, alone: null, error: null, fault: null }
  try {
    const alone = await openAlone(session, document, { other: known?.alone ?? undefined, valuesOnly: true })
    return { ...reading, alone }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return error.code === "DATA_KEY" ? { ...reading, error } : { ...reading, fault: "MAC mismatch" }
  }
}

function formatOf({ path }: DiffVersion): FormatName {
  return path === null ? "binary" : detectPlainFormat(path)
}

/** A file that is not sealed on one side is read as its name says, or as the other side is. */
async function plainScan(text: string, version: DiffVersion, other: DiffVersion | null): Promise<Scan | null> {
  try {
    const named = formatOf(version)
    const format = named !== "binary" ? named : other === null ? named : formatOf(other)
    return (await loadFormat(format)).scan(text)
  } catch (error) {
    if (error instanceof AppError) return null
    throw error
  }
}

function entriesOf(reading: Reading | null, isOpened: boolean): DiffEntry[] {
  if (reading === null) return []
  if (isOpened && reading.alone !== null) return entriesOfLeaves(reading.alone.opened.leaves)
  return reading.scan === null ? [] : entriesOfScan(reading.scan)
}

function metadataDiff(
  before: SealedDocument | null,
  after: SealedDocument | null,
): Pick<FileDiff, "recipients" | "recipientName" | "metadata" | "isRewrapped"> {
  const [a, b] = [before?.metadata, after?.metadata]
  const people = [a, b].map(
    (side) => new Map((side?.groups.flat() ?? []).map(({ recipient }) => [recipientName(recipient), recipient])),
  )
  const [was, is] = [people[0]!, people[1]!]
  const recipients = {
    added: [...is].flatMap(([name, recipient]) => (was.has(name) ? [] : [recipient])),
    removed: [...was].flatMap(([name, recipient]) => (is.has(name) ? [] : [recipient])),
  }
  const named = namesInVersions([a, b].flatMap((side) => (side === undefined ? [] : [side.groups])))
  if (a === undefined || b === undefined) return { recipients, recipientName: named, metadata: [], isRewrapped: false }
  const fields: [string, string, string][] = [
    ...selectorFields.map(([name, field]): [string, string, string] => [field, a.selectors[name], b.selectors[name]]),
    ["mac_only_encrypted", String(a.macOnlyEncrypted), String(b.macOnlyEncrypted)],
    ["shamir_threshold", String(a.threshold), String(b.threshold)],
    ["key_groups", String(a.groups.length), String(b.groups.length)],
  ]
  const metadata = fields.flatMap(([field, from, to]) => (from === to ? [] : [{ field, from, to }]))
  const encs = (side: typeof a): string =>
    side.groups
      .flat()
      .map(({ enc }) => enc)
      .join("\n")
  const isSame = recipients.added.length + recipients.removed.length === 0
  return { recipients, recipientName: named, metadata, isRewrapped: isSame && encs(a) !== encs(b) }
}

/** With both keys this is certain; without, a common token or wrapped key shows that the data key is the same. */
function dataKeyDiff(a: Reading | null, b: Reading | null): FileDiff["dataKey"] {
  if (!a?.document || !b?.document) return "unknown"
  if (a.alone !== null && b.alone !== null) return a.alone.dataKey.equals(b.alone.dataKey) ? "same" : "new"
  const facts = ({ metadata, scan }: SealedDocument): Set<string> =>
    new Set([
      ...metadata.groups.flat().map(({ enc }) => enc),
      ...entriesOfScan(scan).flatMap(({ sealed, value }) => (sealed ? [value] : [])),
    ])
  const [was, is] = [facts(a.document), facts(b.document)]
  return [...was].some((fact) => is.has(fact)) ? "same" : "new"
}

const printKey = runSlot<Uint8Array>()

/** What fingerprints of this run are made with. It is random, so a value cannot be guessed from them later. */
export function printKeyOf({ io, memory }: Session): Uint8Array {
  return printKey.of(memory, () => io.randomBytes(32))
}
