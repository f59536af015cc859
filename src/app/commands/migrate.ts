import { agree } from "../agree.ts"
import { selectorText } from "../check/drift.ts"
import { type LoadedFile, openLoaded, withFile } from "../open/open-file.ts"
import { type Candidate, findSealed } from "../open/sealed-files.ts"
import { parseTreePath } from "../open/tree-path.ts"
import { type ClearOptions, type CommonOptions, type OrderOptions } from "../options.ts"
import { applyPlans, planFiles } from "../planned-files.ts"
import { sealedFiles } from "../report/closing.ts"
import { guardClear } from "../seal/clear-guard.ts"
import { optionsOver, sealAs } from "../seal/seal-new.ts"
import { type Outcome, type Session } from "../session.ts"
import { compileSelectors } from "../../config/re2.ts"
import { type Rule } from "../../config/rule.ts"
import { staysClear } from "../../core/comments.ts"
import { type SealedDocument } from "../../core/document.ts"
import { type FormatName } from "../../core/format.ts"
import { isSealedComment } from "../../core/open.ts"
import { isEmptyText, scalarText } from "../../core/scalar.ts"
import { ruleOf, select } from "../../core/select.ts"
import { type Site, countedSites, fullPath, shownPath } from "../../core/site.ts"
import { looksLikeToken } from "../../core/token.ts"
import { AppError } from "../../errors/app-error.ts"
import { displayPath, shown } from "../../errors/display.ts"

interface MigrateOptions extends CommonOptions, OrderOptions, Omit<ClearOptions, "useFileSelectors"> {
  /** Files, and folders with all sealed files in them. */
  readonly paths: readonly string[]
  readonly inputType: FormatName | undefined
  readonly yes: boolean
  /** Only tell what would be done; no key is needed. */
  readonly dryRun: boolean
  readonly json: boolean
  readonly followLinks: boolean
}

/**
 * `migrate`: makes sealed files follow their rule: what is sealed, what the MAC covers, and which comments can be
 * read. The data key, who has it, and the tokens of what stays sealed are as before. What would be left in the
 * clear needs a yes for each path, even with `yes`: anybody who can push may have changed a rule.
 *
 * @throws {AppError} `NOT_CONFIRMED`; `VALUE_UNSEALED`, `CLEAR_LOOKS_SECRET` and what else stops a file are in the
 *   outcome
 */
export async function migrateFiles(session: Session, options: MigrateOptions): Promise<Outcome> {
  const planned = await plan(session, options)
  const stale = planned.filter(({ state }) => state === "planned")
  if (!options.dryRun && stale.length > 0) await confirm(session, stale, options)
  const files = options.dryRun ? planned : await apply(session, planned, options)
  const output = options.json ? migrateJson(files) : migrateTable(files, { isLookOnly: options.dryRun })
  return { output, isReport: !options.json && !options.dryRun, errors: files.flatMap(({ error }) => error ?? []) }
}

async function plan(session: Session, options: MigrateOptions): Promise<MigratedFile[]> {
  return planFiles<MigratedFile>(session, {
    items: await findSealed(session, options.paths),
    options,
    work: async (loaded, candidate) => ({
      ...candidate,
      ...(await withFile(candidate.file, () => planOf(loaded, candidate))),
    }),
    failed,
  })
}

type Plan = Pick<MigratedFile, "state" | "changes" | "sealed" | "cleared">

/** What differs between a file and its rule, as far as it is seen without a key. */
async function planOf({ document, settings }: LoadedFile, { isNamed }: Candidate): Promise<Plan> {
  const nothing = { changes: [], sealed: [], cleared: [] }
  const rule = await ruleOrNull(settings, isNamed)
  if (rule === null) return { state: "without rule", ...nothing }
  if (document.format.name === "binary") return { state: "current", ...nothing }
  const { selectors, macOnlyEncrypted } = document.metadata
  const [here, there] = [ruleOf(selectors), ruleOf(rule.selectors)]
  const changes = [
    ...(here.rule === there.rule && here.text === there.text
      ? []
      : [`${selectorText(selectors)} -> ${selectorText(rule.selectors)}`]),
    ...(macOnlyEncrypted === rule.macOnlyEncrypted
      ? []
      : [rule.macOnlyEncrypted ? "the MAC leaves clear values out" : "the MAC covers clear values too"]),
  ]
  const { sealed, cleared, comments } = await moved(document, rule)
  if (comments > 0) changes.push(comments === 1 ? "one comment" : `${comments} comments`)
  return { state: changes.length === 0 ? "current" : "planned", changes, sealed, cleared }
}

