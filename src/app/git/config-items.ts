import { type GitConfigEntry, effective, isTrue } from "../../host/git/config.ts"
import { type Session } from "../session.ts"
import { cacheKey, driverKey, installedBy, isOurs, recursiveKey, textconvKey } from "./driver-config.ts"
import { finding, type Item } from "./items.ts"
import { runsHere } from "./program-word.ts"

const install = "sotto git install"

/** What the configuration of git, all scopes together, says about sealed files. */
export function configItems(session: Session, entries: readonly GitConfigEntry[]): Item[] {
  return [
    driverItem(entries),
    textconvItem(entries),
    ...programItems(session, entries),
    ...recursiveItems(entries),
    ...cacheItems(entries),
  ]
}

function driverItem(entries: readonly GitConfigEntry[]): Item {
  const value = effective(entries, driverKey)
  if (value === undefined) {
    const detail = "sealed files are merged as text, which breaks them"
    return finding("driver", "GIT_DRIVER_MISSING", { detail, fix: install })
  }
  if (isOurs(driverKey, value)) return { item: "driver", state: "ok" }
  const detail = `${driverKey} is not what \`sotto git install\` writes`
  return finding("driver", "GIT_DRIVER_OTHER", { detail, fix: `git config --unset-all ${driverKey} && ${install}` })
}

function textconvItem(entries: readonly GitConfigEntry[]): Item {
  const value = effective(entries, textconvKey)
  if (value !== undefined && value !== null && value !== "") return { item: "textconv", state: "ok" }
  const detail = "diffs show tokens instead of values"
  return finding("textconv", "GIT_TEXTCONV_MISSING", { detail, fix: install })
}

function programItems(session: Session, entries: readonly GitConfigEntry[]): Item[] {
  const programs = [driverKey, textconvKey].flatMap((key) => {
    const value = effective(entries, key)
    return typeof value === "string" ? (installedBy(key, value)?.program ?? []) : []
  })
  return [...new Set(programs)].map((program) => {
    if (runsHere(session, program)) return { item: "program", state: "ok" }
    const detail = `git would start ${program}, which cannot be run`
    return finding("program", "GIT_PROGRAM_MISSING", { detail, fix: install })
  })
}

function recursiveItems(entries: readonly GitConfigEntry[]): Item[] {
  if (effective(entries, recursiveKey) === undefined) return []
  const detail = "merges with several bases report false conflicts"
  return [finding("recursive", "GIT_RECURSIVE_SET", { detail, fix: `git config --unset-all ${recursiveKey}` })]
}

function cacheItems(entries: readonly GitConfigEntry[]): Item[] {
  if (!isTrue(effective(entries, cacheKey))) return []
  const detail = "git keeps plaintext as notes in the repository"
  return [finding("cachetextconv", "GIT_CACHETEXTCONV", { detail, fix: `git config ${cacheKey} false` })]
}
