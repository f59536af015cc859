import { fileWord, shown } from "../../errors/display.ts"
import { stageFiles } from "../../host/git/filters.ts"
import { type Git } from "../../host/git/git.ts"
import { join } from "node:path"
import { type Session } from "../session.ts"
import { putFile, readIfThere } from "./own-files.ts"

/**
 * Writes a file and stages it, both or neither: where the index cannot be written, the file is again what it was. It is
 * said where another text is staged than `git add` would have staged.
 *
 * @param git - at the top of the work tree
 * @param path - relative to it
 */
export async function writeStaged(
  session: Session,
  git: Git,
  path: string,
  write: () => Promise<unknown>,
): Promise<void> {
  const place = join(git.cwd, path)
  const before = await readIfThere(session, place)
  await write()
  try {
    for (const { filter } of await stageFiles(git, path)) {
      const how = `git add --renormalize ${fileWord(path)}`
      session.notice(`${shown(path)} is staged as it is: its filter, ${shown(filter)}, did not run; ${how} runs it`)
    }
  } catch (error) {
    const after = await readIfThere(session, place)
    if (after !== null) await putFile(session, place, { before: after, after: before })
    throw error
  }
}
