import { formatNames } from "../core/format.ts"
import { type KindsInConfig } from "../core/recipient.ts"
import { type FormatName } from "../core/format.ts"
import { type CommentPolicy, commentPolicies } from "../core/comments.ts"
import { type Selectors } from "../core/select.ts"
import { AppError } from "../errors/app-error.ts"
import {
  type CreationRule,
  creationRuleKeys,
  keyGroupKeys,
  readCreationRule,
  type Stores,
  readStores,
  storeNames,
  checkOneSelector,
  selectorKeys,
} from "./creation-rule.ts"
import {
  intOf,
  itemsOf,
  textOf,
  type StrictFields,
  strictBool,
  strictChoice,
  strictFields,
  strictList,
} from "./decode.ts"
import { type Directory, readDirectory } from "./directory.ts"
import { type Glob, compileGlob } from "./glob.ts"
import { type PendingPerson, readPending } from "./pending.ts"
import { type RecipientSpec } from "./recipients.ts"
import { chosenKeys, readSelection } from "./chosen-paths.ts"
import { type DestinationRule, destinationRuleKeys, readDestinationRule } from "./sops-yaml.ts"
import { defaultStores, type RuleSettings } from "./defaults.ts"
import { type At, type ConfigEntry, type ConfigValue, invalidConfig, readOnlyDocument } from "./yaml-values.ts"

/** sotto's own config: strict, with names for people. docs/configuration.md describes it. */
interface Sopsrc {
  readonly rules: readonly SopsrcRule[] | null
  /** `creation_rules` as they are in a `.sops.yaml`, instead of `rules`. */
  readonly creationRules: readonly CreationRule[] | null
  readonly destinationRules: readonly DestinationRule[]
  readonly stores: Stores
  readonly people: readonly RecipientSpec[]
  readonly pending: readonly PendingPerson[]
}

export interface SopsrcRule extends RuleSettings {
  readonly at: At
  readonly match: PathMatch
  readonly groups: readonly (readonly RecipientSpec[])[]
  /** 0: one group, where it has no meaning. */
  readonly threshold: number
}

export type PathMatch =
  | { readonly type: "all" }
  | { readonly type: "globs"; readonly globs: readonly Glob[] }
  | { readonly type: "regex"; readonly text: string; readonly at: At }

const structureModes = ["on", "off", "required"] as const
const memoModes = ["auto", "never"] as const
const checkModes = ["on", "skip"] as const

/** Whether the structure digest is written, and whether a file without one is opened. */
export type StructureMode = (typeof structureModes)[number]
export type MemoMode = (typeof memoModes)[number]
/** Whether `check` looks for plain text among the files of a rule. */
export type CheckMode = (typeof checkModes)[number]

const rootKeys = [
  "version",
  "recipients",
  "groups",
  "rules",
  "creation_rules",
  "destination_rules",
  "stores",
  "pending",
]
const ruleKeys = [
  "path",
  "path_regex",
  "recipients",
  "key_groups",
  "threshold",
  ...chosenKeys,
  ...selectorKeys,
  "mac_only_encrypted",
  "comments",
  "container",
  "structure",
  "layout_memo",
  "format",
  "input_type",
  "with_clear",
  "check",
  "max_age",
  "allow_env",
  "stores",
]

function ruleHints(kinds: KindsInConfig): Map<string, string> {
  const keys = kinds.flatMap(({ config: { flatKey, groupKey, otherKeys = [] } }) => [flatKey, groupKey, ...otherKeys])
  return new Map([
    ["groups", "did you mean `key_groups`? Groups of people are named at the top of the file"],
    ["shamir_threshold", "did you mean `threshold`?"],
    ...keys.map((key) => [key, `write it under \`recipients\`, by a name or as \`{${key}: ...}\``] as const),
  ])
}

/** @throws {AppError} `CONFIG_INVALID` with line and column */
export function readSopsrc(source: string, kinds: KindsInConfig): Sopsrc {
  const root = readOnlyDocument(source)
  if (root === null) throw new AppError("CONFIG_INVALID", {}, versionMissing)
  const fields = strictFields(root, rootKeys)
  checkVersion(fields.get("version"), root.at)
  const pending = readPending(fields.get("pending"), kinds)
  const asked = new Set(pending.map(({ name }) => name))
  const directory = readDirectory(fields.get("recipients"), fields.get("groups"), kinds, asked)
  const [rules, creationRules] = [fields.get("rules"), fields.get("creation_rules")]
  if (rules !== undefined && creationRules !== undefined) {
    throw invalidConfig(creationRules.at, "`rules` and `creation_rules` are in one config", "write all as `rules`")
  }
  return {
    rules: rules === undefined ? null : strictList(rules).map((rule) => readRule(rule, directory, kinds)),
    creationRules:
      creationRules === undefined ? null : strictList(creationRules).map((rule) => strictCreationRule(rule, kinds)),
    destinationRules: strictList(fields.get("destination_rules")).map((rule) => strictDestinationRule(rule, kinds)),
    stores: strictStores(fields.get("stores")),
    people: directory.people,
    pending,
  }
}

