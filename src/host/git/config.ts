import { type Git } from "./git.ts"

export interface GitConfigEntry {
  /** `command` is the environment of this call. */
  readonly scope: "system" | "global" | "local" | "worktree" | "command"
  /** Section and name in lower case, what stands between them as it was written: `merge.sotto.driver`. */
  readonly key: string
  /** `null` for a name without `=`, which means "true". */
  readonly value: string | null
}

/** Every entry of every scope, the one that wins last. Outside of a repository those of user and system. */
export async function readGitConfig(git: Git): Promise<GitConfigEntry[]> {
  const records = await git.records(["config", "--list", "-z", "--show-scope"])
  const entries: GitConfigEntry[] = []
  for (let at = 0; at + 1 < records.length; at += 2) {
    const scope = records[at]!
    const text = records[at + 1]!
    const line = text.indexOf("\n")
    if (!isScope(scope)) continue
    entries.push({ scope, key: line < 0 ? text : text.slice(0, line), value: line < 0 ? null : text.slice(line + 1) })
  }
  return entries
}

/** What git reads in the text of a config, without what that includes: `NAME\nVALUE` each, in order. */
export function listedConfig(git: Git, text: Uint8Array): Promise<string[]> {
  return git.records(["config", "--file", "-", "--no-includes", "--list", "-z"], { input: text })
}

function isScope(text: string): text is GitConfigEntry["scope"] {
  return ["system", "global", "local", "worktree", "command"].includes(text)
}

/** The value that holds; `undefined` when there is none. */
export function effective(entries: readonly GitConfigEntry[], key: string): string | null | undefined {
  return entries.findLast((entry) => entry.key === key)?.value
}

/**
 * A setting of the user or the system: one that no repository, which may be somebody else's, can make.
 */
export function ofUser(entries: readonly GitConfigEntry[], key: string): string | null | undefined {
  return effective(
    entries.filter(({ scope }) => scope === "global" || scope === "system"),
    key,
  )
}

/** Whether a setting says yes, as git reads it. */
export function isTrue(value: string | null | undefined): boolean {
  if (value === undefined) return false
  return value === null || /^(?:true|yes|on|[1-9]\d*)$/i.test(value)
}

export type WritableScope = "local" | "global"

export async function setConfig(git: Git, scope: WritableScope, key: string, value: string): Promise<void> {
  await git.run(["config", `--${scope}`, "--replace-all", key, value])
}

/** Nothing there is no failure. */
export async function unsetConfig(git: Git, scope: WritableScope, key: string): Promise<void> {
  await git.run(["config", `--${scope}`, "--unset-all", key], { statuses: [0, 5] })
}
