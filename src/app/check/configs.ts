import { type Config, readConfig, type RuleEntry } from "../../config/config.ts"
import { type ConfigFiles, loadFound } from "../../config/load.ts"
import { findConfig, type KnownSearches } from "../../config/find.ts"
import { resolveEntry, matcherOf, type Rule, ruleFor, type RuleTarget } from "../../config/rule.ts"
import { type RuleSettings } from "../../config/defaults.ts"
import { AppError } from "../../errors/app-error.ts"
import { parseRecipients } from "../../keys/parse-recipient.ts"
import { sottoDialect } from "../dialect.ts"
import { type Finding, finding } from "./finding.ts"

/** What the config says about one path. */
export interface Ruled {
  /** `null`: there is none, or it cannot be read. */
  readonly config: Config | null
  /** `null`: no rule names the path. */
  readonly entry: RuleEntry | null
  /** `null`: the rule cannot be used. */
  readonly settings: RuleSettings | null
}

type Ruler = (path: string) => Ruled

type Matchers = readonly ((target: RuleTarget) => boolean)[]

const options = { parse: parseRecipients, dialect: sottoDialect.config }

/** Where rules are looked up. */
export interface ConfigLookup {
  /** Faults of configs, found so far. */
  readonly faults: readonly Finding[]
  /** Tells for paths of one folder the first rule that names them; recipients are not looked at. */
  ruler(path: string): Promise<Ruler>
  /** The same rule with its recipients. @returns `null` when it cannot be used, or a second config disagrees with it */
  ruleOf(path: string, ruled: Ruled): Promise<Rule | null>
}

/** The configs of one tree. Each is read once, and each of its faults is said once. */
export class Configs implements ConfigLookup {
  readonly #files: ConfigFiles
  readonly #named: Config | null
  readonly #nameOf: (path: string) => string
  readonly #searches: KnownSearches = new Map()
  readonly #loaded = new Map<string, Promise<Config | null>>()
  readonly #byFolder = new Map<string, Promise<Config | null>>()
  readonly #matchers = new WeakMap<Config, Promise<Matchers>>()
  readonly #rules = new WeakMap<RuleEntry, Promise<Rule | null>>()
  readonly #faults = new Map<string, Finding>()

  /**
   * @param named - the config of `--config`, for all paths
   * @param nameOf - how a report names a path
   */
  constructor(files: ConfigFiles, named: Config | null, nameOf: (path: string) => string) {
    this.#files = lookedAtOnce(files)
    this.#named = named
    this.#nameOf = nameOf
  }

