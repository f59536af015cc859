import { readConfig } from "../../host/git/config.ts"
import { configItems } from "../git/config-items.ts"
import { type Item } from "../git/items.ts"
import { openRepository } from "../git/open-repository.ts"
import { fileItems, notesItems, versionItem } from "../git/repository-items.ts"
import { sealedInIndex } from "../git/sealed-tracked.ts"
import { shown } from "../report/shown.ts"
import { type Outcome, type Session } from "../session.ts"

export interface GitStatusOptions {
  readonly json: boolean
}

/** `git status`: whether this clone shows and merges sealed files. Writes nothing, and needs no key. */
export async function gitStatus(session: Session, { json }: GitStatusOptions): Promise<Outcome> {
  const { git } = await openRepository(session, { fetch: "allowed" })
  const version = await versionItem(git)
  const sealed = (await sealedInIndex(git)).map(({ path }) => path)
  const items = [
    version,
    ...configItems(session, await readConfig(git)),
    ...(await notesItems(git)),
    ...(await fileItems(git, sealed)),
  ]
  const ok = items.every(({ state }) => state === "ok")
  const output = json
    ? `${JSON.stringify({ schema: 1, ok, git: version.detail, scope: "local", items })}\n`
    : items.flatMap(lines).join("")
  return { output, exit: ok ? 0 : 1 }
}

function lines({ item, state, code, detail, fix }: Item): string[] {
  if (state === "ok") return [`ok       ${shown(item)}\n`]
  const text = `${code}  ${item}: ${detail}`
  return [`finding  ${shown(text)}\n`, ...(fix === undefined ? [] : [`         fix: ${shown(fix)}\n`])]
}
