import { type MetaMap, type MetaValue, field, invalidMetadata, textField } from "./format.ts"
import { limits } from "./limits.ts"
import { type KindInFile, type KindsInFile, type WrappedKey, makeRecipient } from "./recipient.ts"
import { wholeSeconds } from "./time.ts"
import { AppError } from "../errors/app-error.ts"

/**
 * The wrapped keys of a metadata block: the lists at its top are one group and win over `key_groups`.
 *
 * A list of entries that each hold an `enc` is a section of wrapped keys, known or not: what a later release of sops
 * adds counts as an entry that nobody here can open.
 *
 * @throws {AppError} `NO_KEYS` when there are none, `METADATA_INVALID` when an entry cannot be read
 */
export function readGroups(tree: MetaMap, kinds: KindsInFile): WrappedKey[][] {
  const single = readGroup(tree, kinds)
  const isKnown = single.some(({ recipient }) => recipient.type !== "unknown")
  if (isKnown) return [single]
  const groups = listOf(field(tree, "key_groups"), "key_groups")
  if (groups.length > limits.groups_max) throw invalidMetadata("it holds too many key groups")
  if (groups.length === 0 && single.length > 0) return [single]
  if (groups.length === 0) throw new AppError("NO_KEYS")
  const result = groups.map((group) => {
    if (!(group instanceof Map)) throw invalidMetadata("a key group is not a mapping")
    return readGroup(group as MetaMap, kinds)
  })
  if (result.flat().length > limits.recipients_max) throw invalidMetadata("it holds too many recipients")
  return result
}

function readGroup(map: MetaMap, kinds: KindsInFile): WrappedKey[] {
  const known = kinds.flatMap((kind) =>
    listOf(field(map, kind.type), kind.type).map((entry) => {
      if (!(entry instanceof Map)) throw invalidMetadata(`an entry of ${kind.type} is not a mapping`)
      return readEntry(kind, entry as MetaMap)
    }),
  )
  const keys = [...known, ...readUnknown(map, kinds)]
  if (keys.length > limits.recipients_max) throw invalidMetadata("it holds too many recipients")
  return keys
}

function readUnknown(map: MetaMap, kinds: KindsInFile): WrappedKey[] {
  const keys: WrappedKey[] = []
  for (const [section, value] of map) {
    if (!isUnknownSection(section, value, kinds)) continue
    for (const entry of value as readonly MetaMap[]) {
      keys.push({ recipient: { type: "unknown", section, entry }, enc: textField(entry, "enc"), createdAt: null })
    }
  }
  return keys
}

function isUnknownSection(name: string, value: MetaValue, kinds: KindsInFile): boolean {
  if (!Array.isArray(value) || value.length === 0 || isKnownField(name, kinds)) return false
  return (value as readonly MetaValue[]).every((entry) => {
    if (!(entry instanceof Map)) return false
    const enc = field(entry as MetaMap, "enc")
    return typeof enc === "string" && enc !== ""
  })
}

function isKnownField(name: string, kinds: KindsInFile): boolean {
  const lower = name.toLowerCase()
  return lower === "key_groups" || lower === "shamir_threshold" || kinds.some(({ type }) => type === lower)
}

/** Whether a metadata field holds wrapped keys, or says how many are needed; these change only together. */
export function isKeyField(name: string, value: MetaValue, kinds: KindsInFile): boolean {
  return isKnownField(name, kinds) || isUnknownSection(name, value, kinds)
}

/** A single mapping where a list is expected counts as a list of one; an empty mapping as an empty list. */
function listOf(value: MetaValue | undefined, name: string): readonly MetaValue[] {
  if (value === undefined || value === null) return []
  if (Array.isArray(value)) return value as readonly MetaValue[]
  if (value instanceof Map) return value.size === 0 ? [] : [value as MetaMap]
  throw invalidMetadata(`${name} is not a list`)
}

function readEntry(kind: KindInFile, entry: MetaMap): WrappedKey {
  const { type } = kind
  const recipient = makeRecipient(
    type,
    kind.read((name) => textField(entry, name), entry),
  )
  const enc = textField(entry, "enc")
  if (!kind.isDated) return { recipient, enc, createdAt: null }
  const createdAt = textField(entry, "created_at")
  if (wholeSeconds(createdAt) === null)
    throw invalidMetadata(`created_at of an entry of ${type} is not an RFC 3339 date`)
  return { recipient, enc, createdAt }
}

/**
 * The fields that hold wrapped keys, sorted as upstream writes them: one group as lists at the top, several under
 * `key_groups` with their threshold.
 */
export function writeGroups(
  groups: readonly (readonly WrappedKey[])[],
  threshold: number,
  kinds: KindsInFile,
): MetaMap {
  const result = new Map<string, MetaValue>()
  if (groups.length === 1) for (const [name, value] of writeGroup(groups[0]!, false, kinds)) result.set(name, value)
  else
    result.set(
      "key_groups",
      groups.map((group) => writeGroup(group, true, kinds)),
    )
  if (threshold !== 0) result.set("shamir_threshold", threshold)
  return sorted(result)
}

function writeGroup(group: readonly WrappedKey[], isNested: boolean, kinds: KindsInFile): MetaMap {
  const result = new Map<string, MetaValue>()
  for (const kind of kinds) {
    const keys = group.filter((key) => key.recipient.type === kind.type)
    if (keys.length > 0 || (isNested && kind.isAlwaysInGroup)) {
      result.set(
        kind.type,
        keys.map((key) => writeEntry(kind, key)),
      )
    }
  }
  for (const { recipient } of group) {
    if (recipient.type !== "unknown") continue
    const before = (result.get(recipient.section) ?? []) as readonly MetaValue[]
    result.set(recipient.section, [...before, recipient.entry])
  }
  return sorted(result)
}

function writeEntry(kind: KindInFile, { recipient, enc, createdAt }: WrappedKey): MetaMap {
  const entry = new Map<string, MetaValue>([["enc", enc]])
  if (createdAt !== null) entry.set("created_at", createdAt)
  for (const [name, value] of Object.entries(kind.write(recipient as never))) entry.set(name, value)
  return sorted(entry)
}

function sorted(map: ReadonlyMap<string, MetaValue>): MetaMap {
  return new Map([...map].sort(([a], [b]) => (a < b ? -1 : 1)))
}
