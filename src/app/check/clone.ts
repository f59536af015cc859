import { type GitConfigEntry, isTrue } from "../../host/git/config.ts"
import { type Git } from "../../host/git/git.ts"
import { type Finding, finding } from "./finding.ts"

/** Where git keeps what it was told to keep: a setting of any scope counts, and any driver that calls this program. */
export function cacheFindings(entries: readonly GitConfigEntry[]): Finding[] {
  const drivers = new Map<string, { key: string; value: string | null; scope: string }>()
  for (const { key, value, scope } of entries) {
    const name = /^diff\.(.*)\.cachetextconv$/s.exec(key)?.[1]
    if (name !== undefined) drivers.set(name, { key, value, scope })
  }
  const converts = (name: string): boolean =>
    entries.some(({ key, value }) => key === `diff.${name}.textconv` && /\b(?:sotto|sops)\b/.test(value ?? ""))
  return [...drivers].flatMap(([name, { key, value, scope }]) => {
    if (!isTrue(value) || (name !== "sotto" && !converts(name))) return []
    const hint = `git config --${scope === "command" ? "local" : scope} --unset-all ${key}`
    return [finding("GIT_CACHETEXTCONV", { file: ".git/config" }, { subject: `${key} (${scope})`, hint })]
  })
}

export async function notesFindings(git: Git): Promise<Finding[]> {
  const output = await git.text(["for-each-ref", "--format=%(refname)", "refs/notes/textconv/"])
  return output
    .split("\n")
    .filter((ref) => ref !== "")
    .map((ref) => finding("GIT_TEXTCONV_NOTES", { file: `.git/${ref}` }, { subject: ref }))
}
