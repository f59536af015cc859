import { isOpenIn, keyIn, type KindsInConfig, looseKeyIn, type Recipient } from "../core/recipient.ts"
import { type Selectors, ruleOf } from "../core/select.ts"
import { AppError } from "../errors/app-error.ts"
import { type Config, type RuleEntry, type ConfigDialect } from "./config.ts"
import { type RuleSettings } from "./defaults.ts"
import { isName } from "./directory.ts"
import { type PathRules } from "./load.ts"
import { loadPattern } from "./re2.ts"
import { type PathMatch } from "./sopsrc.ts"
import { type ParseRecipient, parseSpec, type RecipientSpec, withoutDuplicates } from "./recipients.ts"

/** What a config says about one path. */
interface Settings extends RuleSettings {
  readonly source: RuleSource
}

/** The same with recipients, for sealing. */
export interface Rule extends Settings {
  /** One group: each recipient opens the file alone. May be empty, which the caller has to refuse. */
  readonly groups: readonly (readonly Recipient[])[]
  /** How many groups are needed; 0 is all of them. Without meaning for one group. */
  readonly threshold: number
  readonly people: People
  /** For people; never shown as `sops`. */
  readonly notices: readonly string[]
}

interface RuleSource {
  readonly file: string
  /** 1-based: the number of the rule, and its line. */
  readonly rule: number
  readonly line: number
}

/** What people call recipients. */
export interface People {
  readonly kinds: KindsInConfig
  /** By kind and name. */
  readonly names: ReadonlyMap<string, string>
  /** The same, as far as a config leaves something open that a file has: the version of an Azure key. */
  readonly looseNames: ReadonlyMap<string, string>
}

export interface RuleTarget {
  /** Absolute; `null` for standard input without a name, to which only rules for every path apply. */
  readonly path: string | null
  readonly paths: PathRules
}

export interface RuleOptions {
  readonly parse: ParseRecipient
  readonly dialect: Pick<ConfigDialect, "refusesBadPatterns" | "explainsNoRule">
  /** What was resolved before, with the same options: many files follow one rule. */
  readonly known?: KnownRules
}

/** The rules of one run. */
export type KnownRules = Map<RuleEntry, Rule>

/**
 * The rule that a new file is sealed by. The first rule that matches is used alone.
 *
 * @returns `null` when the config has no rules, which counts as no config
 * @throws {AppError} `CONFIG_NO_RULE` when it has rules and none matches; `CONFIG_DISAGREE` when a `.sops.yaml` beside
 *   a `.sopsrc` says something else about this path; `CONFIG_INVALID` and `PATTERN_INVALID` with the place
 */
export async function ruleFor(config: Config, target: RuleTarget, options: RuleOptions): Promise<Rule | null> {
  if (config.rules === null) return null
  const entry = await entryFor(config, target)
  if (entry === null) throw noRule(config, target, options)
  const rule = await resolveOnce(config, entry, options)
  if (config.beside !== null) await checkAgreement(rule, config.beside, target, options)
  return rule
}

function noRule(config: Config, { path, paths }: RuleTarget, { dialect }: RuleOptions): AppError {
  const where = { file: config.file }
  if (!dialect.explainsNoRule) return new AppError("CONFIG_NO_RULE", where)
  if (path !== null)
    return new AppError("CONFIG_NO_RULE", where, { notes: [`for ${nativeSubject(config.folder, path, paths)}`] })
  return new AppError("CONFIG_NO_RULE", where, {
    notes: ["for standard input, which has no name"],
    hint: "give it a name with --filename-override; without one only a rule without a path applies to it",
  })
}

/** What matters for reading a file; recipients are not looked at. @returns `null` when no rule matches */
export async function settingsFor(config: Config, target: RuleTarget): Promise<Settings | null> {
  const entry = await entryFor(config, target)
  return entry === null ? null : locate(config, entry, async () => settingsOf(config, entry))
}

