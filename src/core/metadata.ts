import { type MetaMap, type MetaValue, field, invalidMetadata, textField } from "./format.ts"
import { isKeyField, readGroups } from "./metadata-keys.ts"
import { type KindsInFile, type WrappedKey } from "./recipient.ts"
import { type Selectors } from "./select.ts"
import { wholeSeconds } from "./time.ts"

/** The `sops` block, read. Upstream coerces weakly typed values; so do we (spec: value coercion on load). */
export interface Metadata {
  /** Without the `sotto_*` fields this is all that upstream knows. */
  readonly groups: readonly (readonly WrappedKey[])[]
  /** As written; 0 when absent. */
  readonly threshold: number
  /** As written. */
  readonly lastModified: string
  /** AAD of the MAC: `lastModified` to whole seconds. */
  readonly macAad: string
  /** The MAC's token; `""` when absent. */
  readonly mac: string
  readonly version: string
  readonly selectors: Selectors
  readonly macOnlyEncrypted: boolean
  /** Tokens of docs/design/layout.md sections 2 and 6; `""` when absent. */
  readonly layout: string
  readonly structure: string
  /** Format of a file that is whole in the binary container; `""` when it is not one. */
  readonly container: string
  /** As the file holds it, with order and unknown fields. */
  readonly tree: MetaMap
}

export const selectorFields: readonly (readonly [keyof Selectors, string])[] = [
  ["unencryptedSuffix", "unencrypted_suffix"],
  ["encryptedSuffix", "encrypted_suffix"],
  ["unencryptedRegex", "unencrypted_regex"],
  ["encryptedRegex", "encrypted_regex"],
  ["unencryptedCommentRegex", "unencrypted_comment_regex"],
  ["encryptedCommentRegex", "encrypted_comment_regex"],
]

/**
 * Reads the metadata of any release from 3.7 to 3.13.
 *
 * @throws {AppError} `METADATA_INVALID` naming the field, never its content; `NO_KEYS` when nobody could open it
 */
export function readMetadata(tree: MetaMap, kinds: KindsInFile): Metadata {
  const lastModified = textField(tree, "lastmodified")
  const macAad = wholeSeconds(lastModified)
  if (macAad === null) throw invalidMetadata("lastmodified is not an RFC 3339 date")
  const selectors = Object.fromEntries(
    selectorFields.map(([name, key]) => [name, textField(tree, key)]),
  ) as unknown as Selectors
  if (Object.values(selectors).filter((text) => text !== "").length > 1) {
    throw invalidMetadata("it holds more than one of the rules that select what is encrypted")
  }
  return {
    groups: readGroups(tree, kinds),
    threshold: readThreshold(tree),
    lastModified,
    macAad,
    mac: textField(tree, "mac"),
    version: textField(tree, "version"),
    selectors,
    macOnlyEncrypted: readBoolean(tree, "mac_only_encrypted"),
    layout: textField(tree, "sotto_layout"),
    structure: textField(tree, "sotto_structure"),
    container: textField(tree, "sotto_container"),
    tree,
  }
}

function readThreshold(tree: MetaMap): number {
  const value = field(tree, "shamir_threshold")
  if (value === undefined || value === null || value === "") return 0
  if (typeof value === "boolean") return value ? 1 : 0
  // INI files of 3.10 to 3.12 hold `2.000000`.
  const number =
    typeof value === "number"
      ? value
      : /^[+-]?(?:\d+(?:\.0+)?|0[xX][0-9a-fA-F]+)$/.test(textOf(value))
        ? Number(value)
        : NaN
  if (!Number.isFinite(number)) throw invalidMetadata("shamir_threshold is not a number")
  return Math.trunc(number)
}

function textOf(value: MetaValue): string {
  return typeof value === "string" ? value : ""
}

const trueWords: ReadonlySet<string> = new Set(["1", "t", "T", "TRUE", "true", "True"])
const falseWords: ReadonlySet<string> = new Set(["0", "f", "F", "FALSE", "false", "False", ""])

function readBoolean(tree: MetaMap, name: string): boolean {
  const value = field(tree, name)
  if (value === undefined || value === null) return false
  if (typeof value === "boolean") return value
  if (typeof value === "number") return value !== 0
  if (typeof value === "string" && trueWords.has(value)) return true
  if (typeof value === "string" && falseWords.has(value)) return false
  throw invalidMetadata(`${name} is neither true nor false`)
}

const semver = /^v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/

/**
 * Upstream refuses to open a file whose version is not `X.Y.Z`; a version that starts with `1.` counts as old.
 *
 * @see sops v3.13.2 cmd/sops/common/common.go, DetectKMSEncryptionContextBug
 */
export function checkVersion(version: string): void {
  if (version.startsWith("1.") || (version.length <= 100 && semver.test(version))) return
  throw invalidMetadata(version === "" ? "version is empty" : "version is not of the form X.Y.Z")
}