async function ruleOrNull(settings: LoadedFile["settings"], isNamed: boolean): Promise<Rule | null> {
  try {
    const rule = await settings.sealingRule()
    if (rule !== null || !isNamed) return rule
  } catch (error) {
    if (isNamed || !(error instanceof AppError) || error.code !== "CONFIG_NO_RULE") throw error
    return null
  }
  throw new AppError("CONFIG_NO_RULE", {}, { hint: "make a config with `sotto init`" })
}

/** The values that will be sealed and those that will be in the clear, and how many comments do either. */
async function moved(
  { scan, metadata }: SealedDocument,
  rule: Rule,
): Promise<{ sealed: Site[]; cleared: Site[]; comments: number }> {
  const sites = countedSites(scan)
  const byFile = select(sites, await compileSelectors(metadata.selectors, { refuseInvalid: true }), isSealedComment)
  const byRule = select(sites, await compileSelectors(rule.selectors, { refuseInvalid: true }), isSealedComment)
  const isLeftClear = staysClear(rule.comments, [])
  const isOf = (site: Site): boolean => site.span !== null && site.scalar !== null && !isEmptyText(site.scalar)
  const values = sites
    .map((site, index) => ({ site, was: byFile[index]!, is: byRule[index]! }))
    .filter(({ site }) => isOf(site))
  const comments = values.filter(({ site, was, is }) => {
    if (!isSealedComment(site)) return false
    const isToken = was && looksLikeToken(scalarText(site.scalar!))
    // Marks show only in comments that can be read.
    if (is && rule.comments === "marked") return isToken ? false : !isLeftClear(site)
    return isToken !== (is && rule.comments !== "clear")
  })
  const others = values.filter(({ site }) => !isSealedComment(site))
  return {
    sealed: others.filter(({ was, is }) => is && !was).map(({ site }) => site),
    cleared: others.filter(({ was, is }) => was && !is).map(({ site }) => site),
    comments: comments.length,
  }
}

async function confirm(session: Session, stale: readonly MigratedFile[], options: MigrateOptions): Promise<void> {
  if (options.yes) return
  for (const file of stale) for (const line of migrationLines(file)) session.notice(line)
  const count = stale.length === 1 ? "this file" : `these ${stale.length} files`
  await agree(session, `Seal ${count} by the rule?`)
}

async function apply(
  session: Session,
  items: readonly MigratedFile[],
  options: MigrateOptions,
): Promise<MigratedFile[]> {
  // Questions come one after another, and before anything is written.
  const agreed: MigratedFile[] = []
  for (const each of items) agreed.push(await unsealingAgreed(session, each, options))
  return applyPlans<MigratedFile>(session, {
    what: "sealing",
    items: agreed,
    options,
    isDue: ({ state }) => state === "planned",
    async work(loaded, before, inner) {
      const text = await withFile(before.file, () => sealByRule(inner, loaded, before, options))
      return { done: { ...before, state: "migrated" }, text }
    },
    failed,
  })
}

async function unsealingAgreed(session: Session, file: MigratedFile, options: MigrateOptions): Promise<MigratedFile> {
  if (file.state !== "planned") return file
  const allowed = allowedPaths(options)
  const open = file.cleared.filter((site) => !allowed.has(pathText(site)))
  if (open.length === 0) return file
  const names = open.map(({ item }) => displayPath(shownPath(item)))
  const question = `${names.join(", ")} would be in the clear in ${file.file}. Is that right?`
  if ((await session.io.terminal.confirm(question)) === true) return file
  return failed(file, unsealed(open).at({ file: file.file }))
}

function unsealed([first, ...others]: readonly Site[]): AppError {
  return new AppError(
    "VALUE_UNSEALED",
    { path: shownPath(first!.item), line: first!.line },
    { notes: others.map(({ item }) => `also ${displayPath(shownPath(item))}`) },
  )
}

