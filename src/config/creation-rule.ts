import { boolOf, fieldsOf, intOf, itemsOf, present, textOf } from "./decode.ts"
import { type RecipientSpec } from "./recipients.ts"
import { type At, type ConfigEntry, type ConfigValue, invalidConfig } from "./yaml-values.ts"
import { type KindsInConfig, type Recipient, makeRecipient } from "../core/recipient.ts"
import { type Selectors, noSelectors } from "../core/select.ts"

/** One of `creation_rules`, or the `recreation_rule` of a destination. */
export interface CreationRule {
  readonly at: At
  /** `""` matches every path. */
  readonly pathRegex: string
  readonly pathRegexAt: At
  readonly selectors: Selectors
  readonly macOnlyEncrypted: boolean
  /** 0: not given, so all groups are needed. */
  readonly threshold: number
  /** `null`: the flat keys are used. */
  readonly keyGroups: readonly (readonly RecipientSpec[])[] | null
  /** Read when the rule applies: upstream finds a wrong one in a rule that is not used neither. */
  readonly flatGroup: () => readonly RecipientSpec[]
}

export function creationRuleKeys(kinds: KindsInConfig): readonly string[] {
  return [
    "path_regex",
    ...kinds.map(({ config }) => config.flatKey),
    "aws_profile",
    "key_groups",
    "shamir_threshold",
    ...selectorKeys,
    "mac_only_encrypted",
  ]
}

export function keyGroupKeys(kinds: KindsInConfig): readonly string[] {
  return ["merge", ...kinds.map(({ config }) => config.groupKey)]
}

/** @see sops v3.13.2 config/config.go, creationRule */
export function readCreationRule(value: ConfigValue, kinds: KindsInConfig): CreationRule {
  const fields = fieldsOf(value)
  const pathRegex = fields.get("path_regex")
  const keyGroups = itemsOf(fields.get("key_groups")?.value).map((group) => readKeyGroup(group, kinds))
  for (const { config } of kinds)
    if (config.isLooseList === true) itemsOf(fields.get(config.flatKey)?.value).map(textOf)
  const awsProfile = textOf(fields.get("aws_profile")?.value)
  return {
    at: value.at,
    pathRegex: textOf(pathRegex?.value),
    pathRegexAt: pathRegex?.value.at ?? value.at,
    selectors: readSelectors(fields),
    macOnlyEncrypted: boolOf(fields.get("mac_only_encrypted")?.value),
    threshold: intOf(fields.get("shamir_threshold")?.value) ?? 0,
    keyGroups: keyGroups.length === 0 ? null : keyGroups,
    flatGroup: () => kinds.flatMap((kind) => readFlat(fields.get(kind.config.flatKey), kind, awsProfile)),
  }
}

/** A comma list, or a list of texts that may hold commas themselves. */
function readFlat(
  entry: ConfigEntry | undefined,
  { type, config: { flatKey: key, isLooseList = false, skipsEmpty = false } }: KindsInConfig[number],
  awsProfile: string,
): RecipientSpec[] {
  const value = present(entry?.value)
  if (value === null) return []
  const wrong = (at: At) =>
    invalidConfig(at, `invalid ${key} key configuration: a text or a list of texts is expected here`)
  if (value.type === "map") throw wrong(value.at)
  const isList = value.type === "list"
  const items = isList ? value.items.filter((item) => !isLooseList || present(item) !== null) : [value]
  return items.flatMap((item) => {
    if (item.type !== "scalar" || (item.kind !== "text" && !isLooseList)) throw wrong(item.at)
    const text = isList ? item.text : withoutEmptyPieces(item.text)
    if (text.trim() !== "") return [{ at: item.at, person: item.anchor, type, text, awsProfile }]
    if (items.length > 1 && !skipsEmpty) throw invalidConfig(item.at, `invalid ${key} key configuration: it is empty`)
    return []
  })
}

/** So that folded scalars and trailing commas work. */
function withoutEmptyPieces(text: string): string {
  const pieces = text.split(",").map((piece) => piece.trim())
  return pieces.filter((piece) => piece !== "").join(",")
}

function readKeyGroup(value: ConfigValue, kinds: KindsInConfig): readonly RecipientSpec[] {
  const fields = fieldsOf(value)
  const items = (key: string): readonly ConfigValue[] => itemsOf(fields.get(key)?.value)
  return [
    ...items("merge").flatMap((group) => readKeyGroup(group, kinds)),
    ...kinds.flatMap((kind) => items(kind.config.groupKey).map((item) => readKeyGroupItem(item, kind))),
  ]
}

