import { attributesPath, unattributeSteps } from "../git/attribute-steps.ts"
import { unconfigSteps } from "../git/config-steps.ts"
import { driverConfig } from "../git/driver-config.ts"
import { unhookSteps } from "../git/hook-steps.ts"
import { forget } from "../git/idle.ts"
import { type Step, takeSteps } from "../git/items.ts"
import { reportItems } from "../git/report-items.ts"
import { type Outcome, type Session } from "../session.ts"
import { installPlace } from "./git-install.ts"

export interface GitUninstallOptions {
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
