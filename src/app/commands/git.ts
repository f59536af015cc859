import { join } from "node:path"
import {
  type AttributesKind,
  attributeSteps,
  attributesPath,
  staleItems,
  unattributeSteps,
  wantedLines,
} from "../git/attributes.ts"
import { type ConfigPlace, configPlace, configSteps, unconfigSteps, userConfigFile } from "../git/config-steps.ts"
import { driverConfig, driverKey } from "../git/driver-config.ts"
import { hookItems, hookSteps, unhookSteps } from "../git/hook-steps.ts"
import { forget } from "../git/idle.ts"
import { type SetupItem, type Step, reportItems, takeSteps } from "../git/items.ts"
import { type Work, openRepository } from "../git/open-repository.ts"
import { programWord } from "../git/program-word.ts"
import { sealedInIndex } from "../git/sealed-tracked.ts"
import { configItems, fileItems, notesItems, versionItem } from "../git/status-items.ts"
import { type Outcome, type Session } from "../session.ts"
import { type WritableScope, effective, readGitConfig } from "../../host/git/config.ts"
import { findGit } from "../../host/git/git.ts"

interface GitInstallOptions {
  /** For all repositories of this user. */
  readonly global: boolean
  readonly redacted: boolean
  readonly noHooks: boolean
  readonly noAttributes: boolean
  /** Attributes of this clone alone. */
  readonly private: boolean
  readonly chain: boolean
  readonly program: string | undefined
  readonly dryRun: boolean
  readonly json: boolean
}

/**
 * `git install`: tells git how to show, merge and check sealed files. Everything is found out first and then done,
 * and a failure undoes what was done.
 *
 * @throws {AppError} `NOT_A_REPOSITORY` unless it is for all; `PROGRAM_REFUSED`, `PROGRAM_MISSING`; errors of a config
 */
export async function installInGit(session: Session, options: GitInstallOptions): Promise<Outcome> {
  const { place, work } = await installPlace(session, options)
  const top = work?.repository.top ?? null
  const program = await programWord(session, options.program, top)
  const steps: Step[] = [...configSteps(session, place, driverConfig(program, { isRedacted: options.redacted }))]
  if (!options.noAttributes) {
    const kind: AttributesKind = options.global ? "global" : options.private ? "private" : "shared"
    const path = await attributesPath(session, work, kind, place)
    if (path !== null && (options.global || top !== null)) {
      steps.push(...(await attributeSteps(session, path, await wantedLines(session, work, kind))))
    }
  }
  // Hooks belong to one clone, and only one with a work tree makes commits.
  if (!options.noHooks && !options.global && work !== null && top !== null) {
    steps.push(...(await hookSteps(session, work, { program, chain: options.chain })))
  }
  if (!options.dryRun) await takeSteps(steps)
  const isDone = (item: SetupItem): boolean => item.state !== "finding" || item.code === "GIT_HOOK_MANUAL"
  return reportItems(session, steps, { ...options, scope: place.scope, git: null, isOk: isDone, isDeed: true })
}

/** Where settings go, and the repository, which an installation for all repositories does not need. */
async function installPlace(
  session: Session,
  { global: isGlobal }: Pick<GitInstallOptions, "global">,
): Promise<{ place: ConfigPlace; work: Work | null }> {
  const scope: WritableScope = isGlobal ? "global" : "local"
  if (isGlobal) {
    const git = findGit(session.io, { fetch: "allowed" })
    return { place: await configPlace(session, { git, scope, file: userConfigFile(session) }), work: null }
  }
  const work = await openRepository(session, { fetch: "allowed" })
  const file = join(work.repository.commonDir, "config")
  return { place: await configPlace(session, { git: work.git, scope, file }), work }
}

interface GitStatusOptions {
  readonly json: boolean
}

/** `git status`: whether this clone shows and merges sealed files. Writes nothing, and needs no key. */
export async function gitStatus(session: Session, { json }: GitStatusOptions): Promise<Outcome> {
  const work = await openRepository(session, { fetch: "allowed" })
  const { git, repository } = work
  const version = await versionItem(git)
  const entries = await readGitConfig(git)
  const items: SetupItem[] = [version, ...configItems(session, entries), ...(await notesItems(git))]
  if (repository.top !== null) {
    for (const kind of ["shared", "private"] as const) {
      const path = await attributesPath(session, work, kind, { entries })
      if (path !== null) items.push(...(await staleItems(session, path, () => wantedLines(session, work, kind))))
    }
    const sealed = (await sealedInIndex(git)).map(({ path }) => path)
    items.push(...(await fileItems(git, sealed)), ...(await hookItems(session, work)))
  }
  const scope = entries.findLast(({ key }) => key === driverKey)?.scope
  return reportItems(session, items, {
    json,
    dryRun: false,
    scope:
      effective(entries, driverKey) === undefined
        ? null
        : scope === "global" || scope === "system"
          ? "global"
          : "local",
    git: version.detail ?? null,
    isOk: ({ state }) => state === "ok",
  })
}

interface GitUninstallOptions {
  readonly global: boolean
  readonly keepAttributes: boolean
  readonly json: boolean
}

/** `git uninstall`: removes what `git install` wrote, and nothing else. A second time it has nothing to do. */
export async function uninstallFromGit(session: Session, options: GitUninstallOptions): Promise<Outcome> {
  const { place, work } = await installPlace(session, options)
  const steps: Step[] = unconfigSteps(session, place, driverConfig("sotto", { isRedacted: false }))
  if (!options.keepAttributes) {
    for (const kind of options.global ? (["global"] as const) : (["shared", "private"] as const)) {
      const path = await attributesPath(session, work, kind, place)
      if (path !== null) steps.push(...(await unattributeSteps(session, path)))
    }
  }
  if (work !== null && !options.global) steps.push(...(await unhookSteps(session, work)))
  await takeSteps(steps)
  if (work !== null && !options.global) forget(session, work.repository.gitDir, 0)
  return reportItems(session, steps, {
    json: options.json,
    dryRun: false,
    scope: place.scope,
    git: null,
    isDeed: true,
    isOk: ({ state }) => state !== "finding",
  })
}