async function sealByRule(
  session: Session,
  loaded: LoadedFile,
  { cleared }: MigratedFile,
  options: MigrateOptions,
): Promise<string | null> {
  const { settings, document } = loaded
  const rule = await settings.sealingRule()
  if (rule === null || loaded.file === null) return null
  const file = await openLoaded(session, loaded, options)
  try {
    const compiled = await compileSelectors(rule.selectors, { refuseInvalid: true })
    const { selectors, macOnlyEncrypted, comments } = rule
    await session.audit?.("encrypt", loaded.file)
    const how = optionsOver(session, file, {
      cipher: file.cipher,
      compiled: rule.chosen === null ? compiled : { ...compiled, chosen: rule.chosen },
      selectors,
      macOnlyEncrypted,
      comments,
      structure: rule.structure !== "off" || document.metadata.structure !== "",
      layoutMemo: rule.layoutMemo !== "never",
      allowClearAlias: options.allowClearAlias,
      allowEmptySelection: options.allowEmptySelection,
      renewsMac: true,
    })
    const sealed = await sealAs({ bytes: file.opened.bytes, format: document.format.name }, how)
    // A rule about comments may select other values once they are open.
    const agreedTo = new Set([...cleared.map(pathText), ...allowedPaths(options)])
    const before = new Set(file.opened.leaves.filter(({ token }) => token !== null).map(({ site }) => pathText(site)))
    const more = sealed.opened.leaves.filter(
      ({ site, token }) =>
        site.kind !== "comment" && token === null && before.has(pathText(site)) && !agreedTo.has(pathText(site)),
    )
    if (more.length > 0) throw unsealed(more.map(({ site }) => site))
    await guardClear(session, loaded.file, sealed.opened, { ...options, useFileSelectors: false }, file.opened)
    return sealed.text
  } finally {
    file.dataKey.wipe()
  }
}

function allowedPaths({ allowClear }: Pick<ClearOptions, "allowClear">): ReadonlySet<string> {
  return new Set(allowClear.map((path) => JSON.stringify(parseTreePath(path, 7))))
}

function pathText({ item }: Site): string {
  return JSON.stringify(fullPath(item))
}

function failed({ file, isNamed }: Candidate, error: AppError): MigratedFile {
  return { file, isNamed, state: "failed", changes: [], sealed: [], cleared: [], error }
}

/** How a file and its rule differ, and what was done with it. */
interface MigratedFile extends Candidate {
  readonly state: "current" | "planned" | "migrated" | "without rule" | "failed"
  /** Selectors, what the MAC covers, comments: a phrase each. */
  readonly changes: readonly string[]
  /** Values that will be sealed. */
  readonly sealed: readonly Site[]
  /** Values that will be in the clear. */
  readonly cleared: readonly Site[]
  readonly error?: AppError
}

const namesMax = 8

/** What would change in a file, or has changed. */
function migrationLines({ file, state, changes, sealed, cleared }: MigratedFile): string[] {
  const isDone = state === "migrated"
  const phrases = [
    ...changes,
    ...(sealed.length === 0 ? [] : [`${isDone ? "sealed" : "would seal"} ${named(sealed)}`]),
    ...(cleared.length === 0 ? [] : [`${isDone ? "left" : "would leave"} ${named(cleared)} in the clear`]),
  ]
  return phrases.map((phrase) => shown(`${file}: ${phrase}`))
}

function named(sites: readonly Site[]): string {
  const names = sites.slice(0, namesMax).map(({ item }) => displayPath(shownPath(item)))
  return sites.length > namesMax ? `${names.join(", ")} and ${sites.length - namesMax} more` : names.join(", ")
}

/** Each file that changes, and the totals. */
function migrateTable(files: readonly MigratedFile[], { isLookOnly }: { readonly isLookOnly: boolean }): string {
  const rows = files.filter(({ state }) => state === "planned" || state === "migrated").flatMap(migrationLines)
  const unruled = files
    .filter(({ state }) => state === "without rule")
    .map(({ file }) => `${shown(file)}: no rule names it`)
  const count = (state: MigratedFile["state"]): number => files.filter((file) => file.state === state).length
  const counts = [
    isLookOnly ? `${count("planned")} to migrate` : `${count("migrated")} migrated`,
    `${count("current")} by their rule already`,
    ...(unruled.length === 0 ? [] : [`${unruled.length} without a rule`]),
    ...(count("failed") === 0 ? [] : [`${count("failed")} failed`]),
  ]
  return `${[...rows, ...unruled, `${sealedFiles(files.length)}: ${counts.join(", ")}`].join("\n")}\n`
}

/** Key paths are lists of keys and positions; the text holds no value. */
function migrateJson(files: readonly MigratedFile[]): string {
  const paths = (sites: readonly Site[]): object => sites.map(({ item }) => shownPath(item))
  const list = files.map(({ file, state, changes, sealed, cleared, error }) => ({
    file,
    state,
    changes,
    sealed: paths(sealed),
    cleared: paths(cleared),
    code: error?.code,
  }))
  return `${JSON.stringify({ schema: 1, files: list })}\n`
}
