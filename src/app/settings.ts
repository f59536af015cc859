import { dirname } from "node:path"
import { configFiles } from "./machine.ts"
import { noteNamed } from "./named-by-user.ts"
import { type Session } from "./session.ts"
import { type Config } from "../config/config.ts"
import { type RuleSettings, defaultSettings } from "../config/defaults.ts"
import { type KnownSearches, findConfig, findSopsYaml } from "../config/find.ts"
import { loadFound, loadNamed } from "../config/load.ts"
import {
  type KnownRules,
  type People,
  type Rule,
  type RuleTarget,
  peopleOf,
  personOf,
  recipientsIn,
  ruleFor,
  settingsFor,
} from "../config/rule.ts"
import { type Recipient } from "../core/recipient.ts"
import { runSlot } from "../core/run-memory.ts"
import { utf8 } from "../core/text.ts"
import { AppError } from "../errors/app-error.ts"
import { absolute, realPathOf } from "../host/files.ts"
import { gitTop } from "../host/surroundings.ts"
import { parseRecipients } from "../keys/parse-recipient.ts"

/** What the configuration says about one file. */
export interface FileSettings {
  readonly config: Config | null
  /** Where a config was looked for, the nearest folder first; empty when one was named, and as `sops`. */
  readonly searched: readonly string[]
  /** Without recipients; the defaults where no rule matches. */
  readonly rule: RuleSettings
  /**
   * The rule with its recipients, for writing; `null` without a config or with one that has no rules.
   *
   * @throws {AppError} `CONFIG_NO_RULE` when there are rules and none matches
   */
  sealingRule(): Promise<Rule | null>
  /** What people call a recipient. */
  readonly personOf: (recipient: Recipient) => string | undefined
}

/**
 * Finds and reads the configuration for a file.
 *
 * @param name - the file, or the name that replaces it; `null` for standard input without a name
 * @param named - what `--config` says
 * @throws {AppError} when there is a config and it cannot be used
 */
export async function loadSettings(
  session: Session,
  name: string | null,
  named: string | undefined,
): Promise<FileSettings> {
  const files = configFiles(session)
  const { dialect } = session
  const path = name === null ? null : absolute(session.io, name)
  let target: RuleTarget = { path, paths: files.paths }
  let config: Config | null = null
  let searched: readonly string[] = []
  if (named !== undefined && named !== "") {
    config = await once(session, `named ${named}`, async () => {
      const config = await withoutConflict(session, () => loadNamed(named, files, dialect.config))
      noteNamed(session, () => (isInRepository(session, config) ? [] : recipientsIn(config, parseRecipients)))
      return config
    })
  } else {
    const search =
      dialect.config.searchesFrom === "working folder"
        ? { ...(await findSopsYaml(files)), target: path, folders: [] }
        : await findConfig(path, files, knownBy(session).searches)
    for (const text of search.notices) session.notice(text)
    target = { path: search.target, paths: files.paths }
    searched = search.folders
    const { found } = search
    if (found !== null) {
      config = await once(session, `found ${found.path}`, async () => {
        const config = await withoutConflict(session, () => loadFound(found, files))
        noteNamed(session, () => (isInHome(session, config) ? recipientsIn(config, parseRecipients) : []))
        return config
      })
    }
  }
  return { ...(await settingsOf(session, config, target)), searched }
}

/** Many files share a folder, a config and a rule, which are looked for and read once in a run. */
interface Known {
  readonly configs: Map<string, Promise<Config>>
  readonly searches: KnownSearches
  readonly rules: KnownRules
  readonly people: Map<Config, People>
}

const knownOf = runSlot<Known>()

function knownBy({ memory }: Session): Known {
  return knownOf.of(memory, () => ({ configs: new Map(), searches: new Map(), rules: new Map(), people: new Map() }))
}

async function once(session: Session, name: string, load: () => Promise<Config>): Promise<Config> {
  const { configs } = knownBy(session)
  const config = configs.get(name) ?? load()
  configs.set(name, config)
  return config
}

/** A config in the home folder itself is the user's own; one that was found elsewhere may have come with the files. */
function isInHome({ io }: Session, { folder }: Config): boolean {
  return io.home !== "" && realPathOf(io, folder) === realPathOf(io, io.home)
}

function isInRepository({ io }: Session, { file, folder }: Config): boolean {
  const path = realPathOf(io, absolute(io, file))
  return gitTop(io, path === null ? folder : dirname(path)) !== null
}

/** A config that a merge left in two halves is not a matter of syntax. */
async function withoutConflict(session: Session, load: () => Promise<Config>): Promise<Config> {
  try {
    return await load()
  } catch (error) {
    const file = error instanceof AppError && error.code === "CONFIG_INVALID" ? error.where.file : undefined
    if (!session.dialect.files.explainsDamage || file === undefined) throw error
    const bytes = await configFiles(session).readFile(absolute(session.io, file))
    const { refuseConflict } = await import("./open/damage.ts")
    try {
      refuseConflict(utf8.decode(bytes ?? new Uint8Array()))
    } catch (conflict) {
      throw conflict instanceof AppError ? conflict.at({ file }) : conflict
    }
    throw error
  }
}

/** From now on the run sees a config as if it were written already, to show what would follow. */
export async function supposeConfig(session: Session, before: Config, after: Config): Promise<void> {
  const { configs } = knownBy(session)
  for (const [name, config] of configs) {
    if ((await config) === before) configs.set(name, Promise.resolve({ ...after, beside: before.beside }))
  }
}

/** After a config was written. */
export function forgetConfigs(session: Session): void {
  knownOf.forget(session.memory)
}

async function settingsOf(
  session: Session,
  config: Config | null,
  target: RuleTarget,
): Promise<Omit<FileSettings, "searched">> {
  const { dialect } = session
  const rule = config === null || !dialect.config.rulesForReading ? null : await settingsFor(config, target)
  return {
    config,
    rule: rule ?? { ...defaultSettings, stores: config?.stores ?? defaultSettings.stores },
    async sealingRule() {
      if (config === null) return null
      const { rules: known } = knownBy(session)
      const found = await ruleFor(config, target, { parse: parseRecipients, dialect: dialect.config, known })
      if (dialect.warns) for (const text of found?.notices ?? []) session.notice(text)
      return found
    },
    personOf(recipient) {
      if (config === null) return undefined
      const { people } = knownBy(session)
      const known = people.get(config) ?? peopleOf(config, parseRecipients)
      people.set(config, known)
      return personOf(known, recipient) ?? undefined
    },
  }
}

/**
 * Looks for the rule of a file and does nothing else with it: the old form of `sops` fails where a config has none.
 *
 * @throws {AppError} of the config, `CONFIG_NO_RULE` among them
 */
export async function requireRule(session: Session, name: string, config: string | undefined): Promise<void> {
  const settings = await loadSettings(session, name, config)
  await settings.sealingRule()
}
