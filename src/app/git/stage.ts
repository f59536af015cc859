import { shellWord, shown } from "../../errors/display.ts"
import { stageFiles } from "../../host/git/filters.ts"
import { type Git } from "../../host/git/git.ts"
import { type Session } from "../session.ts"

/** Stages what was written, and says so where that is not what `git add` would have staged. */
export async function stage(session: Session, git: Git, path: string): Promise<void> {
  for (const { filter } of await stageFiles(git, path)) {
    const how = `git add --renormalize ${shellWord(path)}`
    session.notice(`${shown(path)} is staged as it is: its filter, ${shown(filter)}, was not run; ${how} does that`)
  }
}
