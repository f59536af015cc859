import { cacheKey, driverKey, installedBy, isOurLine, recursiveKey, textconvKey } from "./driver-config.ts"
import { type SetupItem, itemFinding } from "./items.ts"
import { runsHere } from "./program-word.ts"
import { type Session } from "../session.ts"
import { shellWord } from "../../errors/display.ts"
import { attributesOf } from "../../host/git/attributes.ts"
import { type GitConfigEntry, effective, isTrue } from "../../host/git/config.ts"
import { type Git } from "../../host/git/git.ts"
import { gitVersion } from "../../host/git/repository.ts"

const install = "sotto git install"

/** What the configuration of git, all scopes together, says about sealed files. */
export function configItems(session: Session, entries: readonly GitConfigEntry[]): SetupItem[] {
  return [
    driverItem(entries),
    textconvItem(entries),
    ...programItems(session, entries),
    ...recursiveItems(entries),
    ...cacheItems(entries),
  ]
}

function driverItem(entries: readonly GitConfigEntry[]): SetupItem {
  const value = effective(entries, driverKey)
  if (value === undefined) {
    const detail = "sealed files are merged as text, which breaks them"
    return itemFinding("driver", "GIT_DRIVER_MISSING", { detail, fix: install })
  }
  if (isOurLine(driverKey, value)) return { item: "driver", state: "ok" }
  const detail = `${driverKey} is not what \`sotto git install\` writes`
  return itemFinding("driver", "GIT_DRIVER_OTHER", { detail, fix: `git config --unset-all ${driverKey} && ${install}` })
}

function textconvItem(entries: readonly GitConfigEntry[]): SetupItem {
  const value = effective(entries, textconvKey)
  if (value !== undefined && value !== null && value !== "") return { item: "textconv", state: "ok" }
  const detail = "diffs show tokens instead of values"
  return itemFinding("textconv", "GIT_TEXTCONV_MISSING", { detail, fix: install })
}

function programItems(session: Session, entries: readonly GitConfigEntry[]): SetupItem[] {
  const programs = [driverKey, textconvKey].flatMap((key) => {
    const value = effective(entries, key)
    return typeof value === "string" ? (installedBy(key, value)?.program ?? []) : []
  })
  return [...new Set(programs)].map((program) => {
    if (runsHere(session, program)) return { item: "program", state: "ok" }
    const detail = `git would start ${program}, which cannot be run`
    return itemFinding("program", "GIT_PROGRAM_MISSING", { detail, fix: install })
  })
}

function recursiveItems(entries: readonly GitConfigEntry[]): SetupItem[] {
  if (effective(entries, recursiveKey) === undefined) return []
  const detail = "merges with several bases report false conflicts"
  return [itemFinding("recursive", "GIT_RECURSIVE_SET", { detail, fix: `git config --unset-all ${recursiveKey}` })]
}

function cacheItems(entries: readonly GitConfigEntry[]): SetupItem[] {
  if (!isTrue(effective(entries, cacheKey))) return []
  const detail = "git keeps plaintext as notes in the repository"
  return [itemFinding("cachetextconv", "GIT_CACHETEXTCONV", { detail, fix: `git config ${cacheKey} false` })]
}

const oldest = [2, 30] as const

export async function versionItem(git: Git): Promise<SetupItem> {
  const [major, minor] = await gitVersion(git)
  const isOld = major < oldest[0] || (major === oldest[0] && minor < oldest[1])
  if (!isOld) return { item: "git", state: "ok", detail: `${major}.${minor}` }
  return itemFinding("git", "GIT_OLD", {
    detail: `${major}.${minor} is older than ${oldest.join(".")}`,
    fix: "install a newer git",
  })
}

/** Plaintext that `cachetextconv` kept: it stays when the setting is gone, and is pushed with the other refs. */
export async function notesItems(git: Git): Promise<SetupItem[]> {
  const output = await git.text(["for-each-ref", "--format=%(refname)", "refs/notes/textconv/"])
  return output
    .split("\n")
    .filter((ref) => ref !== "")
    .map((ref) =>
      itemFinding("textconv-notes", "GIT_TEXTCONV_NOTES", {
        detail: `${ref} holds plaintext, and remotes may have it too`,
        fix: `git update-ref -d ${shellWord(ref)} && git reflog expire --expire=now --all && git gc --prune=now`,
      }),
    )
}

const attributes = ["merge", "diff", "text", "eol"] as const

/**
 * How git treats the sealed files.
 *
 * @param paths - relative to the top
 */
export async function fileItems(git: Git, paths: readonly string[]): Promise<SetupItem[]> {
  const found = await attributesOf(git, attributes, paths)
  return paths.flatMap((path) => {
    const own = found.get(path)
    const item = `attributes ${path}`
    const items: SetupItem[] = []
    if (own?.get("merge") !== "sotto") {
      const detail = "no attribute says that this file is merged by sotto"
      items.push(itemFinding(item, "GIT_ATTRIBUTES_MISSING", { detail, fix: "sotto git install" }))
    }
    // `-text` is `unset`; `eol` alone turns the conversion on.
    if (own?.get("text") !== "unset" && (own?.has("text") === true || own?.has("eol") === true)) {
      const detail = "git changes line ends of this file, and its MAC covers some of them"
      items.push(itemFinding(item, "GIT_TEXT_CONVERSION", { detail, fix: "sotto git install" }))
    }
    return items.length > 0 ? items : [{ item, state: "ok" }]
  })
}
