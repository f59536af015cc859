import { join } from "node:path"
import {
  type GitConfigEntry,
  effective,
  isTrue,
  setConfig,
  unsetConfig,
  type WritableScope,
} from "../../host/git/config.ts"
import { type Git } from "../../host/git/git.ts"
import { factsOf } from "../../host/files.ts"
import { type Session } from "../session.ts"
import { cacheKey, type ConfigLine, driverKey, isOurLine, recursiveKey, sameKey, textconvKey } from "./driver-config.ts"
import { itemFinding, type Step, type Undo } from "./items.ts"
import { putFile, readIfThere } from "./own-files.ts"

export interface ConfigPlace {
  readonly git: Git
  readonly scope: WritableScope
  /** The file of that scope. */
  readonly file: string
  readonly entries: readonly GitConfigEntry[]
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
  const recursive = valueIn(place, recursiveKey)
  if (recursive === undefined) return steps
  const work = (): Promise<Undo> => change(session, place, () => unsetConfig(place.git, place.scope, recursiveKey))
  const detail = "with it, merges with several bases report false conflicts"
  return [...steps, { item: recursiveKey, state: "removed", detail, work }]
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

/** Removes what an installation wrote; other values stay and are named. Git drops the section with its last key. */
export function unconfigSteps(session: Session, place: ConfigPlace, wanted: readonly ConfigLine[]): Step[] {
  return wanted.flatMap(({ key }): Step[] => {
    const there = valueIn(place, key)
    if (there === undefined) return []
    if (!isOurLine(key, there)) return [{ item: key, state: "kept", detail: "its value is not one that sotto writes" }]
    const work = (): Promise<Undo> => change(session, place, () => unsetConfig(place.git, place.scope, key))
    return [{ item: key, state: "removed", work }]
  })
}

/** The value in the scope that is written to. */
function valueIn({ entries, scope }: ConfigPlace, key: string): string | null | undefined {
  return entries.findLast((entry) => entry.scope === scope && sameKey(entry.key, key))?.value
}

async function change(session: Session, { file }: ConfigPlace, work: () => Promise<void>): Promise<Undo> {
  const before = await readIfThere(session, file)
  await work()
  return async () => {
    await putFile(session, file, { before: await readIfThere(session, file), after: before })
  }
}