/** Compares `X.Y.Z`; anything after the three numbers is ignored. */
export function isOlderVersion(version: string, than: string): boolean {
  const a = versionNumbers(version)
  const b = versionNumbers(than)
  for (let i = 0; i < 3; i++) if (a[i] !== b[i]) return (a[i] ?? 0) < (b[i] ?? 0)
  return false
}

function versionNumbers(version: string): number[] {
  return version.replace(/^v/, "").split(/[.+-]/).slice(0, 3).map(Number)
}

/** What `writeMetadata` puts in; everything else of the previous block stays as it was. */
interface MetadataFields {
  readonly keys: MetaMap
  readonly lastModified: string
  readonly mac: string
  readonly version: string
  readonly selectors: Selectors
  readonly macOnlyEncrypted: boolean
  readonly layout: string
  readonly structure: string
  readonly container: string
}

/**
 * The block to write. A new one is sorted as upstream sorts it; an existing one keeps its order and its unknown
 * fields, so that a diff shows what changed and nothing else.
 *
 * @param base - the previous block; `keys` equal to `null` keeps its wrapped keys as they are
 */
export function writeMetadata(
  fields: Omit<MetadataFields, "keys"> & { keys: MetaMap | null },
  base: MetaMap | null,
  kinds: KindsInFile,
): MetaMap {
  const wanted = new Map<string, MetaValue>()
  const put = (name: string, value: MetaValue): void => {
    if (value !== "" && value !== false) wanted.set(name, value)
  }
  for (const [name, value] of fields.keys ?? []) wanted.set(name, value)
  put("lastmodified", fields.lastModified)
  put("mac", fields.mac)
  put("mac_only_encrypted", fields.macOnlyEncrypted)
  put("sotto_container", fields.container)
  put("sotto_layout", fields.layout)
  put("sotto_structure", fields.structure)
  for (const [name, key] of selectorFields) put(key, fields.selectors[name])
  put("version", fields.version)
  if (base === null) return new Map([...wanted].sort(([a], [b]) => (a < b ? -1 : 1)))

  const owned = new Set([...wanted.keys(), ...ownFields])
  const result = new Map<string, MetaValue>()
  for (const [name, value] of base) {
    const lower = name.toLowerCase()
    const holdsKeys = isKeyField(name, value, kinds)
    if (holdsKeys && fields.keys === null) result.set(name, value)
    else if (holdsKeys ? wanted.has(lower) : wanted.has(lower) && owned.has(lower))
      result.set(name, keepEqual(value, wanted.get(lower)!))
    else if (!holdsKeys && !owned.has(lower)) result.set(name, value)
    wanted.delete(lower)
  }
  return insertSorted(result, wanted)
}

/**
 * The same block with other wrapped keys. Everything else stays as it was, also the empty lists that releases before
 * 3.10 wrote for types without keys.
 */
export function withKeys(base: MetaMap, keys: MetaMap, kinds: KindsInFile): MetaMap {
  const wanted = new Map(keys)
  const result = new Map<string, MetaValue>()
  for (const [name, value] of base) {
    const lower = name.toLowerCase()
    const isEmpty = value === null || (Array.isArray(value) && value.length === 0)
    if (wanted.has(lower)) result.set(name, wanted.get(lower)!)
    else if (!isKeyField(name, value, kinds) || isEmpty) result.set(name, value)
    wanted.delete(lower)
  }
  return insertSorted(result, wanted)
}

const ownFields: readonly string[] = [
  "lastmodified",
  "mac",
  "mac_only_encrypted",
  "sotto_container",
  "sotto_layout",
  "sotto_structure",
  "version",
  ...selectorFields.map(([, key]) => key),
]

/** A value that means the same (`"true"` for `true`) keeps its spelling. */
function keepEqual(old: MetaValue, wanted: MetaValue): MetaValue {
  return typeof wanted === "boolean" && typeof old === "string" && trueWords.has(old) === wanted ? old : wanted
}

/** New fields go before the first existing one that sorts after them, as in a fully sorted block. */
function insertSorted(existing: Map<string, MetaValue>, added: ReadonlyMap<string, MetaValue>): MetaMap {
  const pending = [...added].sort(([a], [b]) => (a < b ? -1 : 1))
  const names = [...existing.keys()]
  const place = new Map<string, [string, MetaValue][]>()
  const tail: [string, MetaValue][] = []
  for (const entry of pending) {
    const before = lastSortedNeighbour(names, entry[0])
    if (before === undefined) tail.push(entry)
    else place.set(before, [...(place.get(before) ?? []), entry])
  }
  const result = new Map<string, MetaValue>()
  for (const [name, value] of existing) {
    for (const [key, inserted] of place.get(name) ?? []) result.set(key, inserted)
    result.set(name, value)
  }
  for (const [key, value] of tail) result.set(key, value)
  return result
}

/** In a block that is not sorted (releases before 3.13) the new field goes before `version`, the usual last one. */
function lastSortedNeighbour(names: readonly string[], name: string): string | undefined {
  const isSorted = names.every((each, i) => i === 0 || names[i - 1]! < each)
  if (isSorted) return names.find((each) => each > name)
  return names.at(-1) === "version" ? "version" : undefined
}
