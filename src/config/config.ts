import { type CreationRule, type Stores, mergeStores, checkOneSelector } from "./creation-rule.ts"
import { type RuleSettings, defaultSettings } from "./defaults.ts"
import { type PendingPerson } from "./pending.ts"
import { type RecipientSpec } from "./recipients.ts"
import { type DestinationRule, readSopsYaml } from "./sops-yaml.ts"
import { type PathMatch, type SopsrcRule, readSopsrc } from "./sopsrc.ts"
import { type At } from "./yaml-values.ts"
import { type KindsInConfig } from "../core/recipient.ts"
import { decodeFile } from "../core/text.ts"
import { AppError } from "../errors/app-error.ts"

export type ConfigKind = "sopsrc" | "sops-yaml"

/** A config as it was read, of either kind. Recipients are not parsed yet. */
export interface Config {
  /** For people, as it was found: relative as `sops`, else absolute. */
  readonly file: string
  /** Absolute: paths of rules are relative to it. */
  readonly folder: string
  readonly kind: ConfigKind
  /** The kinds of recipients that it was read with. */
  readonly kinds: KindsInConfig
  /** `null`: it says nothing about recipients, as if there were no config. */
  readonly rules: readonly RuleEntry[] | null
  readonly destinations: readonly DestinationRule[]
  readonly stores: Stores
  readonly people: readonly RecipientSpec[]
  /** Whoever asks to be let in: nothing is wrapped for them. */
  readonly pending: readonly PendingPerson[]
  /** For people; never shown as `sops`. */
  readonly notices: readonly string[]
  /** A `.sops.yaml` in the folder of this `.sopsrc`, which must agree with it. */
  readonly beside: Config | null
}

/** A rule of either kind. What is a function is read when the rule applies. */
export interface RuleEntry {
  /** 1-based. */
  readonly number: number
  readonly at: At
  readonly match: PathMatch
  /** Paths with `/` on every system, or as the system writes them, which is upstream's way. */
  readonly isPortable: boolean
  readonly settings: () => RuleSettings
  readonly groups: () => readonly (readonly RecipientSpec[])[]
  /** Upstream drops repeated recipients from key groups only. */
  readonly keepsDuplicates: boolean
  /** 0: all groups. */
  readonly threshold: number
}

/** Where a config comes from, and what it is read with. */
type ConfigSource = Pick<Config, "file" | "folder" | "kind" | "kinds">

const bytesMax = 1024 * 1024

/**
 * Reads the text of a config.
 *
 * @throws {AppError} `CONFIG_INVALID` with file, line and column
 */
export function readConfig(bytes: Uint8Array, place: ConfigSource): Config {
  try {
    if (bytes.length > bytesMax) throw new AppError("CONFIG_INVALID", {}, { subject: "it is larger than 1 MiB" })
    const text = decodeFile(bytes)
    if (text === null) throw new AppError("CONFIG_INVALID", {}, { subject: "it is not UTF-8 text" })
    return {
      ...place,
      ...(place.kind === "sopsrc" ? fromSopsrc(text, place.kinds) : fromSopsYaml(text, place.kinds)),
      beside: null,
    }
  } catch (error) {
    throw error instanceof AppError ? error.at({ file: place.file }) : error
  }
}

type Content = Omit<Config, keyof ConfigSource | "beside">

function fromSopsYaml(text: string, kinds: KindsInConfig): Content {
  const { creationRules, destinationRules, stores, misspelt } = readSopsYaml(text, kinds)
  return {
    rules: creationRules === null ? null : creationRules.map((rule, index) => creationEntry(rule, index, stores)),
    destinations: destinationRules,
    stores,
    people: [],
    pending: [],
    notices: misspelt.map(({ at, hint }) => `line ${at.line}, column ${at.column}: an unknown key is ignored: ${hint}`),
  }
}

function fromSopsrc(text: string, kinds: KindsInConfig): Content {
  const { rules, creationRules, destinationRules, stores, people, pending } = readSopsrc(text, kinds)
  const entries =
    rules?.map((rule, index) => sopsrcEntry(rule, index, stores)) ??
    creationRules?.map((rule, index) => creationEntry(rule, index, stores)) ??
    null
  return { rules: entries, destinations: destinationRules, stores, people, pending, notices: [] }
}

/** @param stores - of a config whose rules have none of their own */
export function creationEntry(rule: CreationRule, index: number, stores: Stores): RuleEntry {
  const { at, pathRegex, pathRegexAt, selectors, macOnlyEncrypted, threshold, keyGroups, flatGroup } = rule
  return {
    number: index + 1,
    at,
    match: pathRegex === "" ? { type: "all" } : { type: "regex", text: pathRegex, at: pathRegexAt },
    isPortable: false,
    settings: () => {
      checkOneSelector(selectors, at)
      return { ...defaultSettings, selectors, macOnlyEncrypted, stores }
    },
    groups: () => keyGroups ?? [flatGroup()],
    keepsDuplicates: keyGroups === null,
    threshold,
  }
}

function sopsrcEntry(rule: SopsrcRule, index: number, stores: Stores): RuleEntry {
  const { at, match, groups, threshold, ...settings } = rule
  return {
    number: index + 1,
    at,
    match,
    isPortable: true,
    settings: () => ({ ...settings, stores: mergeStores(stores, settings.stores) }),
    groups: () => groups,
    keepsDuplicates: false,
    threshold,
  }
}

/** What the two faces of the program decide differently about configurations. */
export interface ConfigDialect {
  /** The nearest config of either kind above the file, or a `.sops.yaml` above the working folder and nothing else. */
  readonly searchesFrom: "file" | "working folder"
  /** What kind of config the user has named: its name says it, or it is one of sops whatever its name. */
  readonly namedKind: "by name" | "sops-yaml"
  /** Whether the rule of a file counts for reading it; otherwise only `stores` does, and no rule is looked at. */
  readonly rulesForReading: boolean
  /** A pattern of a selector that is invalid is an error; otherwise it never matches. */
  readonly refusesBadPatterns: boolean
  /** "No rule matches" names the path that was looked for, and what to do. */
  readonly explainsNoRule: boolean
}
