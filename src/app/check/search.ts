import { type Git } from "../../host/git/git.ts"
import { keyMarks } from "./private-keys.ts"
import { sealedMarks } from "./sealed-text.ts"

/** A text without any of these is not sealed, and holds no key. */
export const contentMarks: readonly string[] = [...sealedMarks, ...keyMarks]

/** Below this threads of git wait for each other longer than they help. */
const filesOfThreadsMin = 30_000

/**
 * One process looks at all files, as bytes: no attribute and no setting of the repository hides one from it.
 *
 * @param place - `--cached`, a commit, or nothing for the work tree
 */
export async function grep(
  git: Git,
  place: readonly string[],
  count: number,
  texts: readonly string[],
): Promise<Set<string>> {
  const args = ["-l", "-z", "-a", "-F", "--no-color", "--full-name", "--no-textconv", "--no-recurse-submodules"]
  const patterns = texts.flatMap((text) => ["-e", text])
  const records = await git.records(["grep", ...args, ...patterns, ...place], {
    statuses: [0, 1],
    settings: count < filesOfThreadsMin ? [["grep.threads", "1"]] : [],
  })
  return new Set(records)
}

const textsMax = 1_000

/** Those of some files that hold one of some texts. */
export async function searched(
  git: Git,
  place: readonly string[],
  texts: readonly string[],
  wanted: readonly string[],
): Promise<string[]> {
  const found = await grep(git, place, wanted.length, texts.slice(0, textsMax))
  const prefix = place[0] === undefined || place[0] === "--cached" ? "" : `${place[0]}:`
  return wanted.filter((file) => found.has(`${prefix}${file}`))
}
