import { type KindsInConfig } from "../core/recipient.ts"
import { type CreationRule, creationRuleKeys, readCreationRule, type Stores, readStores } from "./creation-rule.ts"
import { boolOf, fieldsOf, intOf, itemsOf, present, textOf } from "./decode.ts"
import { didYouMean } from "../errors/nearest.ts"
import { type At, type ConfigEntry, type ConfigValue, readValues } from "./yaml-values.ts"

/** A `.sops.yaml` as upstream reads it: unknown keys say nothing, wrong types are errors. */
interface SopsYaml {
  /** `null`: the key is not there, which counts as no config at all. An empty list matches nothing. */
  readonly creationRules: readonly CreationRule[] | null
  readonly destinationRules: readonly DestinationRule[]
  readonly stores: Stores
  /** Keys that nobody reads but that look like a known one. Upstream is silent about them. */
  readonly misspelt: readonly Misspelt[]
}

interface Misspelt {
  readonly at: At
  /** ``did you mean `x`?`` */
  readonly hint: string
}

/** Where `publish` puts the files of a path. */
export interface DestinationRule {
  readonly at: At
  readonly pathRegex: string
  readonly s3Bucket: string
  readonly s3Prefix: string
  readonly gcsBucket: string
  readonly gcsPrefix: string
  readonly vaultPath: string
  readonly vaultAddress: string
  readonly vaultMount: string
  /** 0: not given. */
  readonly vaultVersion: number
  /** `null`: the file is uploaded as it is. */
  readonly recreation: CreationRule | null
  readonly omitExtensions: boolean
}

const rootKeys = ["creation_rules", "destination_rules", "stores"]

/**
 * @throws {AppError} `CONFIG_INVALID` with line and column, also for rules that no path needs
 * @see sops v3.13.2 config/config.go
 */
export function readSopsYaml(source: string, kinds: KindsInConfig): SopsYaml {
  const root = readValues(source) ?? undefined
  const fields = fieldsOf(root)
  const rules = present(fields.get("creation_rules")?.value)
  return {
    creationRules: rules === null ? null : itemsOf(rules).map((rule) => readCreationRule(rule, kinds)),
    destinationRules: itemsOf(fields.get("destination_rules")?.value).map((rule) => readDestinationRule(rule, kinds)),
    stores: readStores(fields.get("stores")?.value),
    misspelt: [
      ...misspelt(root, rootKeys),
      ...itemsOf(rules ?? undefined).flatMap((rule) => misspelt(rule, creationRuleKeys(kinds))),
    ],
  }
}

export function readDestinationRule(value: ConfigValue, kinds: KindsInConfig): DestinationRule {
  const fields = fieldsOf(value)
  const text = (key: string): string => textOf(fields.get(key)?.value)
  const recreation = present(fields.get("recreation_rule")?.value)
  return {
    at: value.at,
    pathRegex: text("path_regex"),
    s3Bucket: text("s3_bucket"),
    s3Prefix: text("s3_prefix"),
    gcsBucket: text("gcs_bucket"),
    gcsPrefix: text("gcs_prefix"),
    vaultPath: text("vault_path"),
    vaultAddress: text("vault_address"),
    vaultMount: text("vault_kv_mount_name"),
    vaultVersion: intOf(fields.get("vault_kv_version")?.value) ?? 0,
    recreation: recreation === null ? null : readCreationRule(recreation, kinds),
    omitExtensions: boolOf(fields.get("omit_extensions")?.value),
  }
}

export const destinationRuleKeys: readonly string[] = [
  "path_regex",
  "s3_bucket",
  "s3_prefix",
  "gcs_bucket",
  "gcs_prefix",
  "vault_path",
  "vault_address",
  "vault_kv_mount_name",
  "vault_kv_version",
  "recreation_rule",
  "omit_extensions",
]

/** Keys that are right elsewhere, in key groups or in metadata, and name recipients that nobody would ever use. */
const plausible = new Map([
  ["hc_vault", "did you mean `hc_vault_transit_uri`?"],
  ["hc_vault_uris", "did you mean `hc_vault_transit_uri`?"],
  ["azure_kv", "did you mean `azure_keyvault`?"],
])

function misspelt(value: ConfigValue | undefined, known: readonly string[]): Misspelt[] {
  const fields: ReadonlyMap<string, ConfigEntry> = value === undefined ? new Map() : fieldsOf(value)
  return [...fields].flatMap(([key, { at }]) => {
    const hint = known.includes(key) ? undefined : (plausible.get(key) ?? didYouMean(key, known))
    return hint === undefined ? [] : [{ at, hint }]
  })
}
