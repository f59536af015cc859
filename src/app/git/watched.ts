const agents = ["CLAUDECODE", "CURSOR_AGENT", "CODEX_SANDBOX", "GEMINI_CLI", "OPENCODE", "SOTTO_AGENT"]

/**
 * Somebody else reads the output, or it is kept: in CI, under an agent, and in the template that `git commit -v` writes
 * to `.git/COMMIT_EDITMSG`, which the author's date reveals.
 */
export function isWatched(env: ReadonlyMap<string, string>): boolean {
  const isSet = (name: string): boolean => (env.get(name) ?? "") !== ""
  if (["CI", "GIT_AUTHOR_DATE", ...agents].some(isSet)) return true
  return [...env].some(([name, value]) => name.startsWith("AIDER_") && value !== "")
}