/** The names of a config for the recipients of any file. A recipient that does not parse has no name. */
export function peopleOf(config: Config, parse: ParseRecipient): People {
  const { kinds } = config
  const names = new Map<string, string>()
  const looseNames = new Map<string, string>()
  for (const spec of specsOf(config)) {
    if (spec.person === null || !isName(spec.person)) continue
    for (const recipient of orNothing(() => parseSpec(spec, parse))) {
      const key = keyIn(kinds, recipient)
      if (!names.has(key)) names.set(key, spec.person)
      const looseKey = looseKeyIn(kinds, recipient)
      if (isOpenIn(kinds, recipient) && !looseNames.has(looseKey)) looseNames.set(looseKey, spec.person)
    }
  }
  return { kinds, names, looseNames }
}

/** Every recipient that a config names, for any file. What does not parse is left out. */
export function recipientsIn(config: Config, parse: ParseRecipient): Recipient[] {
  return specsOf(config).flatMap((spec) => [...orNothing(() => parseSpec(spec, parse))])
}

function specsOf(config: Config): RecipientSpec[] {
  return [...config.people, ...(config.rules ?? []).flatMap(({ groups }) => orNothing(groups).flat())]
}

/** @returns the name of who holds the identity; `null` when the config does not name it */
export function personOf({ kinds, names, looseNames }: People, recipient: Recipient): string | null {
  return names.get(keyIn(kinds, recipient)) ?? looseNames.get(looseKeyIn(kinds, recipient)) ?? null
}

function orNothing<T>(read: () => readonly T[]): readonly T[] {
  try {
    return read()
  } catch (error) {
    if (error instanceof AppError) return []
    throw error
  }
}

async function entryFor(config: Config, target: RuleTarget): Promise<RuleEntry | null> {
  for (const entry of config.rules ?? []) {
    const isMatch = await matcherOf(config, entry)
    if (isMatch(target)) return entry
  }
  return null
}

/**
 * Whether a rule names a path, without a wait for each: some have to ask it of many.
 *
 * @throws {AppError} `PATTERN_INVALID`, `PATTERN_TOO_LONG` with the place
 */
export async function matcherOf(
  config: Config,
  entry: Pick<RuleEntry, "match" | "isPortable" | "at">,
): Promise<(target: RuleTarget) => boolean> {
  const { match, isPortable } = entry
  if (match.type === "all") return () => true
  const subjectOf = isPortable ? portableSubject : nativeSubject
  const test =
    match.type === "globs"
      ? (subject: string) => match.globs.some((glob) => glob.test(subject))
      : await patternOf(config, entry, match)
  return ({ path, paths }) => path !== null && test(subjectOf(config.folder, path, paths))
}

async function patternOf(
  config: Config,
  entry: Pick<RuleEntry, "at">,
  { text, at }: Extract<PathMatch, { type: "regex" }>,
): Promise<(subject: string) => boolean> {
  const pattern = await locate(config, entry, () => locateAt(at, () => loadPattern(text)))
  return (subject) => pattern.test(subject)
}

/** Upstream cuts the config's folder off as text; a config in the root folder cuts nothing. */
function nativeSubject(folder: string, path: string, { sep }: PathRules): string {
  const prefix = folder + sep
  return path.startsWith(prefix) ? path.slice(prefix.length) : path
}

function portableSubject(folder: string, path: string, paths: PathRules): string {
  // Most files are below the config, and some have to ask it of ten thousand.
  if (path.startsWith(folder) && path.startsWith(paths.sep, folder.length)) {
    const below = path.slice(folder.length + 1)
    return paths.sep === "/" ? below : below.replaceAll(paths.sep, "/")
  }
  const relative = paths.relative(folder, path)
  const isOutside = relative === ".." || relative.startsWith(`..${paths.sep}`) || paths.isAbsolute(relative)
  return (isOutside ? path : relative).replaceAll(paths.sep, "/")
}

