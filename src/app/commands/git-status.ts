import { effective, readGitConfig } from "../../host/git/config.ts"
import { attributesPath, staleItems, wantedLines } from "../git/attribute-steps.ts"
import { configItems } from "../git/config-items.ts"
import { driverKey } from "../git/driver-config.ts"
import { hookItems } from "../git/hook-steps.ts"
import { type Item } from "../git/items.ts"
import { openRepository } from "../git/open-repository.ts"
import { reportItems } from "../git/report-items.ts"
import { fileItems, notesItems, versionItem } from "../git/repository-items.ts"
import { sealedInIndex } from "../git/sealed-tracked.ts"
import { type Outcome, type Session } from "../session.ts"

export interface GitStatusOptions {
  readonly json: boolean
}

/** `git status`: whether this clone shows and merges sealed files. Writes nothing, and needs no key. */
export async function gitStatus(session: Session, { json }: GitStatusOptions): Promise<Outcome> {
  const work = await openRepository(session, { fetch: "allowed" })
  const { git, repository } = work
  const version = await versionItem(git)
  const entries = await readGitConfig(git)
  const items: Item[] = [version, ...configItems(session, entries), ...(await notesItems(git))]
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
