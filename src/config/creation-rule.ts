import { type Recipient, type RecipientType } from "../core/recipient.ts"
import { type Selectors } from "../core/select.ts"
import { boolOf, fieldsOf, intOf, itemsOf, present, textOf } from "./decode.ts"
import { type RecipientSpec } from "./recipients.ts"
import { readSelectors, selectorKeys } from "./selector-keys.ts"
import { type At, type ConfigEntry, type ConfigValue, invalid } from "./yaml-values.ts"

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

/** In the order in which upstream puts them into the one group. */
const flatKeys = [
  ["age", "age"],
  ["pgp", "pgp"],
  ["kms", "kms"],
  ["gcp_kms", "gcp_kms"],
  ["hckms", "hckms"],
  ["azure_keyvault", "azure_kv"],
  ["hc_vault_transit_uri", "hc_vault"],
] as const satisfies readonly (readonly [string, RecipientType])[]

export const creationRuleKeys: readonly string[] = [
  "path_regex",
  ...flatKeys.map(([key]) => key),
  "aws_profile",
  "key_groups",
  "shamir_threshold",
  ...selectorKeys,
  "mac_only_encrypted",
]

export const keyGroupKeys = ["merge", "age", "pgp", "kms", "gcp_kms", "hckms", "azure_keyvault", "hc_vault"] as const

/** @see sops v3.13.2 config/config.go, creationRule */
export function readCreationRule(value: ConfigValue): CreationRule {
  const fields = fieldsOf(value)
  const pathRegex = fields.get("path_regex")
  const keyGroups = itemsOf(fields.get("key_groups")?.value).map((group) => readKeyGroup(group))
  itemsOf(fields.get("hckms")?.value).map(textOf)
  const awsProfile = textOf(fields.get("aws_profile")?.value)
  return {
    at: value.at,
    pathRegex: textOf(pathRegex?.value),
    pathRegexAt: pathRegex?.value.at ?? value.at,
    selectors: readSelectors(fields),
    macOnlyEncrypted: boolOf(fields.get("mac_only_encrypted")?.value),
    threshold: intOf(fields.get("shamir_threshold")?.value) ?? 0,
    keyGroups: keyGroups.length === 0 ? null : keyGroups,
    flatGroup: () => flatKeys.flatMap(([key, type]) => readFlat(fields.get(key), { key, type, awsProfile })),
  }
}

interface FlatKey {
  readonly key: string
  readonly type: RecipientType
  readonly awsProfile: string
}

/** A comma list, or a list of texts that may hold commas themselves. */
function readFlat(entry: ConfigEntry | undefined, { key, type, awsProfile }: FlatKey): RecipientSpec[] {
  const value = present(entry?.value)
  if (value === null) return []
  const wrong = (at: At) => invalid(at, `invalid ${key} key configuration: a text or a list of texts is expected here`)
  if (value.type === "map") throw wrong(value.at)
  const isList = value.type === "list"
  // This key alone is typed as a list of texts, so nulls fall away and any scalar will do.
  const isLoose = type === "hckms"
  const items = isList ? value.items.filter((item) => !isLoose || present(item) !== null) : [value]
  return items.flatMap((item) => {
    if (item.type !== "scalar" || (item.kind !== "text" && !isLoose)) throw wrong(item.at)
    const text = isList ? item.text : withoutEmptyPieces(item.text)
    if (text.trim() !== "") return [{ at: item.at, person: item.anchor, type, text, awsProfile }]
    if (items.length > 1 && !skipsEmpty.has(type))
      throw invalid(item.at, `invalid ${key} key configuration: it is empty`)
    return []
  })
}

/** Upstream joins a list with commas before it reads it, and only these two leave out empty pieces then. */
const skipsEmpty: ReadonlySet<RecipientType> = new Set(["hc_vault", "hckms"])

/** So that folded scalars and trailing commas work. */
function withoutEmptyPieces(text: string): string {
  const pieces = text.split(",").map((piece) => piece.trim())
  return pieces.filter((piece) => piece !== "").join(",")
}

function readKeyGroup(value: ConfigValue): readonly RecipientSpec[] {
  const fields = fieldsOf(value)
  const items = (key: (typeof keyGroupKeys)[number]): readonly ConfigValue[] => itemsOf(fields.get(key)?.value)
  return [
    ...items("merge").flatMap((group) => readKeyGroup(group)),
    ...items("age").map((item) => textSpec("age", item)),
    ...items("pgp").map((item) => fieldsSpec(item, { type: "pgp", fp: textOf(item).replaceAll(" ", "") })),
    ...items("kms").map((item) => fieldsSpec(item, kmsOf(fieldsOf(item)))),
    ...items("gcp_kms").map((item) => fieldsSpec(item, gcpOf(fieldsOf(item)))),
    ...items("hckms").map((item) => huaweiSpec(item)),
    ...items("azure_keyvault").map((item) => fieldsSpec(item, azureOf(fieldsOf(item)))),
    ...items("hc_vault").map((item) => textSpec("hc_vault", item)),
  ]
}

function textSpec(type: RecipientType, value: ConfigValue): RecipientSpec {
  const person = value.type === "scalar" ? value.anchor : null
  return { at: value.at, person, type, text: textOf(value), awsProfile: "" }
}

function huaweiSpec(item: ConfigValue): RecipientSpec {
  const id = present(fieldsOf(item).get("key_id")?.value)
  if (id === null) throw invalid(item.at, "`key_id` is missing")
  return textSpec("hckms", id)
}

function fieldsSpec(value: ConfigValue, recipient: Recipient): RecipientSpec {
  return { at: value.at, person: value.type === "scalar" ? value.anchor : null, recipient }
}

type Fields = ReadonlyMap<string, ConfigEntry>

/** The ARN is taken as it stands: a role is a field of its own here. */
export function kmsOf(fields: Fields): Recipient {
  const context = new Map<string, string>()
  for (const [key, entry] of fieldsOf(fields.get("context")?.value)) context.set(key, textOf(entry.value))
  return {
    type: "kms",
    arn: textOf(fields.get("arn")?.value),
    role: textOf(fields.get("role")?.value),
    context,
    awsProfile: textOf(fields.get("aws_profile")?.value),
  }
}

export function gcpOf(fields: Fields): Recipient {
  return { type: "gcp_kms", resourceId: textOf(fields.get("resource_id")?.value).replaceAll(" ", "") }
}

/** An empty version is the newest one, which the service is asked for before the first use. */
export function azureOf(fields: Fields): Recipient {
  return {
    type: "azure_kv",
    vaultUrl: textOf(fields.get("vaultUrl")?.value),
    name: textOf(fields.get("key")?.value),
    version: textOf(fields.get("version")?.value),
  }
}
