import { kindsInFile, recipientKey } from "../../keys/kinds.ts"
import { readSealed, scanned, type SealedDocument } from "../../core/document.ts"
import { type MetaMap } from "../../core/format.ts"
import { Cipher } from "../../core/gcm.ts"
import { limits } from "../../core/limits.ts"
import { withKeys } from "../../core/metadata.ts"
import { writeGroups } from "../../core/metadata-keys.ts"
import { type WrappedKey } from "../../core/recipient.ts"
import { runSlot } from "../../core/run-memory.ts"
import { checkKept } from "../../core/same-metadata.ts"
import { type SecretBytes } from "../../core/secret.ts"
import { splice } from "../../core/splice.ts"
import { parseToken } from "../../core/token.ts"
import { AppError } from "../../errors/app-error.ts"
import { unwrapDataKey } from "../../keys/unwrap.ts"
import { tuned } from "../../host/engine.ts"
import { usableThreshold, wrapDataKey } from "../../keys/wrap.ts"
import { entryNames } from "./entry-names.ts"
import { type Wanted } from "./key-plan.ts"
import { servicesOf } from "./key-services.ts"
import { keyContext } from "../machine.ts"
import { type LoadedFile } from "../open/open-file.ts"
import { type Session } from "../session.ts"

/**
 * Wraps the data key of a file for others and puts the result into its text. No leaf, MAC or date changes: every byte
 * outside of the wrapped keys stays.
 *
 * @returns the new text of the file
 * @throws {AppError} `DATA_KEY`, `WRAP_FAILED`, `KEY_GROUPS_INVALID`; `SELF_CHECK`
 */
export async function rewrap(
  session: Session,
  loaded: LoadedFile,
  wanted: Wanted,
  options: { readonly decryptionOrder?: readonly string[] } = {},
): Promise<string> {
  const { document } = loaded
  usableThreshold(wanted.groups, wanted.threshold)
  const dataKey = await unwrapOnce(session, loaded, options.decryptionOrder ?? [])
  try {
    if (session.dialect.recipients.checksMac) checkOpensMac(document, dataKey)
    const keys = await wrapFor(session, loaded, dataKey, wanted)
    return tuned(document.scan.source.length, () => putKeys(document, keys))
  } finally {
    dataKey.wipe()
  }
}

/**
 * Shares that do not belong together give a wrong key without any error. Wrapped again, it would lock everybody out.
 *
 * @throws {AppError} `MAC_INVALID`, `MAC_MISSING`
 */
function checkOpensMac({ metadata: { mac, macAad } }: SealedDocument, dataKey: SecretBytes): void {
  if (mac === "") throw new AppError("MAC_MISSING")
  const token = parseToken(mac, limits.nonce_bytes_max)
  const opened = typeof token === "string" ? null : new Cipher(dataKey).open(token, macAad)
  if (opened === null) throw new AppError("MAC_INVALID")
}

/** The metadata fields for a data key of this file. */
async function wrapFor(
  session: Session,
  { document, file }: LoadedFile,
  dataKey: SecretBytes,
  { groups, threshold }: Wanted,
): Promise<MetaMap> {
  const before = document.metadata.groups
  const context = keyContext(session, [file])
  const options = { context, services: servicesOf(session), now: session.io.now() }
  // Shares belong together, and upstream wraps again for everybody anyway.
  if (!session.dialect.recipients.keepsEntries || before.length !== 1 || groups.length !== 1) {
    return writeGroups(
      await wrapDataKey(dataKey, groups, threshold, options),
      usableThreshold(groups, threshold),
      kindsInFile,
    )
  }
  // Recipients that stay keep their entry: that takes no service, and no line of the diff.
  const known = new Map(before[0]!.map((entry) => [recipientKey(entry.recipient), entry]))
  const added = groups[0]!.filter((recipient) => !known.has(recipientKey(recipient)))
  const [wrapped = []] = added.length === 0 ? [] : await wrapDataKey(dataKey, [added], 0, options)
  const fresh = new Map(added.map((recipient, index) => [recipient, wrapped[index]!]))
  const entries = groups[0]!.map((each): WrappedKey => known.get(recipientKey(each)) ?? fresh.get(each)!)
  return writeGroups([entries], 0, kindsInFile)
}

/**
 * Replaces the wrapped keys in a sealed text.
 *
 * @throws {AppError} `SELF_CHECK` when the new text, without its metadata, would not be the old one
 */
export function putKeys({ format, scan, metadata }: SealedDocument, keys: MetaMap): string {
  const block = scan.metadata!
  const bare = splice(scan.source, block.detach)
  const tree = withKeys(metadata.tree, keys, kindsInFile)
  const edits = format.attach(scanned(format, bare, scan), tree, block)
  const text = splice(bare, edits)
  const after = readSealed(format, text, kindsInFile, scan)
  checkKept(format, tree, after.scan.metadata!.tree)
  const isSame = splice(text, after.scan.metadata!.detach) === bare && after.scan.sites.length === scan.sites.length
  if (isSame) return text
  throw new AppError("SELF_CHECK", {}, { subject: "more than the wrapped keys would change" })
}

const unwrapping = runSlot<Map<string, Promise<SecretBytes>>>()

/** Copies of a file have the same wrapped keys, and may be worked on at the same time: one question is enough. */
export async function unwrapOnce(
  session: Session,
  { document, file, settings }: LoadedFile,
  order: readonly string[] = [],
): Promise<SecretBytes> {
  const { groups, threshold } = document.metadata
  const running = unwrapping.of(session.memory, () => new Map())
  const name = JSON.stringify([threshold, groups.map((group) => group.map(({ enc }) => enc))])
  const unwrap = (): Promise<SecretBytes> =>
    unwrapDataKey(groups, threshold, {
      context: keyContext(session, [file]),
      services: servicesOf(session),
      decryptionOrder: order.length === 0 ? null : order,
      nameOf: entryNames(groups, settings.personOf),
    })
  const shared = running.get(name)
  if (shared !== undefined) {
    // By then the run remembers it, or it failed, and fails again with the name of this file.
    await shared.catch(() => undefined)
    return unwrap()
  }
  const own = unwrap()
  running.set(name, own)
  try {
    return await own
  } finally {
    running.delete(name)
  }
}