function readKeyGroupItem(item: ConfigValue, kind: KindsInConfig[number]): RecipientSpec {
  const { type, config } = kind
  const place = { at: item.at, person: item.type === "scalar" ? item.anchor : null }
  if (config.fields === undefined) {
    const text = textOf(item)
    if (config.plain === undefined) return { ...place, type, text, awsProfile: "" }
    return { ...place, recipient: makeRecipient(type, config.plain(text)) }
  }
  const fields = fieldsOf(item)
  const found = readFields(fields, kind)
  if ("recipient" in found) return { ...place, recipient: found.recipient }
  // One field says it all, and has to be there.
  const [key] = config.fields.needed
  const named = present(fields.get(key!)?.value)
  if (named === null) throw invalidConfig(item.at, `\`${key!}\` is missing`)
  return { at: named.at, person: named.type === "scalar" ? named.anchor : null, type, text: found.text, awsProfile: "" }
}

type Fields = ReadonlyMap<string, ConfigEntry>

/** What a mapping says of a recipient: all of it, or its text. */
export function readFields(
  fields: Fields,
  { type, config }: KindsInConfig[number],
): { readonly recipient: Recipient } | { readonly text: string } {
  const text = (name: string): string => textOf(fields.get(name)?.value)
  const map = (name: string): ReadonlyMap<string, string> => {
    const entries = [...fieldsOf(fields.get(name)?.value)]
    return new Map(entries.map(([key, entry]) => [key, textOf(entry.value)]))
  }
  const found = config.fields!.read({ text, map })
  return typeof found === "string" ? { text: found } : { recipient: makeRecipient(type, found) }
}

/** How documents are printed when they are converted; `undefined` is upstream's default (JSON a tab, YAML 4). */
export interface Stores {
  readonly jsonIndent: number | undefined
  /** Of the envelope of binary files. */
  readonly jsonBinaryIndent: number | undefined
  readonly yamlIndent: number | undefined
}

export const storeNames = ["json", "json_binary", "yaml", "dotenv", "ini"] as const

/** `stores:` as upstream reads it. A negative indent is for the printer to refuse, with its exit status. */
export function readStores(value: ConfigValue | undefined): Stores {
  const stores = fieldsOf(value)
  const indent = (name: (typeof storeNames)[number]): number | undefined =>
    intOf(fieldsOf(stores.get(name)?.value).get("indent")?.value)
  // These two have no options, but they have to be mappings.
  fieldsOf(stores.get("dotenv")?.value)
  fieldsOf(stores.get("ini")?.value)
  const json = indent("json")
  const jsonBinary = indent("json_binary")
  const yaml = indent("yaml")
  return {
    jsonIndent: json === -1 ? undefined : json,
    jsonBinaryIndent: jsonBinary === -1 ? undefined : jsonBinary,
    yamlIndent: yaml === 0 ? undefined : yaml,
  }
}

/** A rule's options over those of the whole config. */
export function mergeStores(stores: Stores, over: Stores): Stores {
  return {
    jsonIndent: over.jsonIndent ?? stores.jsonIndent,
    jsonBinaryIndent: over.jsonBinaryIndent ?? stores.jsonBinaryIndent,
    yamlIndent: over.yamlIndent ?? stores.yamlIndent,
  }
}

const keys = [
  ["unencrypted_suffix", "unencryptedSuffix"],
  ["encrypted_suffix", "encryptedSuffix"],
  ["unencrypted_regex", "unencryptedRegex"],
  ["encrypted_regex", "encryptedRegex"],
  ["unencrypted_comment_regex", "unencryptedCommentRegex"],
  ["encrypted_comment_regex", "encryptedCommentRegex"],
] as const satisfies readonly (readonly [string, keyof Selectors])[]

export const selectorKeys: readonly string[] = keys.map(([key]) => key)

/** The six selectors of a rule. Only the types are checked here. */
export function readSelectors(fields: ReadonlyMap<string, ConfigEntry>): Selectors {
  const selectors = { ...noSelectors }
  for (const [key, name] of keys) selectors[name] = textOf(fields.get(key)?.value)
  return selectors
}

/** @throws {AppError} when a rule has more than one selector */
export function checkOneSelector(selectors: Selectors, at: At): void {
  if (Object.values(selectors).filter((text) => text !== "").length < 2) return
  throw invalidConfig(at, `cannot use more than one of ${selectorKeys.join(", ")} for the same rule`)
}

/** Those that are set, by the keys of a config. */
export function selectorsWithKeys(selectors: Selectors): Record<string, string> {
  return Object.fromEntries(keys.flatMap(([key, name]) => (selectors[name] === "" ? [] : [[key, selectors[name]]])))
}
