import { join } from "node:path"
import {
  type GitConfigEntry,
  effective,
  isTrue,
  listedConfig,
  readGitConfig,
  setConfig,
  unsetConfig,
  type WritableScope,
} from "../../host/git/config.ts"
import { type Git } from "../../host/git/git.ts"
import { factsOf } from "../../host/files.ts"
import { type Session } from "../session.ts"
import {
  cacheKey,
  type ConfigLine,
  driverKey,
  isOurLine,
  printedKey,
  recursiveKey,
  sameKey,
  textconvKey,
} from "./driver-config.ts"
import { itemFinding, type SetupItem, type Step, type Undo } from "./items.ts"
import { lstatOrNull, putFile, readIfThere } from "./own-files.ts"
import { withoutConfigKey } from "./config-text.ts"
import { AppError } from "../../errors/app-error.ts"

export interface ConfigPlace {
  readonly git: Git
  readonly scope: WritableScope
  /** The file of that scope. */
  readonly file: string
  readonly entries: readonly GitConfigEntry[]
  /** What that file itself says, by names as git prints them, without what it includes. */
  readonly own: ReadonlyMap<string, string | null>
}

/** @throws {AppError} `GIT_FAILED` for a config that git cannot read */
export async function configPlace(
  session: Session,
  { git, scope, file }: Pick<ConfigPlace, "git" | "scope" | "file">,
): Promise<ConfigPlace> {
  const bytes = await readIfThere(session, file)
  const listed = bytes === null ? [] : await listedConfig(git, bytes)
  const own = listed.map((entry): [string, string | null] => {
    const line = entry.indexOf("\n")
    return line < 0 ? [entry, null] : [entry.slice(0, line), entry.slice(line + 1)]
  })
  return { git, scope, file, entries: await readGitConfig(git), own: new Map(own) }
}

/** Where git keeps what is the user's. See git-config(1), FILES. */
export function userConfigFile({ io }: Session): string {
  const named = io.env.get("GIT_CONFIG_GLOBAL") ?? ""
  if (named !== "") return named
  const own = join(io.home, ".gitconfig")
  const other = join(userConfigFolder({ io }), "config")
  return factsOf(io, own) === null && factsOf(io, other) !== null ? other : own
}

export function userConfigFolder({ io }: Pick<Session, "io">): string {
  const xdg = io.env.get("XDG_CONFIG_HOME") ?? ""
  return join(xdg === "" ? join(io.home, ".config") : xdg, "git")
}

/** What an installation does to the configuration. A value of somebody else is kept and named. */
export function configSteps(session: Session, place: ConfigPlace, wanted: readonly ConfigLine[]): Step[] {
  const steps = wanted.map((line) => lineStep(session, place, line))
  const stays = [...strongerItems(place, wanted), ...recursiveElsewhere(place)]
  if (valueIn(place, recursiveKey) === undefined) return [...steps, ...stays]
  const work = (): Promise<Undo> => change(session, place, () => unsetConfig(place.git, place.scope, recursiveKey))
  const detail = "with it, merges with several bases report false conflicts"
  return [...steps, { item: recursiveKey, state: "removed", detail, work }, ...stays]
}

/** What the config of this work tree says, which is stronger than that of the repository. */
function strongerItems({ entries, scope }: ConfigPlace, wanted: readonly ConfigLine[]): SetupItem[] {
  if (scope !== "local") return []
  return wanted.flatMap(({ key, value }): SetupItem[] => {
    const other = entries.findLast((entry) => entry.scope === "worktree" && sameKey(entry.key, key))
    if (other === undefined || other.value === value) return []
    const facts = {
      detail: "the config of this work tree has another value, which is stronger",
      fix: `git config --worktree --unset-all ${key}`,
    }
    if (key === driverKey || key === textconvKey) return [itemFinding(key, "GIT_DRIVER_OTHER", facts)]
    return key === cacheKey && isTrue(other.value) ? [itemFinding(key, "GIT_CACHETEXTCONV", facts)] : []
  })
}

