import { type MetaMap } from "../../core/format.ts"
import { Cipher } from "../../core/gcm.ts"
import { type Metadata } from "../../core/metadata.ts"
import { writeGroups } from "../../core/metadata-keys.ts"
import { type Sealed } from "../../core/seal.ts"
import { SecretBytes } from "../../core/secret.ts"
import { usableThreshold, wrapDataKey } from "../../keys/wrap.ts"
import { sealAs } from "../seal/seal-new.ts"
import { type Session } from "../session.ts"
import { contextFor, isOpened, type OpenedSide, type OpenedVersions, type Reach } from "./side.ts"

/** A new data key with the metadata fields that hold it. */
export interface FreshKey {
  readonly dataKey: SecretBytes
  readonly keys: MetaMap
}

/**
 * Seals the merged content over ours: under its data key or a fresh one, never under theirs'. What did not change keeps
 * its token; what comes from theirs keeps the one that it has there, under the same data key.
 *
 * @throws {AppError} `SELF_CHECK`, `KEY_AMBIGUOUS`, and what else a text that cannot be sealed throws
 */
export function sealMerged(
  session: Session,
  { ours, theirs }: OpenedVersions,
  plain: Uint8Array,
  fresh: FreshKey | null,
): Promise<Sealed> {
  const { metadata, format } = ours.document
  const isTheirsKept = fresh === null && isOpened(theirs) && theirs.dataKey.equals(ours.dataKey)
  return sealAs(
    { bytes: plain, format: format.name },
    {
      cipher: fresh === null ? ours.cipher : new Cipher(fresh.dataKey),
      selectors: metadata.selectors,
      compiled: ours.compiled,
      macOnlyEncrypted: metadata.macOnlyEncrypted,
      keys: fresh?.keys ?? null,
      version: metadata.version,
      now: session.io.now(),
      previous: fresh === null ? ours.opened : null,
      alsoKept: isTheirsKept ? [theirs.opened] : [],
      replaces: fresh === null ? undefined : ours.document,
      // A file that upstream has sealed stays one, until somebody edits it.
      structure: metadata.structure !== "",
      layoutMemo: metadata.structure !== "" || metadata.layout !== "",
      container: metadata.container,
      allowClearAlias: false,
      allowEmptySelection: true,
    },
  )
}

/** Age keys whose data key is wrapped without a program or a service. */
const native = /^(?:age1[02-9ac-hj-np-z]+|age1pq1[02-9ac-hj-np-z]+|ssh-(?:ed25519|rsa) \S+(?: .*)?)$/

export function canWrapSilently({ groups }: Metadata, reach: Reach): boolean {
  if (reach === "online") return true
  return groups.flat().every(({ recipient }) => recipient.type === "age" && native.test(recipient.recipient))
}

/** A fresh data key for the recipients of ours; the caller has compared them with the rule, and wipes the key. */
export async function freshKeyFor(session: Session, { document }: OpenedSide, reach: Reach): Promise<FreshKey> {
  const { groups, threshold } = document.metadata
  const dataKey = new SecretBytes(Uint8Array.from(session.io.randomBytes(32)))
  try {
    const recipients = groups.map((group) => group.map(({ recipient }) => recipient))
    const usable = usableThreshold(recipients, threshold)
    const options = { context: contextFor(session, reach), now: session.io.now() }
    const wrapped = await wrapDataKey(dataKey, recipients, usable, options)
    return { dataKey, keys: writeGroups(wrapped, groups.length === 1 ? 0 : usable) }
  } catch (error) {
    dataKey.wipe()
    throw error
  }
}
