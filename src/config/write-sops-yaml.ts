import { Document, isMap, isScalar, isSeq, type YAMLMap } from "yaml"
import { type KindsInConfig, type Recipient } from "../core/recipient.ts"
import { type Config, creationEntry, type RuleEntry } from "./config.ts"
import { defaultSettings, type RuleSettings } from "./defaults.ts"
import { type Stores, selectorsWithKeys } from "./creation-rule.ts"
import { regexesOf } from "./glob-regex.ts"
import { personOf, type Rule } from "./rule.ts"
import { type DestinationRule } from "./sops-yaml.ts"
import { type PathMatch } from "./sopsrc.ts"

/** A config in the words of sops. */
interface SopsYamlText {
  readonly text: string
  /** What sops cannot express, a line each, for people. */
  readonly unsaid: readonly string[]
}

type Resolve = (entry: RuleEntry) => Promise<Rule>
type Data = Record<string, unknown>

/**
 * Writes the `.sops.yaml` that makes sops seal for the same recipients and the same values as a config.
 *
 * @throws {AppError} what is wrong with a rule
 */
export async function sopsYamlOf(config: Config, resolve: Resolve): Promise<SopsYamlText> {
  const unsaid: string[] = []
  const written: Written[] = []
  for (const entry of config.rules ?? []) {
    const rule = await resolve(entry)
    const missing = unsaidOf(rule, config.stores)
    unsaid.push(...missing.map((line) => `rule ${entry.number} in line ${entry.at.line}: ${line}`))
    const patterns = patternsOf(entry.match)
    for (const pattern of patterns)
      written.push({ data: { ...pattern, ...ruleData(rule, config.kinds) }, rule, missing })
  }
  const destinations: Data[] = []
  for (const [index, destination] of config.destinations.entries())
    destinations.push(await destinationData(destination, index, config, resolve))
  const stores = storesData(config.stores)
  const document = new Document(
    {
      ...(config.rules === null ? {} : { creation_rules: written.map(({ data }) => data) }),
      ...(destinations.length === 0 ? {} : { destination_rules: destinations }),
      ...(Object.keys(stores).length === 0 ? {} : { stores }),
    },
    { version: "1.1", aliasDuplicateObjects: false },
  )
  document.commentBefore = " Written by `sotto config export`: change the .sopsrc, and export this again."
  for (const [index, each] of written.entries()) {
    const node = document.getIn(["creation_rules", index], true)
    if (isMap(node)) annotate(node, each)
  }
  return { text: document.toString({ lineWidth: 0 }), unsaid }
}

interface Written {
  readonly data: Data
  readonly rule: Rule
  readonly missing: readonly string[]
}

function patternsOf(match: PathMatch): { path_regex?: string }[] {
  switch (match.type) {
    case "all":
      return [{}]
    case "regex":
      return [{ path_regex: match.text }]
    case "globs":
      return regexesOf(match.globs).map((pattern) => ({ path_regex: pattern }))
  }
}

function ruleData({ groups, threshold, selectors, macOnlyEncrypted }: Rule, kinds: KindsInConfig): Data {
  return {
    ...selectorsWithKeys(selectors),
    ...(macOnlyEncrypted ? { mac_only_encrypted: true } : {}),
    ...(groups.length > 1 && threshold > 0 ? { shamir_threshold: threshold } : {}),
    ...(groups.flat().length === 0 ? {} : { key_groups: groups.map((group) => groupData(group, kinds)) }),
  }
}

/** In the order of the group as far as sops has one: it goes kind by kind. */
function groupData(group: readonly Recipient[], kinds: KindsInConfig): Data {
  const data: Data = {}
  for (const kind of kinds) {
    const items = group.filter(({ type }) => type === kind.type).map((recipient) => itemData(recipient, kind))
    if (items.length > 0) data[kind.config.groupKey] = items
  }
  return data
}

