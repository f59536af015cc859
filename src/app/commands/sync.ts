import { agree } from "../agree.ts"
import { type FormatName } from "../../core/format.ts"
import { type Rule } from "../../config/rule.ts"
import { type SealedDocument } from "../../core/document.ts"
import { AppError } from "../../errors/app-error.ts"
import { recipientName } from "../../keys/kinds.ts"
import { usableThreshold } from "../../keys/wrap.ts"
import { type KeyPlan, planKeys, unknownIn } from "../recipients/key-plan.ts"
import { type LoadedFile, withFile } from "../open/open-file.ts"
import { type CommonOptions, type OrderOptions } from "../options.ts"
import { rewrap } from "../recipients/rewrap.ts"
import { entryNames } from "../recipients/entry-names.ts"
import { type Candidate, findSealed } from "../open/sealed-files.ts"
import { type Outcome, type Session } from "../session.ts"
import { sayShadowedRules } from "../report/rule-notices.ts"
import { saidBy } from "../check/drift.ts"
import { applyPlans, planFiles } from "../planned-files.ts"
import { syncLines, type SyncedFile, summary, summaryJson } from "../report/sync-report.ts"

export interface SyncOptions extends CommonOptions, OrderOptions {
  /** Files, and folders with all sealed files in them. */
  readonly paths: readonly string[]
  readonly inputType: FormatName | undefined
  readonly yes: boolean
  readonly dryRun: boolean
  /** Only report whether files and rules agree; no key is needed. */
  readonly check: boolean
  /** A file that no rule matches is an error, unless it was found in a folder. */
  readonly json: boolean
  readonly followLinks: boolean
}

/**
 * `sync` and `updatekeys`: makes sealed files follow the rules of the config. Values, MAC and date stay; the data key is
 * the same, wrapped for others. A file is either old or new at any moment, so the next call finishes what was
 * interrupted.
 *
 * @param isStrict - a file without a rule is an error, even if it was found in a folder
 * @returns with `check` the error `KEYS_DRIFT` when something would change
 */
export async function syncFiles(
  session: Session,
  options: SyncOptions,
  { isStrict }: { readonly isStrict: boolean },
): Promise<Outcome> {
  const candidates = await findSealed(session, options.paths)
  const work = new Work(session, options, isStrict)
  const planned = await work.plan(candidates)
  const stale = planned.filter(({ state }) => state === "stale")
  const isLookOnly = options.check || options.dryRun
  if (stale.length > 0 && !isLookOnly && !options.yes) await confirm(session, stale)
  const files = isLookOnly ? planned : await work.apply(planned)
  const errors = files.flatMap(({ error }) => error ?? [])
  const drifted = options.check ? planned.filter(({ state, selectors }) => state === "stale" || selectors !== null) : []
  const drift = new AppError("KEYS_DRIFT", {}, { notes: drifted.map(({ file }) => file), hint: driftHint(drifted) })
  const output = options.json ? summaryJson(files) : summary(files, { isLookOnly })
  return { output, isReport: !options.json && !isLookOnly, errors: drifted.length > 0 ? [...errors, drift] : errors }
}

function driftHint(files: readonly SyncedFile[]): string | undefined {
  if (files.every(({ selectors }) => selectors === null)) return undefined
  const anew = "sotto migrate makes files seal what their rule says"
  return files.some(({ state }) => state === "stale") ? `sotto sync changes who can open them; ${anew}` : anew
}

/** Reports what would be written, before the question. */
export function noticePlan(session: Session, stale: readonly SyncedFile[]): void {
  for (const file of stale) for (const line of syncLines(file)) session.notice(line)
}

/** Shows the whole plan first, and asks one question for all files. */
async function confirm(session: Session, stale: readonly SyncedFile[]): Promise<void> {
  noticePlan(session, stale)
  const count = stale.length === 1 ? "this file" : `these ${stale.length} files`
  await agree(session, `Wrap the data key of ${count} again?`)
}