async function resolveOnce(config: Config, entry: RuleEntry, options: RuleOptions): Promise<Rule> {
  const known = options.known?.get(entry)
  if (known !== undefined) return known
  const rule = await locate(config, entry, () => resolveEntry(config, entry, options))
  options.known?.set(entry, rule)
  return rule
}

/** Parses the recipients of one rule, whether its path matches or not. */
export async function resolveEntry(config: Config, entry: RuleEntry, options: RuleOptions): Promise<Rule> {
  const settings = settingsOf(config, entry)
  if (options.dialect.refusesBadPatterns) await checkPatterns(settings.selectors)
  const groups = entry.groups().map((specs) => {
    const recipients = specs.flatMap((spec) => parseSpec(spec, options.parse))
    return entry.keepsDuplicates ? recipients : withoutDuplicates(recipients, config.kinds)
  })
  const notices = [...config.notices]
  if (groups.length > 1 && entry.threshold === 0) {
    const all = `a key of each of the ${groups.length} key groups is needed to open a file`
    notices.push(`line ${entry.at.line}: no shamir_threshold is given, so ${all}`)
  }
  return { ...settings, groups, threshold: entry.threshold, people: peopleOf(config, options.parse), notices }
}

function settingsOf(config: Config, entry: RuleEntry): Settings {
  return { ...entry.settings(), source: { file: config.file, rule: entry.number, line: entry.at.line } }
}

const patternSelectors = [
  "unencryptedRegex",
  "encryptedRegex",
  "unencryptedCommentRegex",
  "encryptedCommentRegex",
] as const satisfies readonly (keyof Selectors)[]

async function checkPatterns(selectors: Selectors): Promise<void> {
  for (const name of patternSelectors) if (selectors[name] !== "") await loadPattern(selectors[name], name)
}

async function checkAgreement(rule: Rule, beside: Config, target: RuleTarget, options: RuleOptions): Promise<void> {
  const entry = await entryFor(beside, target)
  if (entry === null) return
  const other = await resolveOnce(beside, entry, options)
  const notes = differences(rule, other, beside.kinds)
  if (notes.length === 0) return
  throw new AppError("CONFIG_DISAGREE", { file: rule.source.file, line: rule.source.line }, { notes })
}

/** What two configs say differently about who opens a file and what in it is sealed. */
function differences(rule: Rule, other: Rule, kinds: KindsInConfig): string[] {
  const notes: string[] = []
  const [here, there] = [rule, other].map(({ source }) => `${source.file}, line ${source.line}`)
  if (groupsText(rule, kinds) !== groupsText(other, kinds))
    notes.push(`recipients or key groups differ: ${here}; ${there}`)
  if (selectorsText(rule) !== selectorsText(other)) notes.push(`selectors differ: ${here}; ${there}`)
  return notes
}

function groupsText({ groups, threshold }: Rule, kinds: KindsInConfig): string {
  const sorted = groups
    .map((group) => [...new Set(group.map((each) => keyIn(kinds, each)))].sort())
    .map((keys) => keys.join("\n"))
  const needed = groups.length < 2 ? 1 : threshold === 0 ? groups.length : threshold
  return JSON.stringify([sorted.sort(), needed])
}

function selectorsText({ selectors, macOnlyEncrypted }: Rule): string {
  const { rule, text } = ruleOf(selectors)
  return JSON.stringify([rule, text, macOnlyEncrypted])
}

/** Adds the file, and the line of the rule where the error has none. */
async function locate<T>(config: Config, entry: Pick<RuleEntry, "at">, work: () => Promise<T>): Promise<T> {
  try {
    return await locateAt(entry.at, work)
  } catch (error) {
    throw error instanceof AppError ? error.at({ file: config.file }) : error
  }
}

async function locateAt<T>(at: { line: number; column: number }, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof AppError) || error.where.line !== undefined) throw error
    throw error.at({ line: at.line, column: at.column })
  }
}