const versionMissing = { subject: "`version` is missing", hint: "write `version: 1` as the first line" }

function checkVersion(entry: ConfigEntry | undefined, at: At): void {
  if (entry === undefined) throw invalidConfig(at, versionMissing.subject, versionMissing.hint)
  const { value } = entry
  if (value.type === "scalar" && value.kind === "int" && value.text === "1") return
  throw invalidConfig(value.at, "this version of the config is not known", "write `version: 1`, or use a newer sotto")
}

function readRule(value: ConfigValue, directory: Directory, kinds: KindsInConfig): SopsrcRule {
  const fields = strictFields(value, ruleKeys, ruleHints(kinds))
  const groups = readGroups(fields, directory)
  const { selectors, chosen } = readSelection(fields)
  checkOneSelector(selectors, value.at)
  return {
    at: value.at,
    match: readMatch(fields),
    groups,
    threshold: readThreshold(fields.get("threshold"), groups.length, value.at),
    selectors,
    chosen,
    macOnlyEncrypted: strictBool(fields.get("mac_only_encrypted")) ?? false,
    comments: readComments(fields.get("comments"), selectors),
    container: strictBool(fields.get("container")) ?? false,
    structure: strictChoice(fields.get("structure"), structureModes) ?? "on",
    layoutMemo: strictChoice(fields.get("layout_memo"), memoModes) ?? "auto",
    inputType: readFormat(fields),
    withClear: strictBool(fields.get("with_clear")) ?? false,
    check: strictChoice(fields.get("check"), checkModes) ?? "on",
    maxAgeDays: readAge(fields.get("max_age")),
    allowEnv: strictList(fields.get("allow_env")).map((name) => textOf(name)),
    stores: strictStores(fields.get("stores")),
  }
}

/** What people call formats, beside their names. */
const formatAliases: ReadonlyMap<string, FormatName> = new Map([
  ["yml", "yaml"],
  ["env", "dotenv"],
])

/** `format`, or as sops calls its option `input_type`. */
function readFormat(fields: StrictFields): FormatName | null {
  const [format, type] = [fields.get("format"), fields.get("input_type")]
  if (format !== undefined && type !== undefined)
    throw invalidConfig(
      type.at,
      "`format` and `input_type` are in one rule, and mean the same",
      "leave one of them out",
    )
  const name = strictChoice(format ?? type, [...formatNames, ...formatAliases.keys()])
  if (name === undefined) return null
  return formatAliases.get(name) ?? (name as FormatName)
}

/** Rules that go by comments read them: what they say has to stand where it stood. */
function readComments(entry: ConfigEntry | undefined, selectors: Selectors): CommentPolicy {
  const policy = strictChoice(entry, commentPolicies) ?? "follow"
  const goesByComments = selectors.encryptedCommentRegex !== "" || selectors.unencryptedCommentRegex !== ""
  if (policy === "follow" || !goesByComments) return policy
  throw invalidConfig(
    entry!.value.at,
    "`comments` and a selector that goes by comments are in one rule",
    "leave one of them out",
  )
}

const daysOf: ReadonlyMap<string, number> = new Map([
  ["d", 1],
  ["w", 7],
  ["y", 365],
])

function readAge(entry: ConfigEntry | undefined): number | null {
  if (entry === undefined) return null
  const [, digits = "", unit = ""] = /^([1-9]\d{0,4})([dwy])$/.exec(textOf(entry.value)) ?? []
  const days = daysOf.get(unit)
  if (days === undefined)
    throw invalidConfig(entry.value.at, "an age is a number of days, weeks or years: 90d, 12w, 1y")
  return Number(digits) * days
}