/** Of another scope, or of a file that is included. */
function recursiveElsewhere(place: ConfigPlace): SetupItem[] {
  const there = place.entries.filter((entry) => sameKey(entry.key, recursiveKey))
  const others = there.filter(({ scope, value }) => scope !== place.scope || value !== valueIn(place, recursiveKey))
  return others.slice(-1).map(({ scope }) =>
    itemFinding(recursiveKey, "GIT_RECURSIVE_SET", {
      detail: `it is set elsewhere (${scope}), and merges with several bases report false conflicts`,
      fix: `git config --show-origin --get-all ${recursiveKey}`,
    }),
  )
}

function lineStep(session: Session, place: ConfigPlace, { key, value }: ConfigLine): Step {
  const there = valueIn(place, key)
  if (there === value) return { item: key, state: "kept" }
  if (there !== undefined && there !== "" && !isOurLine(key, there) && key !== cacheKey) {
    const isNeeded = key === driverKey || key === textconvKey
    const detail = "another value is there, and stays"
    if (!isNeeded) return { item: key, state: "kept", detail }
    const fix = `git config --${place.scope} --unset-all ${key} && sotto git install`
    return itemFinding(key, "GIT_DRIVER_OTHER", { detail, fix })
  }
  const work = (): Promise<Undo> => change(session, place, () => setConfig(place.git, place.scope, key, value))
  if (key !== cacheKey || !isTrue(effective(place.entries, key))) return { item: key, state: "written", work }
  const scope = place.entries.findLast((entry) => sameKey(entry.key, key))?.scope
  return { item: key, state: "written", detail: `it was on (${scope}): git kept plaintext as notes`, work }
}

/** Removes what an installation wrote; other values stay and are named. An empty section goes with its last key. */
export function unconfigSteps(session: Session, place: ConfigPlace, wanted: readonly ConfigLine[]): Step[] {
  return wanted.flatMap(({ key }): Step[] => {
    const there = valueIn(place, key)
    if (there === undefined) return []
    if (!isOurLine(key, there)) return [{ item: key, state: "kept", detail: "its value is not one that sotto writes" }]
    const work = (): Promise<Undo> => change(session, place, () => removeKey(session, place, key))
    return [{ item: key, state: "removed", work }]
  })
}

/** Every other byte stays, if git reads the same in what is left; else git removes it in its own way. */
async function removeKey(session: Session, { git, scope, file }: ConfigPlace, key: string): Promise<void> {
  const before = await readIfThere(session, file)
  const text = before === null ? null : withoutConfigKey(Buffer.from(before).toString("latin1"), key)
  if (before !== null && text !== null) {
    const after = Buffer.from(text, "latin1")
    const [old, rest] = [await listedConfig(git, before), await listedConfig(git, after)]
    const isKey = (entry: string): boolean => sameKey(entry.split("\n", 1)[0]!, key)
    if (old.filter((entry) => !isKey(entry)).join("\0") === rest.join("\0")) {
      try {
        // Git made the user's own for the first key in it.
        const isMade = scope === "global" && text === "" && lstatOrNull(session.io.fs, file)?.kind === "file"
        await putFile(session, file, { before, after: isMade ? null : after })
        return
      } catch (error) {
        // It may be a link that leads elsewhere, which git follows.
        if (!(error instanceof AppError)) throw error
      }
    }
  }
  await unsetConfig(git, scope, key)
}

/** The value in the file that is written to. */
function valueIn({ own }: ConfigPlace, key: string): string | null | undefined {
  return own.get(printedKey(key))
}

async function change(session: Session, { file }: ConfigPlace, work: () => Promise<void>): Promise<Undo> {
  const before = await readIfThere(session, file)
  await work()
  return async () => {
    await putFile(session, file, { before: await readIfThere(session, file), after: before })
  }
}
