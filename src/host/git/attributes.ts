import { type Git } from "./git.ts"

/** `set` and `unset` are `attr` and `-attr`; a name without a line in any file is left out. */
type Attributes = ReadonlyMap<string, string>

/**
 * Attributes of many files by one process.
 *
 * @param paths - relative to git's working folder
 * @returns by path
 */
export async function attributesOf(
  git: Git,
  names: readonly string[],
  paths: readonly string[],
): Promise<ReadonlyMap<string, Attributes>> {
  const found = new Map<string, Map<string, string>>()
  if (paths.length === 0) return found
  const input = Buffer.from(paths.map((path) => `${path}\0`).join(""))
  const records = await git.records(["check-attr", "-z", "--stdin", ...names], { input })
  for (let at = 0; at + 2 < records.length; at += 3) {
    const [path = "", name = "", value = ""] = records.slice(at, at + 3)
    const ofPath = found.get(path) ?? new Map<string, string>()
    found.set(path, ofPath)
    if (value !== "unspecified") ofPath.set(name, value)
  }
  return found
}
