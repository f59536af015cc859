import { type ItemCode, type SetupItem, type Step, type Undo } from "./items.ts"
import {
  callLine,
  callsHook,
  chained,
  type Hook,
  hookBytes,
  type HookFolder,
  hookFolder,
  hookNames,
  readHook,
  trackedHook,
  unchained,
} from "./hooks.ts"
import { type Work } from "./open-repository.ts"
import { putFile } from "./own-files.ts"
import { type Session } from "../session.ts"

interface HookOptions {
  readonly program: string
  /** Put a line into hooks of other tools. */
  readonly chain: boolean
}

/** What an installation does for the hooks. It never changes other people's hooks unasked. */
export async function hookSteps(session: Session, work: Work, options: HookOptions): Promise<Step[]> {
  const folder = await hookFolder(session, work)
  if (folder.kind === "tracked") return manualItems(session, folder, options.program)
  if (folder.kind === "refused") return hookNames.map((name) => refused(name, folder))
  return Promise.all(
    hookNames.map(async (name) => installStep(session, await readHook(session, folder, name), options)),
  )
}

function refused(name: string, { path }: HookFolder): SetupItem {
  const detail = `${path} leads nowhere, or others may write to it`
  return {
    item: `hook ${name}`,
    state: "finding",
    code: "GIT_HOOK_FOREIGN",
    detail,
    fix: "git config --show-origin core.hooksPath",
  }
}

async function manualItems(session: Session, folder: HookFolder, program: string): Promise<SetupItem[]> {
  return Promise.all(
    hookNames.map(async (name): Promise<SetupItem> => {
      const item = `hook ${name}`
      const file = trackedHook(folder, name)
      if (await callsHook(session, file, name)) return { item, state: "kept" }
      const detail = `hooks are in the work tree: put this line into ${file}`
      return { item, state: "finding", code: "GIT_HOOK_MANUAL", detail, fix: callLine(name, program) }
    }),
  )
}

function installStep(session: Session, hook: Hook, { program, chain }: HookOptions): Step {
  const { name, path, bytes, kind } = hook
  const item = `hook ${name}`
  if (kind === "none" || kind === "ours") {
    const after = hookBytes(name, program)
    if (bytes !== null && Buffer.from(bytes).equals(after)) return { item, state: "kept" }
    const mode = 0o777 & ~session.io.umask
    return { item, state: "written", work: () => putFile(session, path, { before: bytes, after, mode }) }
  }
  if (kind === "chained") return { item, state: "kept", detail: `${path} calls sotto` }
  const after = chain ? chained(hook, program) : null
  if (after !== null) {
    return {
      item,
      state: "written",
      detail: `a line in ${path}`,
      work: () => putFile(session, path, { before: bytes, after }),
    }
  }
  return foreignItem(hook, program, chain)
}

/** A hook that another tool or a person wrote, and what to do about it. */
function foreignItem({ name, path, kind }: Hook, program: string, chain: boolean): SetupItem {
  const code: ItemCode = "GIT_HOOK_FOREIGN"
  const fix = callLine(name, program)
  const how = kind === "framework" ? "add sotto-check of .pre-commit-hooks.yaml to its config" : "put this line into it"
  const detail = chain
    ? `${path} does not begin with #!/bin/sh or bash, so nothing was put into it: ${how}`
    : `${path} is somebody else's: ${how}${kind === "framework" ? "" : ", or pass --chain"}`
  return { item: `hook ${name}`, state: "finding", code, detail, fix }
}

/** What an uninstallation removes: whole hooks of ours, and lines that were chained in. */
export async function unhookSteps(session: Session, work: Work): Promise<Step[]> {
  const folder = await hookFolder(session, work)
  if (folder.kind !== "own") return []
  const hooks = await Promise.all(hookNames.map((name) => readHook(session, folder, name)))
  return hooks.flatMap((hook): Step[] => {
    const { name, path, bytes, kind } = hook
    const item = `hook ${name}`
    if (kind === "ours") {
      const work = (): Promise<Undo> =>
        putFile(session, path, { before: bytes, after: null, takesFolder: folder.isDefault })
      return [{ item, state: "removed", work }]
    }
    if (kind !== "chained") return []
    const after = unchained(hook)
    if (bytes !== null && Buffer.from(bytes).equals(after))
      return [{ item, state: "kept", detail: `${path} calls sotto` }]
    return [
      {
        item,
        state: "removed",
        detail: `a line of ${path}`,
        work: () => putFile(session, path, { before: bytes, after }),
      },
    ]
  })
}

/** The state of the hooks. */
export async function hookItems(session: Session, work: Work): Promise<SetupItem[]> {
  const folder = await hookFolder(session, work)
  if (folder.kind === "tracked") return (await manualItems(session, folder, "sotto")).map(kept)
  if (folder.kind === "refused") return hookNames.map((name) => refused(name, folder))
  const hooks = await Promise.all(hookNames.map((name) => readHook(session, folder, name)))
  return hooks.map((hook): SetupItem => {
    const item = `hook ${hook.name}`
    if (hook.kind === "ours" || hook.kind === "chained") return { item, state: "ok" }
    if (hook.kind !== "none") return foreignItem(hook, "sotto", false)
    return {
      item,
      state: "finding",
      code: "GIT_HOOK_MISSING",
      detail: "nothing is checked there",
      fix: "sotto git install",
    }
  })
}

function kept(item: SetupItem): SetupItem {
  return item.state === "kept" ? { item: item.item, state: "ok" } : item
}
