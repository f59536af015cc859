import { type Conflict, wholeFile } from "./conflict.ts"
import { type OpenedVersions, isOpened } from "./side.ts"
import { type Reach, contextFor } from "../open/open-alone.ts"
import { neededOf } from "../recipients/key-plan.ts"
import { type FreshKey, optionsOver, sealAs, underFreshKey } from "../seal/seal-new.ts"
import { type Session } from "../session.ts"
import { type Rule } from "../../config/rule.ts"
import { type MetaMap } from "../../core/format.ts"
import { writeGroups } from "../../core/metadata-keys.ts"
import { type Metadata } from "../../core/metadata.ts"
import { type Recipient, type WrappedKey } from "../../core/recipient.ts"
import { type Sealed } from "../../core/seal.ts"
import { SecretBytes } from "../../core/secret.ts"
import { type CompiledSelectors, type Selectors, ruleOf } from "../../core/select.ts"
import { kindsInFile, recipientKey } from "../../keys/kinds.ts"
import { usableThreshold, wrapDataKey } from "../../keys/wrap.ts"

/** Who the result is for, and what is sealed in it. */
export interface MetadataChoice {
  readonly groups: readonly (readonly Recipient[])[]
  readonly threshold: number
  readonly selectors: Selectors
  readonly compiled: CompiledSelectors
  readonly macOnlyEncrypted: boolean
}

interface SealChoice {
  /** Instead of ours' data key. */
  readonly fresh: FreshKey | null
  /** Ours' data key, wrapped for others. */
  readonly keys?: MetaMap | null
  /** Instead of what ours says. */
  readonly metadata?: Pick<MetadataChoice, "selectors" | "compiled" | "macOnlyEncrypted">
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
  { fresh, keys = null, metadata: chosen }: SealChoice,
): Promise<Sealed> {
  const { metadata, format } = ours.document
  const isTheirsKept = fresh === null && isOpened(theirs) && theirs.dataKey.equals(ours.dataKey)
  const options = optionsOver(session, ours, {
    cipher: ours.cipher,
    compiled: ours.compiled,
    keys,
    ...chosen,
    alsoKept: isTheirsKept ? [theirs.opened] : [],
    // A file that upstream sealed stays as upstream seals it, until somebody edits it.
    structure: metadata.structure !== "",
    layoutMemo: metadata.structure !== "" || metadata.layout !== "",
    comments: "kept",
    ...(fresh === null ? {} : underFreshKey(fresh, ours.opened)),
  })
  return sealAs({ bytes: plain, format: format.name }, options)
}

/** Age keys whose data key is wrapped without a program or a service. */
const native = /^(?:age1[02-9ac-hj-np-z]+|age1pq1[02-9ac-hj-np-z]+|ssh-(?:ed25519|rsa) \S+(?: .*)?)$/

export function canWrapSilently({ groups }: Metadata, reach: Reach): boolean {
  if (reach === "online") return true
  return groups.flat().every(({ recipient }) => recipient.type === "age" && native.test(recipient.recipient))
}

/** A fresh data key; the caller makes sure that everybody in the groups may have it, and wipes the key. */
export async function freshKeyFor(
  session: Session,
  { groups, threshold }: Pick<MetadataChoice, "groups" | "threshold">,
  reach: Reach,
): Promise<FreshKey> {
  const dataKey = new SecretBytes(new Uint8Array(session.io.randomBytes(32)))
  try {
    return { dataKey, keys: await wrapped(session, dataKey, { groups, threshold }, reach) }
  } catch (error) {
    dataKey.wipe()
    throw error
  }
}

async function wrapped(
  session: Session,
  dataKey: SecretBytes,
  { groups, threshold }: Pick<MetadataChoice, "groups" | "threshold">,
  reach: Reach,
): Promise<MetaMap> {
  const usable = usableThreshold(groups, threshold)
  const options = { context: contextFor(session, reach), now: session.io.now() }
  return writeGroups(await wrapDataKey(dataKey, groups, usable, options), usable, kindsInFile)
}

/** Ours' data key for other recipients: those with an entry for it in ours or theirs keep that. */
export async function rewrapped(
  session: Session,
  { ours, theirs }: OpenedVersions,
  choice: Pick<MetadataChoice, "groups" | "threshold">,
): Promise<MetaMap> {
  const [group, ...others] = choice.groups
  if (group === undefined || others.length > 0) return wrapped(session, ours.dataKey, choice, "online")
  const sides = isOpened(theirs) && theirs.dataKey.equals(ours.dataKey) ? [theirs, ours] : [ours]
  const known = new Map(
    sides.flatMap(({ document: { metadata } }) =>
      metadata.groups.length === 1 ? metadata.groups[0]!.map((entry) => [recipientKey(entry.recipient), entry]) : [],
    ),
  )
  const missing = group.filter((recipient) => !known.has(recipientKey(recipient)))
  const options = { context: contextFor(session, "online"), now: session.io.now() }
  const [fresh = []] = missing.length === 0 ? [] : await wrapDataKey(ours.dataKey, [missing], 0, options)
  for (const entry of fresh) known.set(recipientKey(entry.recipient), entry)
  return writeGroups([group.map((recipient): WrappedKey => known.get(recipientKey(recipient))!)], 0, kindsInFile)
}

/** The metadata of the versions; `null` for one that is not there or not sealed. */
export interface MetadataSides {
  readonly base: Metadata | null
  readonly ours: Metadata
  readonly theirs: Metadata | null
}

type Part = "recipients" | "threshold" | "selectors" | "mac_only"

const parts: readonly (readonly [Part, (metadata: Metadata) => string])[] = [
  ["recipients", ({ groups }) => JSON.stringify(groups.map((group) => namesOf(group).toSorted()))],
  ["threshold", ({ groups, threshold }) => String(neededOf(groups.length, threshold))],
  ["selectors", ({ selectors }) => JSON.stringify([ruleOf(selectors).rule, ruleOf(selectors).text])],
  ["mac_only", ({ macOnlyEncrypted }) => String(macOnlyEncrypted)],
]

/**
 * Ours decides who may read the file and what is sealed in it. What theirs changed there is never taken silently:
 * anybody can write it, and nothing authenticates it.
 */
export function metadataConflicts({ base, ours, theirs }: MetadataSides): Conflict[] {
  if (theirs === null) return []
  return parts.flatMap(([kind, read]) => {
    const there = read(theirs)
    const isSettled = there === read(ours) || (base !== null && there === read(base))
    return isSettled ? [] : [wholeFile(kind)]
  })
}

/** Recipients that ours added since base. */
export function addedByOurs({ base, ours }: MetadataSides): string[] {
  if (base === null) return []
  const known = new Set(namesOf(base.groups.flat()))
  return namesOf(ours.groups.flat()).filter((name) => !known.has(name))
}

/** Whether a rule names every one of the recipients. */
export function allNamed(names: readonly string[], rule: Rule | null): boolean {
  const known = new Set(rule === null ? [] : rule.groups.flat().map(recipientKey))
  return names.every((name) => known.has(name))
}

/** Whether a file has the recipients and the threshold of a rule, and no others. */
export function followsRule({ groups, threshold }: Metadata, rule: Rule): boolean {
  if (neededOf(groups.length, threshold) !== neededOf(rule.groups.length, rule.threshold)) return false
  const read = (all: readonly (readonly string[])[]): string => JSON.stringify(all.map((group) => group.toSorted()))
  return read(groups.map(namesOf)) === read(rule.groups.map((group) => group.map(recipientKey)))
}

function namesOf(group: Metadata["groups"][number]): string[] {
  return group.map(({ recipient }) => recipientKey(recipient))
}
