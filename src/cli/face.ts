interface Called {
  /** Paths by which the program was called: of the script, and of the executable. */
  readonly as: readonly (string | undefined)[]
  readonly words: readonly string[]
  /** SOTTO_COMPAT */
  readonly compat: string | undefined
}

/**
 * The words of a call as `sops`: by the name of the link or copy, as `sotto sops ...`, or by SOTTO_COMPAT.
 *
 * @returns `null` when the call is for our own commands
 */
export function wordsForSops({ as, words, compat }: Called): readonly string[] | null {
  for (const path of as) if (path !== undefined && isSops(path)) return words
  if (words[0] === "sops") return words.slice(1)
  return compat === "sops" ? words : null
}

const sopsNames = new Set(["sops", "sops.exe", "sops.cmd", "sops.js", "sops.mjs", "sops.cjs"])

function isSops(path: string): boolean {
  const name = path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1)
  return sopsNames.has(name.toLowerCase())
}
