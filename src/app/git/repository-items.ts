import { shellWord } from "../../errors/display.ts"
import { type Git } from "../../host/git/git.ts"
import { attributesOf } from "../../host/git/attributes.ts"
import { gitVersion } from "../../host/git/repository.ts"
import { finding, type Item } from "./items.ts"

const oldest = [2, 30] as const

export async function versionItem(git: Git): Promise<Item> {
  const [major, minor] = await gitVersion(git)
  const isOld = major < oldest[0] || (major === oldest[0] && minor < oldest[1])
  if (!isOld) return { item: "git", state: "ok", detail: `${major}.${minor}` }
  return finding("git", "GIT_OLD", {
    detail: `${major}.${minor} is older than ${oldest.join(".")}`,
    fix: "install a newer git",
  })
}

/** Plaintext that `cachetextconv` kept: it stays when the setting is gone, and is pushed with the other refs. */
export async function notesItems(git: Git): Promise<Item[]> {
  const output = await git.text(["for-each-ref", "--format=%(refname)", "refs/notes/textconv/"])
  return output
    .split("\n")
    .filter((ref) => ref !== "")
    .map((ref) =>
      finding("textconv-notes", "GIT_TEXTCONV_NOTES", {
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
export async function fileItems(git: Git, paths: readonly string[]): Promise<Item[]> {
  const found = await attributesOf(git, attributes, paths)
  return paths.flatMap((path) => {
    const own = found.get(path)
    const item = `attributes ${path}`
    const items: Item[] = []
    if (own?.get("merge") !== "sotto") {
      const detail = "no attribute says that this file is merged by sotto"
      items.push(finding(item, "GIT_ATTRIBUTES_MISSING", { detail, fix: "sotto git install" }))
    }
    // `-text` is `unset`; `eol` alone turns the conversion on.
    if (own?.get("text") !== "unset" && (own?.has("text") === true || own?.has("eol") === true)) {
      const detail = "git changes line ends of this file, and its MAC covers some of them"
      items.push(finding(item, "GIT_TEXT_CONVERSION", { detail, fix: "sotto git install" }))
    }
    return items.length > 0 ? items : [{ item, state: "ok" }]
  })
}
