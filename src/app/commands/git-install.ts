import { readGitConfig, type WritableScope } from "../../host/git/config.ts"
import { findGit } from "../../host/git/git.ts"
import { join } from "node:path"
import { type AttributesKind, attributesPath, attributeSteps, wantedLines } from "../git/attribute-steps.ts"
import { type ConfigPlace, configSteps, userConfigFile } from "../git/config-steps.ts"
import { driverConfig } from "../git/driver-config.ts"
import { hookSteps } from "../git/hook-steps.ts"
import { type Item, type Step, takeSteps } from "../git/items.ts"
import { openRepository, type Work } from "../git/open-repository.ts"
import { programWord } from "../git/program-word.ts"
import { reportItems } from "../git/report-items.ts"
import { type Outcome, type Session } from "../session.ts"

export interface GitInstallOptions {
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
  const isDone = (item: Item): boolean => item.state !== "finding" || item.code === "GIT_HOOK_MANUAL"
  return reportItems(session, steps, { ...options, scope: place.scope, git: null, isOk: isDone, isDeed: true })
}

/** Where settings go, and the repository, which an installation for all repositories does not need. */
export async function installPlace(
  session: Session,
  { global: isGlobal }: Pick<GitInstallOptions, "global">,
): Promise<{ place: ConfigPlace; work: Work | null }> {
  const scope: WritableScope = isGlobal ? "global" : "local"
  if (isGlobal) {
    const git = findGit(session.io, { fetch: "allowed" })
    return { place: { git, scope, file: userConfigFile(session), entries: await readGitConfig(git) }, work: null }
  }
  const work = await openRepository(session, { fetch: "allowed" })
  const file = join(work.repository.commonDir, "config")
  return { place: { git: work.git, scope, file, entries: await readGitConfig(work.git) }, work }
}