function readMatch(fields: StrictFields): PathMatch {
  const [path, regex] = [fields.get("path"), fields.get("path_regex")]
  if (path !== undefined && regex !== undefined)
    throw invalidConfig(regex.at, "`path` and `path_regex` are in one rule")
  if (regex !== undefined) return { type: "regex", text: textOf(regex.value), at: regex.value.at }
  if (path === undefined) return { type: "all" }
  const patterns = path.value.type === "list" ? strictList(path) : [path.value]
  if (patterns.length === 0) throw invalidConfig(path.value.at, "an empty list matches no path")
  return { type: "globs", globs: patterns.map(readGlob) }
}

function readGlob(value: ConfigValue): Glob {
  const text = textOf(value)
  if (text.startsWith("!")) {
    throw invalidConfig(value.at, "a path pattern cannot be negated", "put the exception into a rule before this one")
  }
  const glob = compileGlob(text)
  if ("problem" in glob) throw invalidConfig(value.at, glob.problem)
  return glob
}

function readGroups(fields: StrictFields, directory: Directory): readonly (readonly RecipientSpec[])[] {
  const [recipients, keyGroups] = [fields.get("recipients"), fields.get("key_groups")]
  if (recipients !== undefined && keyGroups !== undefined) {
    throw invalidConfig(keyGroups.at, "`recipients` and `key_groups` are in one rule")
  }
  if (recipients !== undefined) return [directory.read(recipients.value)]
  return strictList(keyGroups).map((group) => directory.read(group))
}

/**
 * With several groups, that many of them are needed to open a file. It is always said: one `-` too many in a list of
 * keys makes two groups out of one, and then nobody can open the file alone.
 */
function readThreshold(entry: ConfigEntry | undefined, groups: number, at: At): number {
  const threshold = intOf(entry?.value)
  if (groups < 2) {
    if (threshold === undefined || threshold === groups) return 0
    throw invalidConfig(
      entry!.value.at,
      "`threshold` counts the key groups that are needed, and there are fewer than two",
    )
  }
  if (threshold === undefined) throw missingThreshold(at, groups, "threshold")
  if (threshold >= 2 && threshold <= groups) return threshold
  throw invalidConfig(
    entry!.value.at,
    `there are ${groups} key groups, so \`threshold\` is a number from 2 to ${groups}`,
  )
}

function missingThreshold(at: At, groups: number, key: string): AppError {
  return invalidConfig(
    at,
    `there are ${groups} key groups and no \`${key}\`: a key of each of the ${groups} groups would be needed to open a file`,
    `write \`${key}: ${groups}\` if that is meant; put people who can open the file alone into one list`,
  )
}

function strictCreationRule(value: ConfigValue, kinds: KindsInConfig): CreationRule {
  const fields = strictFields(value, creationRuleKeys(kinds))
  const groups = itemsOf(fields.get("key_groups")?.value)
  const groupKeys = keyGroupKeys(kinds)
  for (const group of groups) checkKeyGroup(group, groupKeys)
  const rule = readCreationRule(value, kinds)
  if (groups.length > 1 && rule.threshold === 0) throw missingThreshold(value.at, groups.length, "shamir_threshold")
  checkOneSelector(rule.selectors, value.at)
  return rule
}

function checkKeyGroup(group: ConfigValue, keys: readonly string[]): void {
  for (const inner of itemsOf(strictFields(group, keys).get("merge")?.value)) checkKeyGroup(inner, keys)
}

function strictDestinationRule(value: ConfigValue, kinds: KindsInConfig): DestinationRule {
  const recreation = strictFields(value, destinationRuleKeys).get("recreation_rule")
  if (recreation !== undefined) strictCreationRule(recreation.value, kinds)
  return readDestinationRule(value, kinds)
}

/** What sops is about to have for YAML that it prints anew; no release has it, so it is accepted and has no effect. */
const comingStoreFields = ["compact_array_indent", "document_start_marker"] as const

function storeFields(name: string): string[] {
  if (name === "dotenv" || name === "ini") return []
  return name === "yaml" ? ["indent", ...comingStoreFields] : ["indent"]
}

function strictStores(entry: ConfigEntry | undefined): Stores {
  if (entry === undefined) return defaultStores
  for (const [name, store] of strictFields(entry.value, storeNames)) {
    const fields = strictFields(store.value, storeFields(name))
    const indent = fields.get("indent")
    for (const key of comingStoreFields) strictBool(fields.get(key))
    const spaces = intOf(indent?.value) ?? 0
    // -1 is upstream's word for a tab, in JSON only.
    const least = name === "yaml" ? 0 : -1
    if (spaces < least || spaces > 16)
      throw invalidConfig(indent!.value.at, `\`indent\` is a number from ${least} to 16`)
  }
  return readStores(entry.value)
}
