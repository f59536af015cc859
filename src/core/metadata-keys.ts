import { AppError } from "../errors/app-error.ts"
import { type MetaMap, type MetaValue } from "./format.ts"
import { limits } from "./limits.ts"
import { field, invalid, textField } from "./metadata-fields.ts"
import { type Recipient, type RecipientType, type WrappedKey } from "./recipient.ts"
import { wholeSeconds } from "./time.ts"

/** Order of the keys inside a group that is read from a file; it decides who is asked first. */
const loadOrder = [
  "kms",
  "gcp_kms",
  "hckms",
  "azure_kv",
  "hc_vault",
  "pgp",
  "age",
] as const satisfies readonly RecipientType[]

/** Groups always hold these two lists, even empty, as upstream writes them. */
const alwaysInGroup: ReadonlySet<string> = new Set(["age", "hc_vault"])

/**
 * The wrapped keys of a metadata block: the lists at its top are one group and win over `key_groups`.
 *
 * @throws {AppError} `NO_KEYS` when there are none, `METADATA_INVALID` when an entry cannot be read
 */
export function readGroups(tree: MetaMap): WrappedKey[][] {
  const single = readGroup(tree)
  if (single.length > 0) return [single]
  const groups = listOf(field(tree, "key_groups"), "key_groups")
  if (groups.length > limits.groups_max) throw invalid("it holds too many key groups")
  if (groups.length === 0) throw new AppError("NO_KEYS")
  const result = groups.map((group) => {
    if (!(group instanceof Map)) throw invalid("a key group is not a mapping")
    return readGroup(group as MetaMap)
  })
  if (result.flat().length > limits.recipients_max) throw invalid("it holds too many recipients")
  return result
}

function readGroup(map: MetaMap): WrappedKey[] {
  const keys = loadOrder.flatMap((type) =>
    listOf(field(map, type), type).map((entry) => {
      if (!(entry instanceof Map)) throw invalid(`an entry of ${type} is not a mapping`)
      return readEntry(type, entry as MetaMap)
    }),
  )
  if (keys.length > limits.recipients_max) throw invalid("it holds too many recipients")
  return keys
}

/** A single mapping where a list is expected counts as a list of one; an empty mapping as an empty list. */
function listOf(value: MetaValue | undefined, name: string): readonly MetaValue[] {
  if (value === undefined || value === null) return []
  if (Array.isArray(value)) return value as readonly MetaValue[]
  if (value instanceof Map) return value.size === 0 ? [] : [value as MetaMap]
  throw invalid(`${name} is not a list`)
}

function readEntry(type: RecipientType, entry: MetaMap): WrappedKey {
  const recipient = readRecipient(type, entry)
  const enc = textField(entry, "enc")
  if (type === "age") return { recipient, enc, createdAt: null }
  const createdAt = textField(entry, "created_at")
  if (wholeSeconds(createdAt) === null) throw invalid(`created_at of an entry of ${type} is no RFC 3339 date`)
  return { recipient, enc, createdAt }
}

function readRecipient(type: RecipientType, entry: MetaMap): Recipient {
  const text = (name: string): string => textField(entry, name)
  switch (type) {
    case "age":
      return { type, recipient: text("recipient") }
    case "pgp":
      return { type, fp: text("fp") }
    case "kms":
      return {
        type,
        arn: text("arn"),
        role: text("role"),
        context: readContext(entry),
        awsProfile: text("aws_profile"),
      }
    case "gcp_kms":
      return { type, resourceId: text("resource_id") }
    case "azure_kv":
      return { type, vaultUrl: text("vault_url"), name: text("name"), version: text("version") }
    case "hc_vault":
      return { type, vaultAddress: text("vault_address"), enginePath: text("engine_path"), keyName: text("key_name") }
    case "hckms":
      return { type, keyId: text("key_id") }
  }
}

function readContext(entry: MetaMap): ReadonlyMap<string, string> {
  const context = field(entry, "context")
  if (context === undefined || context === null) return new Map()
  if (!(context instanceof Map)) throw invalid("context of an entry of kms is not a mapping")
  const map = context as MetaMap
  return new Map([...map.keys()].map((key) => [key, textField(map, key)]))
}

/**
 * The fields that hold wrapped keys, sorted as upstream writes them: one group as lists at the top, several under
 * `key_groups` with their threshold.
 */
export function writeGroups(groups: readonly (readonly WrappedKey[])[], threshold: number): MetaMap {
  const result = new Map<string, MetaValue>()
  if (groups.length === 1) for (const [name, value] of writeGroup(groups[0]!, false)) result.set(name, value)
  else
    result.set(
      "key_groups",
      groups.map((group) => writeGroup(group, true)),
    )
  if (threshold !== 0) result.set("shamir_threshold", threshold)
  return new Map([...result].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function writeGroup(group: readonly WrappedKey[], isNested: boolean): MetaMap {
  const result = new Map<string, MetaValue>()
  for (const type of [...loadOrder].sort()) {
    const keys = group.filter((key) => key.recipient.type === type)
    if (keys.length > 0 || (isNested && alwaysInGroup.has(type))) result.set(type, keys.map(writeEntry))
  }
  return result
}

function writeEntry({ recipient, enc, createdAt }: WrappedKey): MetaMap {
  const entry = new Map<string, MetaValue>([["enc", enc]])
  if (createdAt !== null) entry.set("created_at", createdAt)
  switch (recipient.type) {
    case "age":
      entry.set("recipient", recipient.recipient)
      break
    case "pgp":
      entry.set("fp", recipient.fp)
      break
    case "kms":
      entry.set("arn", recipient.arn).set("aws_profile", recipient.awsProfile)
      if (recipient.role !== "") entry.set("role", recipient.role)
      if (recipient.context.size > 0)
        entry.set("context", new Map([...recipient.context].sort(([a], [b]) => (a < b ? -1 : 1))))
      break
    case "gcp_kms":
      entry.set("resource_id", recipient.resourceId)
      break
    case "azure_kv":
      entry.set("vault_url", recipient.vaultUrl).set("name", recipient.name).set("version", recipient.version)
      break
    case "hc_vault":
      entry
        .set("vault_address", recipient.vaultAddress)
        .set("engine_path", recipient.enginePath)
        .set("key_name", recipient.keyName)
      break
    case "hckms":
      entry.set("key_id", recipient.keyId)
      break
  }
  return new Map([...entry].sort(([a], [b]) => (a < b ? -1 : 1)))
}