function itemData(recipient: Recipient, { config, name }: KindsInConfig[number]): string | Data {
  if (config.fields === undefined) return name(recipient as never)
  const fields = Object.entries(config.fields.write(recipient as never)).map(
    ([key, value]) => [key, typeof value === "string" ? value : Object.fromEntries(value)] as const,
  )
  return Object.fromEntries(
    fields.filter(([, value]) => (typeof value === "string" ? value !== "" : Object.keys(value).length > 0)),
  )
}

/** Names of people, and what is missing, as comments. */
function annotate(node: YAMLMap, { rule, missing }: Written): void {
  if (missing.length > 0) node.commentBefore = missing.map((line) => ` ${line}`).join("\n")
  const groups = node.get("key_groups", true)
  if (!isSeq(groups)) return
  for (const [index, group] of groups.items.entries()) {
    if (!isMap(group)) continue
    const items = group.items.flatMap(({ value }) => (isSeq(value) ? value.items : []))
    const kinds = rule.people.kinds.map(({ type }) => type)
    const recipients = kinds.flatMap((kind) => rule.groups[index]!.filter(({ type }) => type === kind))
    for (const [at, item] of items.entries()) {
      const person = personOf(rule.people, recipients[at]!)
      if (person === null) continue
      if (isScalar(item)) item.comment = ` ${person}`
      else if (isMap(item)) item.commentBefore = ` ${person}`
    }
  }
}

const withoutWord = [
  ["container", "container"],
  ["input_type", "inputType"],
  ["structure", "structure"],
  ["layout_memo", "layoutMemo"],
  ["comments", "comments"],
  ["with_clear", "withClear"],
  ["check", "check"],
  ["max_age", "maxAgeDays"],
] as const satisfies readonly (readonly [string, keyof RuleSettings])[]

function unsaidOf(rule: Rule, stores: Stores): string[] {
  const keys: string[] = withoutWord.filter(([, name]) => rule[name] !== defaultSettings[name]).map(([key]) => key)
  if (rule.allowEnv.length > 0) keys.push("allow_env")
  if (JSON.stringify(rule.stores) !== JSON.stringify(stores)) keys.push("stores")
  const lines = keys.length === 0 ? [] : [`sops cannot express ${keys.join(", ")}`]
  if (rule.container) lines.push("sops cannot seal such files as a whole: use --input-type binary")
  if (rule.inputType !== null) lines.push(`sops needs --input-type ${rule.inputType} for such files`)
  if (rule.chosen !== null) {
    const paths = rule.chosen.paths.map(({ text }) => text).join(", ")
    lines.push(`${rule.chosen.mode} names ${paths}: sops selects these keys everywhere`)
  }
  return lines
}

async function destinationData(rule: DestinationRule, index: number, config: Config, resolve: Resolve): Promise<Data> {
  const { recreation } = rule
  const entry = recreation === null ? null : creationEntry(recreation, index, config.stores)
  const again = entry === null ? {} : { ...patternsOf(entry.match)[0], ...ruleData(await resolve(entry), config.kinds) }
  const fields = {
    path_regex: rule.pathRegex,
    s3_bucket: rule.s3Bucket,
    s3_prefix: rule.s3Prefix,
    gcs_bucket: rule.gcsBucket,
    gcs_prefix: rule.gcsPrefix,
    vault_path: rule.vaultPath,
    vault_address: rule.vaultAddress,
    vault_kv_mount_name: rule.vaultMount,
    vault_kv_version: rule.vaultVersion,
    omit_extensions: rule.omitExtensions,
  }
  const given = Object.entries(fields).filter(([, value]) => value !== "" && value !== 0 && value !== false)
  return { ...Object.fromEntries(given), ...(entry === null ? {} : { recreation_rule: again }) }
}

function storesData({ jsonIndent, jsonBinaryIndent, yamlIndent }: Stores): Data {
  const all = { json: jsonIndent, json_binary: jsonBinaryIndent, yaml: yamlIndent }
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, indent]) => (indent === undefined ? [] : [[name, { indent }]])),
  )
}