  get faults(): Finding[] {
    return [...this.#faults.values()]
  }

  /** The config that is looked up for a path. A fault of it is remembered. */
  of(path: string): Promise<Config | null> {
    if (this.#named !== null) return Promise.resolve(this.#named)
    const folder = this.#files.paths.dirname(path)
    const known = this.#byFolder.get(folder) ?? this.#orFault(() => this.#find(path))
    this.#byFolder.set(folder, known)
    return known
  }

  /** One config file by itself. @returns `null` when it is not there, or cannot be read */
  async at(path: string): Promise<Config | null> {
    const bytes = await this.#files.readFile(path)
    if (bytes === null) return null
    const kind = this.#files.paths.basename(path) === ".sopsrc" ? "sopsrc" : "sops-yaml"
    const { kinds, paths } = this.#files
    return this.#orFault(async () => readConfig(bytes, { file: path, folder: paths.dirname(path), kind, kinds }))
  }

  async #find(path: string): Promise<Config | null> {
    const { found } = await findConfig(path, this.#files, this.#searches)
    if (found === null) return null
    const loaded = this.#loaded.get(found.path) ?? this.#orFault(() => loadFound(found, this.#files))
    this.#loaded.set(found.path, loaded)
    return loaded
  }

  async ruler(path: string): Promise<Ruler> {
    const config = await this.of(path)
    const none: Ruled = { config, entry: null, settings: null }
    if (config === null || config.rules === null) return () => none
    const matchers = await this.#matchersOf(config)
    const settings = new Map<RuleEntry, RuleSettings | null>()
    for (const entry of config.rules)
      settings.set(entry, await this.#orFault(async () => entry.settings(), config, entry))
    return (file) => {
      const target = this.targetOf(file)
      const entry = config.rules![matchers.findIndex((isMatch) => isMatch(target))]
      return entry === undefined ? none : { config, entry, settings: settings.get(entry) ?? null }
    }
  }

  targetOf(path: string): RuleTarget {
    return { path, paths: this.#files.paths }
  }

  async ruleOf(path: string, { config, entry }: Ruled): Promise<Rule | null> {
    if (config === null || entry === null) return null
    if (config.beside !== null) return this.#orFault(() => ruleFor(config, this.targetOf(path), options), config, entry)
    const known = this.#rules.get(entry) ?? this.#orFault(() => resolveEntry(config, entry, options), config, entry)
    this.#rules.set(entry, known)
    return known
  }

  /** Reads every rule of a config, whether a file needs it or not. */
  async proveAll(config: Config): Promise<void> {
    for (const entry of config.rules ?? []) {
      await this.ruleOf("", { config: { ...config, beside: null }, entry, settings: null })
    }
  }

  /** Two configs of one folder are compared where a rule of theirs names a file. */
  async compareBeside(paths: readonly string[]): Promise<void> {
    if (paths.length === 0) return
    const ruledAt = await this.ruler(paths[0]!)
    for (const path of paths) await this.ruleOf(path, ruledAt(path))
  }

  /** A config whose patterns cannot be read names no path. */
  async #matchersOf(config: Config): Promise<Matchers> {
    const known =
      this.#matchers.get(config) ??
      Promise.all(
        (config.rules ?? []).map(async (rule) => {
          const isMatch = await this.#orFault(() => matcherOf(config, rule), config, rule)
          return isMatch ?? (() => false)
        }),
      )
    this.#matchers.set(config, known)
    return known
  }

  async #orFault<T>(work: () => Promise<T>, config?: Config, entry?: RuleEntry): Promise<T | null> {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      const { file = config?.file, line = entry?.at.line } = error.where
      const fault = faultOf(error, { file: file === undefined ? "" : this.#nameOf(file), line })
      this.#faults.set(`${fault.code} ${fault.file} ${fault.line}`, fault)
      return null
    }
  }
}

/** The folders above many files are looked at once. */
function lookedAtOnce(files: ConfigFiles): ConfigFiles {
  const [stats, links] = [new Map<string, ReturnType<ConfigFiles["stat"]>>(), new Map<string, Promise<string | null>>()]
  const once = <T>(known: Map<string, Promise<T>>, look: (path: string) => Promise<T>) => {
    return (path: string): Promise<T> => {
      const found = known.get(path) ?? look(path)
      known.set(path, found)
      return found
    }
  }
  return { ...files, stat: once(stats, files.stat), realpath: once(links, files.realpath) }
}

/**
 * The config from before a range judges what the range changes: a branch that makes itself a recipient is not judged by
 * its own word. Where there was none, or none that can be read, the new one counts.
 */
export class ConfigsOfRange implements ConfigLookup {
  readonly #before: Configs
  readonly #after: Configs
  readonly #byAfter = new WeakSet<Ruled>()

  constructor(before: Configs, after: Configs) {
    this.#before = before
    this.#after = after
  }

  get faults(): readonly Finding[] {
    return this.#after.faults
  }

  async ruler(path: string): Promise<Ruler> {
    const [before, after] = [await this.#before.ruler(path), await this.#after.ruler(path)]
    return (file) => {
      const ruled = before(file)
      if (ruled.config !== null) return ruled
      const other = after(file)
      this.#byAfter.add(other)
      return other
    }
  }

  ruleOf(path: string, ruled: Ruled): Promise<Rule | null> {
    return (this.#byAfter.has(ruled) ? this.#after : this.#before).ruleOf(path, ruled)
  }
}

function faultOf(error: AppError, place: { file: string; line: number | undefined }): Finding {
  const { subject, notes } = error.detail
  if (error.code === "CONFIG_DISAGREE") {
    const differ = notes?.map((note) => note.split(":", 1)[0]).join("; ")
    return finding("CONFIG_DISAGREE", place, { subject: differ, hint: error.hint })
  }
  const isUsual = error.code === "CONFIG_INVALID"
  return finding("CONFIG_INVALID", place, {
    subject: isUsual ? subject : error.title,
    hint: isUsual ? error.detail.hint : error.hint,
  })
}