/** The files that would change by the rules as they are. Nothing is written, and no key is needed. */
export async function staleFiles(session: Session, options: SyncOptions): Promise<SyncedFile[]> {
  const planned = await new Work(session, options, false).plan(await findSealed(session, options.paths))
  return planned.filter(({ state }) => state === "stale")
}

class Work {
  readonly #session: Session
  readonly #options: SyncOptions
  readonly #isStrict: boolean

  constructor(session: Session, options: SyncOptions, isStrict: boolean) {
    this.#session = session
    this.#options = options
    this.#isStrict = isStrict
  }

  plan(items: readonly Candidate[]): Promise<SyncedFile[]> {
    const work = (loaded: LoadedFile, candidate: Candidate): Promise<SyncedFile> => this.#planOf(loaded, candidate)
    return planFiles(this.#session, { items, options: this.#options, work, failed })
  }

  apply(items: readonly SyncedFile[]): Promise<SyncedFile[]> {
    const options = this.#options
    return applyPlans<SyncedFile>(this.#session, {
      what: "wrapping",
      items,
      options,
      isDue: ({ state }) => state === "stale",
      work: async (loaded, before, session) => {
        const now = await this.#planOf(loaded, before)
        const { plan } = now
        if (now.state !== "stale" || plan === null) return { done: now, text: null }
        const text = await withFile(before.file, () => rewrap(session, loaded, plan, options))
        return { done: { ...now, state: "updated" }, text }
      },
      failed,
    })
  }

  async #planOf({ document, settings }: LoadedFile, candidate: Candidate): Promise<SyncedFile> {
    const { file, isNamed } = candidate
    await sayShadowedRules(this.#session, settings.config)
    const rule = await withFile(file, () => this.#rule(settings, isNamed))
    if (rule === null)
      return { file, isNamed, state: "without rule", plan: null, selectors: null, nameOf: () => undefined }
    const plan = await withFile(file, async () => planByRule(document.metadata, rule))
    const there = document.metadata.groups.map((group) => group.map(({ recipient }) => recipient))
    const unknown = unknownIn(there).map(recipientName)
    const nameOf = entryNames(document.metadata.groups, settings.personOf)
    const selectors = selectorsApart(document, rule)
    return { file, isNamed, state: plan.isCurrent ? "current" : "stale", plan, selectors, unknown, nameOf }
  }

  /** @throws {AppError} `CONFIG_NO_RULE`, `CONFIG_UNREADABLE` for a file that was named */
  async #rule(settings: LoadedFile["settings"], isNamed: boolean): Promise<Rule | null> {
    const isNeeded = isNamed || this.#isStrict
    try {
      const rule = await settings.sealingRule()
      if (rule !== null || !isNeeded) return rule
    } catch (error) {
      if (isNeeded || !(error instanceof AppError) || error.code !== "CONFIG_NO_RULE") throw error
      return null
    }
    throw new AppError("CONFIG_NO_RULE", {}, { hint: "make a config with `sotto init`" })
  }
}

function failed({ file, isNamed }: Candidate, error: AppError): SyncedFile {
  return { file, isNamed, state: "failed", plan: null, selectors: null, nameOf: () => undefined, error }
}

/** Sync leaves values as they are, and so what selects them; but it says where a file differs from its rule. */
function selectorsApart({ format, metadata }: SealedDocument, rule: Rule): SyncedFile["selectors"] {
  const [inFile, inRule] = [saidBy(metadata), saidBy(rule)]
  return format.isWhole === true || inFile === inRule ? null : { file: inFile, rule: inRule }
}

/** @throws {AppError} `KEY_GROUPS_INVALID` before anything is unwrapped */
function planByRule(metadata: LoadedFile["document"]["metadata"], { groups, threshold }: Rule): KeyPlan {
  return planKeys(metadata, { groups, threshold: usableThreshold(groups, groups.length < 2 ? 0 : threshold) })
}
